/// Contact starts as they are heard one after the other, joined into the sketches of their minutes as a row of the volume has them, and from there into ``StartHistory``.
///
/// Bounds: the hours that ``StartHistory`` keeps, four kilobytes each.
struct BacktestStarts: Sendable {
    /// How many starts a sketch tells of (`Lattice.SketchView.count`).
    typealias Estimate = @Sendable (SIMD64<UInt8>) -> Int

    private struct Key: Hashable {
        var region: Int
        /// Since 1970.
        var hour: Int64
    }

    private struct Hour {
        var sketches = [SIMD64<UInt8>](repeating: .zero, count: 60)
        var counts = [Int](repeating: 0, count: 60)
        /// Minutes whose sketch has changed since it was counted, a bit each.
        var changed: UInt64 = 0
    }

    private(set) var history = StartHistory()
    private let regions: [String]
    private let estimate: Estimate
    private var hours: [Key: Hour] = [:]
    private var changed: Set<Key> = []

    init(regions: [String], estimate: @escaping Estimate) {
        self.regions = regions
        self.estimate = estimate
    }

    mutating func take(_ start: BacktestFacts.Start) {
        let key = Key(region: start.region, hour: Int64(start.minute) / 60)
        let minute = Int(start.minute % 60)
        if hours[key] == nil, hours.count >= StartHistory.hoursMax, let oldest = hours.keys.map(\.hour).min() {
            hours = hours.filter { $0.key.hour > oldest }
        }
        guard hours[key, default: Hour()].sketches[minute][start.bucket] < start.value else { return }
        hours[key, default: Hour()].sketches[minute][start.bucket] = start.value
        hours[key, default: Hour()].changed |= 1 << UInt64(minute)
        changed.insert(key)
    }

    /// Brings what was taken in since the last time into the history.
    mutating func count() {
        for key in changed {
            guard var hour = hours[key] else { continue }
            for minute in 0..<60 where hour.changed >> UInt64(minute) & 1 == 1 {
                hour.counts[minute] = estimate(hour.sketches[minute])
            }
            hour.changed = 0
            hours[key] = hour
            history.take(region: regions[key.region], hour: key.hour * StartHistory.hourMilliseconds, minutes: hour.counts)
        }
        changed.removeAll(keepingCapacity: true)
    }

    /// Starts a day, by days since 1970 and Region.
    static func days(_ facts: BacktestFacts, _ estimate: Estimate) -> [Int64: [Int]] {
        var minutes: [UInt64: SIMD64<UInt8>] = [:]
        for start in facts.starts {
            let key = UInt64(start.minute) << 1 | UInt64(start.region)
            let known = minutes[key]?[start.bucket] ?? 0
            minutes[key, default: .zero][start.bucket] = max(known, start.value)
        }
        var days: [Int64: [Int]] = [:]
        for (key, sketch) in minutes { days[Int64(key >> 1) / 1_440, default: [0, 0]][Int(key & 1)] += estimate(sketch) }
        return days
    }
}
