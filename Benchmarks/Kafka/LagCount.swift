import JSON
import Measuring
import Observability

/// Lag of every event after the warm-up, from when it was due, and the CPU time of this process meanwhile.
struct LagCount {
    private let schedule: Schedule
    private var reached: [Int]
    private var left: Int
    private var lags = Histogram(precisionBits: 7)
    private var cpuAtStart: Double?
    private var cpuAtEnd: Double?

    init(_ schedule: Schedule) {
        self.schedule = schedule
        reached = Array(repeating: 0, count: schedule.partitions)
        left = schedule.events
    }

    var isComplete: Bool { left == 0 }

    /// All events of a partition before this offset are there, as of now.
    mutating func reach(partition: Int, offset: Int, at now: Int64) {
        let from = reached[partition]
        guard offset > from else { return }
        for offset in from..<offset {
            let number = schedule.number(partition: partition, offset: offset)
            guard number >= schedule.warmUp else { continue }
            if cpuAtStart == nil { cpuAtStart = cpuSeconds() }
            lags.add((now - schedule.due(number)) / 1000)
        }
        reached[partition] = offset
        left -= offset - from
        if left == 0 { cpuAtEnd = cpuSeconds() }
    }

    /// As an object and a newline; `more`: further members of it.
    func json(_ more: (inout JSONWriter) -> Void = { _ in }) -> String {
        let cpu = ((cpuAtEnd ?? cpuSeconds()) - (cpuAtStart ?? 0)) / Double(max(lags.count, 1)) * 1e6
        let shares: [(StaticString, Double)] = [
            ("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999),
        ]
        return jsonLine { json in
            json.member("events", lags.count)
            json.member("cpu", number: "\(cpu)")
            for (name, share) in shares { json.member(name, lags.quantile(share) ?? 0) }
            json.member("max", lags.max)
            more(&json)
        }
    }
}
