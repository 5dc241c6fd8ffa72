import ContactCenter
import Platform
import TestSupport
import Testing

@Suite("the skew guard", .limited)
struct SkewGuardTests {
    @Test(
        "an event passes up to the limit ahead of its arrival; without an arrival it is compared with `now`, and without both it passes",
        arguments: [
            (time: 1_300_000, arrival: 1_000_000 as Int64?, now: nil as Int64?, passes: true),
            (1_300_001, 1_000_000, nil, false),
            (0, 1_000_000, nil, true),
            (1_000_000, 1_000_000, nil, true),
            // Its arrival counts, not now.
            (1_300_001, 1_000_000, 9_000_000, false),
            (1_300_000, 1_000_000, 0, true),
            // No arrival.
            (1_300_000, nil, 1_000_000, true),
            (1_300_001, nil, 1_000_000, false),
            (9_999_999_999_999, nil, nil, true),
            // The difference does not fit.
            (.max, -1_000_000, nil, false),
            (.min, 1_000_000, nil, true),
        ])
    func table(time: Int64, arrival: Int64?, now: Int64?, passes: Bool) {
        let skewGuard = SkewGuard(maxSkew: 300_000, now: now.map { Timestamp(milliseconds: $0) })
        let admits = skewGuard.admits(
            Timestamp(milliseconds: time), arrival: arrival.map { Timestamp(milliseconds: $0) })
        #expect(admits == passes)
    }

    @Test("with a limit of 0, an event at its arrival passes and one a millisecond ahead does not")
    func zero() {
        let skewGuard = SkewGuard(maxSkew: 0)
        let now = Timestamp(milliseconds: 5)
        #expect(skewGuard.admits(now, arrival: now))
        #expect(!skewGuard.admits(Timestamp(milliseconds: 6), arrival: now))
    }
}
