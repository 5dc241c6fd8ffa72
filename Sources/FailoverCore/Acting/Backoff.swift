/// How long to wait after a failure: between nothing and a ceiling that doubles with each failure in a row up to ``ceilingMax``, by chance, so that those who
/// failed together do not come back together (full jitter).
package struct Backoff: Equatable, Sendable {
    /// Milliseconds of the first ceiling.
    package var first: Int64
    /// Milliseconds that no wait exceeds.
    package var ceilingMax: Int64

    package init(first: Int64 = 1_000, ceilingMax: Int64 = 60_000) {
        self.first = first
        self.ceilingMax = ceilingMax
    }

    /// Milliseconds to wait after that many failures in a row. `random` is from 0 to below 1.
    package func wait(after failures: Int, random: Double) -> Int64 {
        let doublings = Int64(1) << min(max(failures - 1, 0), 30)
        let (ceiling, isTooLarge) = first.multipliedReportingOverflow(by: doublings)
        return Int64(Double(isTooLarge ? ceilingMax : min(ceiling, ceilingMax)) * random)
    }
}
