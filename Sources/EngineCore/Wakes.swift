/// The threads to wake after a call of the core: they were told to wait, and their next poll would return something else by now.
///
/// Two words; nothing allocates. A wake is returned once: whoever drops it leaves a thread asleep that has work.
public struct Wakes: Equatable, Sendable {
    /// Threads of state shards.
    public internal(set) var shards = ShardSet()
    /// The flush thread.
    public internal(set) var flush = false
    /// The commit thread.
    public internal(set) var commit = false

    /// Nobody.
    public init() {}

    public var isEmpty: Bool { shards.isEmpty && !flush && !commit }
}
