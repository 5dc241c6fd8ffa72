/// Where in a partition something stands: opaque, ordered, fixed in size.
///
/// 256 bits, most significant word first: room for a Kinesis sequence number (192 bits) with its sub-sequence number, for a
/// Kafka offset, and for a byte offset with a record ordinal.
public struct Position: Comparable, Hashable, Sendable {
    /// Most significant first.
    public var words: (UInt64, UInt64, UInt64, UInt64)

    @inline(__always)
    public init(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64) { words = (a, b, c, d) }

    /// A place in a file: `offset` bytes into its decompressed contents, `ordinal` records (or lines) before it.
    @inline(__always)
    public init(offset: Int, ordinal: Int) { self.init(0, 0, UInt64(offset), UInt64(ordinal)) }

    /// Before the first record of any partition.
    public static let beginning = Position(0, 0, 0, 0)

    /// Of a place in a file: bytes before it.
    public var offset: Int { Int(words.2) }
    /// Of a place in a file: records or lines before it.
    public var ordinal: Int { Int(words.3) }

    public static func < (a: Position, b: Position) -> Bool { a.words < b.words }
    public static func == (a: Position, b: Position) -> Bool { a.words == b.words }
    public func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}
