import JSON
import Platform

/// A record on its way to a stream.
struct FeedArrival: Equatable {
    /// What was done to the event.
    enum Form: String, CaseIterable {
        /// The event as its producer wrote it, by its own clock.
        case plain
        /// Sent once more, byte for byte, with a later arrival.
        case duplicate
        /// JSON that breaks off.
        case cut
        case notUTF8
        /// An array of the event and an element that is no object.
        case badArray
        /// JSON of no known shape.
        case unknown
        /// Stamped more than five minutes ahead of its arrival.
        case ahead
        /// A CloudEvent that deletes fields.
        case tombstone
        /// Packed with an earlier event of the same stream by the Kinesis Producer Library.
        case aggregate
        /// Compressed; a flow log inside a CloudWatch Logs subscription record.
        case gzip
    }

    /// Index in the options' Regions.
    var region: Int
    var kind: StreamKind
    var key: [UInt8]
    var bytes: [UInt8]
    /// When the broker takes it, milliseconds since 1970.
    var arrival: Int64
    var form: Form
}

/// How often what is odd is mixed into the traffic: shares of its events.
struct FeedRates {
    private var shares = [Double](repeating: 0, count: FeedArrival.Form.allCases.count)

    /// Nothing odd.
    init() {}

    /// Each between nothing and twice the usual.
    init(drawnFrom random: inout SeededRandom) {
        for form in FeedArrival.Form.allCases { self[form] = form.usualShare * 2 * random.unit() }
    }

    subscript(form: FeedArrival.Form) -> Double {
        get { shares[form.index] }
        set { shares[form.index] = newValue }
    }
}

extension FeedArrival.Form {
    fileprivate var index: Int { FeedArrival.Form.allCases.firstIndex(of: self) ?? 0 }

    fileprivate var usualShare: Double {
        switch self {
        case .plain: 0
        case .cut, .notUTF8, .badArray: 0.0005
        case .unknown, .ahead: 0.001
        case .duplicate: 0.005
        case .tombstone, .aggregate, .gzip: 0.003
        }
    }
}

/// The traffic as it arrives at the streams of the Regions, in order of arrival.
///
/// An event goes to the Region that it names, stamped by that Region's clock at the event's own time: both copies of a repeated
/// event are the same bytes. Memory is that of the traffic model and of the duplicates on their way.
struct Feed {
    private static let duplicateDelayMax = 600_000
    private static let skewGuardMilliseconds: Int64 = 300_000

    let regions: [[UInt8]]
    let clock: FeedClock
    private let rates: FeedRates
    private let seed: UInt64
    private var traffic: TrafficModel
    private var random: SeededRandom
    private var due = DueQueue<FeedArrival>()
    private var pending: (bytes: [UInt8], arrival: Int64)?
    /// The last event of each stream, by Region and kind.
    private var last: [[UInt8]]
    private var tombstones: UInt64 = 0

    /// `options.seed` chooses the traffic, `seed` what is done to it. Rates are drawn where none are given.
    init(_ options: TrafficOptions, seed: UInt64, weather: Weather, rates: FeedRates? = nil) {
        let bounded = options.bounded
        regions = bounded.regions.map { Array($0.utf8) }
        traffic = TrafficModel(options)
        random = SeededRandom(seed: seed)
        clock = FeedClock(seed: random.next(), weather: weather)
        let drawn = FeedRates(drawnFrom: &random)
        self.rates = rates ?? drawn
        self.seed = seed
        last = [[UInt8]](repeating: [], count: regions.count * StreamKind.allCases.count)
        pull()
    }

    /// The next arrival; nil after the last. Arrivals never go back. Take one when the one before it is due, not long before:
    /// the clock is read one event ahead.
    mutating func next() -> FeedArrival? {
        while let coming = pending {
            if let first = due.firstTime, first < coming.arrival { break }
            deliver(coming.bytes, at: coming.arrival)
            pull()
        }
        return due.pop()?.payload
    }

    private mutating func pull() {
        var line: [UInt8] = []
        pending = traffic.next(into: &line).map { (line, $0) }
    }

    private mutating func deliver(_ original: [UInt8], at arrival: Int64) {
        let facts = FeedEvent(original)
        let fallback = random.below(regions.count)
        let region = facts.region.flatMap { regions.firstIndex(of: $0) } ?? fallback
        var event = original
        if clock.isEverWrong {
            ClockShift.apply(seconds: clock.offset(region: region, at: facts.time ?? arrival) / 1000, to: &event)
        }
        var plain = FeedArrival(region: region, kind: facts.kind, key: facts.key, bytes: event, arrival: arrival, form: .plain)
        wrap(&plain, around: event)
        due.push(plain, at: arrival)
        for form in FeedArrival.Form.allCases where random.chance(rates[form]) {
            guard var odd = made(form, of: plain, event) else { continue }
            odd.form = form
            due.push(odd, at: odd.arrival)
        }
        last[region * StreamKind.allCases.count + facts.kind.rawValue] = event
    }

    /// Forms that still carry the event, in place of it.
    private mutating func wrap(_ arrival: inout FeedArrival, around event: [UInt8]) {
        let earlier = last[arrival.region * StreamKind.allCases.count + arrival.kind.rawValue]
        if random.chance(rates[.aggregate]), !earlier.isEmpty {
            arrival.bytes = FeedEnvelope.aggregate([earlier, event], key: arrival.key)
            arrival.form = .aggregate
        } else if random.chance(rates[.gzip]) {
            arrival.bytes = FeedEnvelope.gzip(arrival.kind == .flow ? logRecord(event, arrival.arrival) : event)
            arrival.form = .gzip
        } else if random.chance(rates[.badArray]) {
            arrival.bytes = Array("[".utf8) + event + Array(",17]".utf8)
            arrival.form = .badArray
        }
    }

    /// Forms that come besides the event. Nil where this one has no such form.
    private mutating func made(_ form: FeedArrival.Form, of arrival: FeedArrival, _ event: [UInt8]) -> FeedArrival? {
        var odd = arrival
        switch form {
        case .plain, .aggregate, .gzip, .badArray:
            return nil
        case .duplicate:
            odd.arrival += Int64(random.between(1, Self.duplicateDelayMax))
        case .cut:
            odd.bytes = Array(event.prefix(random.between(1, event.count - 1)))
        case .notUTF8:
            odd.bytes = event
            odd.bytes[random.between(1, event.count - 2)] = 0xFF
        case .unknown:
            odd.bytes = Array(#"{"kind":"telemetry","reading":\#(random.below(1_000)),"at":"2026-03-02T14:00:00Z"}"#.utf8)
        case .ahead:
            guard let time = FeedEvent(event).time else { return nil }
            let least = arrival.arrival - time + Self.skewGuardMilliseconds
            // Whole seconds, rounded up, and then a minute to a year.
            let seconds = least / 1000 + 1 + Int64(random.between(60, random.chance(0.5) ? 3_600 : 31_536_000))
            odd.bytes = event
            ClockShift.apply(seconds: seconds, to: &odd.bytes)
        case .tombstone:
            guard arrival.kind == .context, let bytes = tombstone(of: event) else { return nil }
            odd.bytes = bytes
        }
        return odd
    }

    /// A CloudEvent with an id of its own that deletes what events of its kind tell.
    private mutating func tombstone(of event: [UInt8]) -> [UInt8]? {
        let idHead: StaticString = #""id":""#
        guard let id = event.firstOffset(of: idHead), let data = event.firstOffset(of: #""data":{"#) else { return nil }
        tombstones += 1
        var line = TrafficLine(reusing: [])
        line.raw(Array(event[..<(id + idHead.utf8CodeUnitCount)]))
        line.uuid(TrafficUUID(.event, 1 << 48 + tombstones, seed: seed))
        line.raw(Array(event[(id + idHead.utf8CodeUnitCount + 36)..<data]))
        let fields: [StaticString] = ["callback", "customerId", "degraded", "menuChoice", "openCases", "status", "tier"]
        line.raw(#""data":{"#)
        line.string(fields[random.below(fields.count)])
        line.raw(#":null,"oldestContactAgeSeconds":null}}"#)
        return line.bytes
    }

    /// A CloudWatch Logs subscription record of one flow log.
    private func logRecord(_ event: [UInt8], _ time: Int64) -> [UInt8] {
        var line = TrafficLine(reusing: [])
        line.raw(#"{"messageType":"DATA_MESSAGE","owner":"236630710668","logGroup":"/aws/connect/converge","logStream":"s","#)
        line.raw(#""subscriptionFilters":["all"],"logEvents":[{"id":"3","timestamp":"#)
        line.integer(Int(time))
        line.raw(#","message":""#)
        var escaped = ByteBuffer(capacity: event.count * 2)
        event.withUnsafeBytes { escaped.appendJSONEscaped($0) }
        line.raw(escaped.array)
        line.raw(#""}]}"#)
        return line.bytes
    }
}
