/// When records arrived at their broker, as runs of equal times: what tells their lag once they are durable.
///
/// Bounded. Where there is no room for another run, each two that are next to each other in time become one of the older time, so
/// that a lag comes out too great and never too small.
package struct ArrivalRuns {
    package struct Run: Equatable {
        /// Milliseconds since 1970.
        package var time: Int64
        package var count: Int
    }

    package private(set) var runs: [Run] = []
    private let runsMax: Int

    /// `runsMax`: an even number; 16 bytes each.
    package init(runsMax: Int) {
        precondition(runsMax >= 2 && runsMax % 2 == 0)
        self.runsMax = runsMax
        runs.reserveCapacity(runsMax)
    }

    @inline(__always)
    package mutating func add(_ time: Int64, times: Int = 1) {
        if let last = runs.indices.last, runs[last].time == time {
            runs[last].count += times
        } else {
            if runs.count == runsMax { halve() }
            runs.append(Run(time: time, count: times))
        }
    }

    package mutating func add(_ other: ArrivalRuns) {
        for run in other.runs { add(run.time, times: run.count) }
    }

    package mutating func removeAll() { runs.removeAll(keepingCapacity: true) }

    @inline(never)
    private mutating func halve() {
        runs.sort { $0.time < $1.time }
        for pair in 0..<(runs.count / 2) {
            runs[pair] = Run(time: runs[2 * pair].time, count: runs[2 * pair].count + runs[2 * pair + 1].count)
        }
        runs.removeLast(runs.count / 2)
    }
}
