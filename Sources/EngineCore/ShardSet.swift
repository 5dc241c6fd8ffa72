/// A set of state shards, by index.
///
/// Bound: indices below ``shardsMax``. Cost: one word; nothing allocates.
public struct ShardSet: Sequence, Equatable, Sendable {
    /// Most state shards that an engine has.
    public static let shardsMax = 64

    private var bits: UInt64 = 0

    public init() {}

    public var isEmpty: Bool { bits == 0 }

    public func contains(_ shard: Int) -> Bool { bits & 1 << UInt64(shard) != 0 }

    /// False where it was in the set before.
    @discardableResult
    package mutating func insert(_ shard: Int) -> Bool {
        assert((0..<ShardSet.shardsMax).contains(shard))
        defer { bits |= 1 << UInt64(shard) }
        return !contains(shard)
    }

    /// False where it was not in the set.
    @discardableResult
    package mutating func remove(_ shard: Int) -> Bool {
        defer { bits &= ~(1 << UInt64(shard)) }
        return contains(shard)
    }

    /// In ascending order.
    public func makeIterator() -> Iterator { Iterator(bits: bits) }

    public struct Iterator: IteratorProtocol {
        fileprivate var bits: UInt64

        public mutating func next() -> Int? {
            guard bits != 0 else { return nil }
            defer { bits &= bits - 1 }
            return bits.trailingZeroBitCount
        }
    }
}
