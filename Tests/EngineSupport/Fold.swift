import ContactCenter
import EngineCore
import Lattice
import Platform
import Simulation
import TestSupport

/// A record as a source hands it over.
struct Line {
    var bytes: [UInt8]
    var arrival: Timestamp?
}

/// What the engine must come to, computed as plainly as can be: one dictionary, one join after the other.
struct Fold {
    private(set) var rows: [[UInt8]: [UInt8]] = [:]
    private(set) var records = 0
    private(set) var events = [Int](repeating: 0, count: EventType.allCases.count)
    private(set) var unknown = 0
    private(set) var deadLetters: [String: Int] = [:]
    private let decoder = RecordDecoder()
    private let batch = MutationBatch(sliceCount: 1)

    init(_ lines: some Sequence<Line> = []) {
        for line in lines { add(line) }
    }

    mutating func add(_ line: Line) {
        batch.decode(line, with: decoder)
        records += 1
        unknown += batch.unknown
        for type in events.indices { events[type] += batch.events[type] }
        for rejection in batch.rejections { deadLetters[rejection.reason.rawValue, default: 0] += 1 }
        batch.forEachMutation(ofSlice: 0) { mutation in
            let key = [UInt8](mutation.key)
            rows[key] = rows[key].map { joined($0, [UInt8](mutation.entity.bytes)) } ?? [UInt8](mutation.entity.bytes)
        }
    }

    var eventCount: Int { events.reduce(0, +) }
    var deadLetterCount: Int { deadLetters.values.reduce(0, +) }
}

extension MutationBatch {
    /// Holds what one line tells, and nothing else.
    func decode(_ line: Line, with decoder: RecordDecoder) {
        removeAll()
        line.bytes.withUnsafeBytes { decoder.decode($0, arrival: line.arrival, index: 0, into: self) }
    }
}

/// The join of two encodings.
func joined(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
    var out = ByteBuffer()
    let changed = a.withUnsafeBytes { a in
        b.withUnsafeBytes { b in Join.join(EntityView(a), EntityView(b), into: &out).changed }
    }
    return changed ? out.array : a
}

/// Whether joining `part` into `whole` changes nothing.
func isContained(_ part: ByteView, in whole: [UInt8]?) -> Bool {
    guard let whole else { return false }
    var out = ByteBuffer()
    return whole.withUnsafeBytes { !Join.join(EntityView($0), EntityView(part), into: &out).changed }
}

/// Traffic with what streams hold beside events: garbage, unknown objects, arrays of which a part is good.
func traffic(_ count: Int, seed: UInt64 = 1, duplicates: Double = 0.05, withGarbage: Bool = true) -> [Line] {
    var options = TrafficOptions(events: count, seed: seed, disorderMilliseconds: 20_000, duplicates: duplicates)
    options.agents = 40
    var model = TrafficModel(options)
    var lines: [Line] = []
    var bytes: [UInt8] = []
    while let arrival = model.next(into: &bytes) {
        let time = Timestamp(milliseconds: arrival)
        lines.append(Line(bytes: bytes, arrival: time))
        if withGarbage { lines += garbage(behind: bytes, number: lines.count, at: arrival) }
        bytes.removeAll(keepingCapacity: true)
    }
    return lines
}

/// Now and then a broken object, an unknown one, an array with a bad element, or the event as of a clock a day ahead.
private func garbage(behind event: [UInt8], number: Int, at arrival: Int64) -> [Line] {
    let time = Timestamp(milliseconds: arrival)
    if number % 41 == 0 { return [Line(bytes: Array("{\"cut\":\(number)".utf8), arrival: time)] }
    if number % 67 == 0 { return [Line(bytes: Array("{\"hello\":\(number)}".utf8))] }
    if number % 83 == 0 { return [Line(bytes: Array("[".utf8) + event + Array(",\(number)]".utf8), arrival: time)] }
    if number % 97 == 0 { return [Line(bytes: event, arrival: Timestamp(milliseconds: arrival - 86_400_000))] }
    return []
}

/// The lines dealt out to partitions, one after the other at random.
func dealt(_ lines: [Line], among count: Int, seed: UInt64) -> [[Line]] {
    var dice = Dice(seed: seed)
    var parts = [[Line]](repeating: [], count: count)
    for line in lines { parts[dice.below(count)].append(line) }
    return parts
}
