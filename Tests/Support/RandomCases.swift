import Testing

/// What a random case breaks.
public struct Violation: Error, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

public func demand(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    if !holds { throw Violation(what()) }
}

/// Runs `body` on random cases until one fails, and says which seed makes that case again.
public func forAll(
    _ cases: Int = 10_000, seed: UInt64 = 0xC0DE, sourceLocation: SourceLocation = #_sourceLocation,
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
