import Platform

/// How an entity lies in a row before zstd compresses it: alike beside alike, and apart what no dictionary can know.
///
/// A row's stamps, times and UUIDs are new in every row, so they cost what they take in bits. As text, and between paths, lengths and values, they cost
/// more than twice that, and keep zstd from seeing that the rest is as in other rows. What it saves: `docs/decisions/0077-packed-entities.md`.
///
/// The content, which is compressed:
///
///     0x00                     (an entity's own encoding begins with its version, which is not 0)
///     length of the times      varint, and the times: varint 2 * index of an earlier one, or
///                              varint 2 * zigzag(the latest new one - this one) + 1
///     number of registers      varint
///     heads                    of each register its path as text, then 0x10 + rule + 4 if it is a tombstone, or 0x18 of a sketch;
///                              of a union also capacity and number of members, varints
///     stamps of each           varint, the index in the stamps below; of a union its own and then those of its members
///     stamps                   rank, then index of the region + 64 * form of the id
///     regions                  each ends in 0x00
///     ids of stamps that are text, and values as text, each ends in 0x00
///     among the values, sketches: how many buckets have a value, up to 15, and of each its number and its value; or 0xFF and all
///                              buckets, two a byte, the first in the lower half
///
/// The tail, which is not: ids of stamps that are UUIDs or digests, in the order of the stamps, then the UUIDs of texts in the order in which they
/// appear.
///
/// Times are in the order in which a register's path, its stamp if it is new, its measure and its value have them. Text is as it is, but for
/// ``Token``s. The parts of the entity's key that are UUIDs come first among those that are known.
package enum PackedEntity {
    /// What the content begins with.
    package static let mark: UInt8 = 0
    /// What a path ends in, less its rule and whether it is a tombstone.
    static let pathEnd: UInt8 = 0x10
    static let tombstone: UInt8 = 4
    /// The same of a sketch: no older rule ends a path so, with or without a tombstone.
    static let sketchEnd: UInt8 = 0x18
    /// Of a sketch: the most buckets with a value that are listed, and what stands for all of them.
    static let listedMax = 15
    static let allBuckets: UInt8 = 0xFF
    /// What a writer looks for repetitions among: the first so many stamps, times and UUIDs.
    static let knownMax = 64
    static let regionsMax = 64

    /// What stands for something in texts. An entity with such bytes in its texts is not packed.
    enum Token: UInt8 {
        /// Of a value, a Region or an id.
        case end = 0
        /// A UUID in lower case that is not known yet: the next sixteen bytes of the tail.
        case newUUID = 1
        /// One that is: varint, its index.
        case knownUUID = 2
        /// `YYYY-MM-DDTHH:MM:SS.mmmZ`
        case time = 3
        /// `YYYY-MM-DDTHH:MM:SSZ`
        case timeInSeconds = 4
        /// `%2F`
        case slash = 5
        /// `ACCOUNT:instance/INSTANCE`, as the key begins with `ACCOUNT/INSTANCE`.
        case instance = 6
    }
}

extension ByteBuffer {
    /// Seven bits a byte, the least first; all but the last have the top bit.
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest > 127 {
            append(UInt8(truncatingIfNeeded: rest) | 128)
            rest &>>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }
}

extension ByteView {
    /// Whether a byte is below 0x20; eight at a time.
    var hasControlCharacters: Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var found: UInt64 = 0
        var at = 0
        while at &+ 8 <= count {
            let word = integer(at: at, as: UInt64.self)
            found |= (word &- ones &* 0x20) & ~word
            at &+= 8
        }
        while at < count {
            if self[at] < 0x20 { return true }
            at &+= 1
        }
        return found & (ones &* 0x80) != 0
    }
}
