import Testing

/// Numbers that are the same in every run (SplitMix64, S. Vigna).
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// True once in `outOf` times.
    mutating func chance(_ outOf: Int) -> Bool { below(outOf) == 0 }
}

struct Violation: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

func demand(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    if !holds { throw Violation(what()) }
}

/// Runs `body` on random cases until one fails, and says which seed makes that case again.
func forAll(
    _ cases: Int, seed: UInt64 = 0xC0DE, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (inout Dice) throws -> Void
) {
    for number in 0..<cases {
        let caseSeed = seed &+ UInt64(number) &* 0x1_0000_0001
        var dice = Dice(seed: caseSeed)
        do {
            try body(&dice)
        } catch {
            Issue.record("case \(number), seed \(caseSeed): \(error)", sourceLocation: sourceLocation)
            return
        }
    }
}
