/// What came of a seed's story of a feed.
public struct FeedFigures: Sendable {
    /// Row versions that were written, at most.
    public var written = 0
    /// Batches, as often as a process was told one.
    public var batches = 0
    public var changes = 0
    public var resets = 0

    public init() {}

    public mutating func add(_ other: FeedFigures) {
        written += other.written
        batches += other.batches
        changes += other.changes
        resets += other.resets
    }
}

/// The story of a feed: who follows, what is numbered, what clients hear.
public enum FeedStory {
    /// What was wrong, nothing if the seed passed, and figures. A few 100 ms.
    public static func run(
        seed: UInt64, mutant: FeedMutant? = nil, trace: ((String) -> Void)? = nil
    ) -> (violations: [String], figures: FeedFigures) {
        let world = FeedWorld(seed: seed, mutant: mutant, trace: trace)
        world.run()
        return (world.violations, world.figures)
    }
}
