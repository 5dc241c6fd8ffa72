import Platform
import Testing

/// SplitMix64 (S. Vigna): small, fast, and the same on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// True once in `outOf` times.
    mutating func chance(_ outOf: Int) -> Bool { below(outOf) == 0 }

    mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }
}

struct Violation: Error, CustomStringConvertible {
    let description: String
}

func require(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    if !holds { throw Violation(description: what()) }
}

/// Runs `body` on random cases until one fails, and says which seed makes that case again.
func forAll(
    _ cases: Int = 10_000, seed: UInt64 = 0x5EED, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (inout SeededGenerator) throws -> Void
) {
    for number in 0..<cases {
        let caseSeed = seed &+ UInt64(number) &* 0x1_0000_0001
        var generator = SeededGenerator(seed: caseSeed)
        do {
            try body(&generator)
        } catch {
            Issue.record("case \(number), seed \(caseSeed): \(error)", sourceLocation: sourceLocation)
            return
        }
    }
}

extension String {
    func withView<R>(_ body: (ByteView) throws -> R) rethrows -> R {
        var copy = self
        return try copy.withUTF8 { try body(ByteView($0)) }
    }
}

extension Sequence where Element == UInt8 {
    var hex: String {
        map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        .joined()
    }
}
