import Platform

/// Reads bytes one after another, whatever they are.
struct PackedCursor {
    typealias Damaged = EntityUnpacker.Damaged

    private let all: ByteView
    private var at = 0

    init(_ bytes: ByteView = StaticString("").view) { all = bytes }

    var isAtEnd: Bool { at == all.count }

    mutating func byte() throws(Damaged) -> UInt8 {
        guard at < all.count else { throw Damaged("it ends early") }
        at += 1
        return all[at - 1]
    }

    mutating func bytes(_ count: Int) throws(Damaged) -> ByteView {
        guard count <= all.count - at else { throw Damaged("it ends early") }
        at += count
        return all.slice(at - count, count)
    }

    mutating func varint() throws(Damaged) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte()
            guard shift < 63 || byte <= 1 else { throw Damaged("a number is too large") }
            value |= UInt64(byte & 127) &<< shift
            if byte < 128 { return value }
            shift += 7
            guard shift < 64 else { throw Damaged("a number is too large") }
        }
    }

    /// A number of what lies in the bytes, which have no more of anything than 32 bits count.
    mutating func length() throws(Damaged) -> Int {
        let value = try varint()
        guard value <= UInt64(UInt32.max) else { throw Damaged("a number is too large") }
        return Int(value)
    }

    /// What is no control character, up to the next one.
    mutating func run() -> ByteView {
        let start = at
        while at < all.count, all[at] >= 0x20 { at += 1 }
        return all.slice(start, at - start)
    }

    /// A text without tokens, and its end.
    mutating func text(countMax: Int) throws(Damaged) -> ByteView {
        let text = run()
        guard text.count <= countMax, try byte() == PackedEntity.Token.end.rawValue else { throw Damaged("a text has no end") }
        return text
    }
}
