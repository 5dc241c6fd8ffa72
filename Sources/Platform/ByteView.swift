import Glibc

/// Bytes that somebody else owns: a name for `UnsafeRawBufferPointer` where a value is looked at and not kept.
///
/// A *view* is a `ByteView` and every value that holds one: an entity, register or stamp as it is encoded, a key, a row of a batch, a JSON
/// document and its values. One rule holds for all views. Declarations state only where they differ from it.
///
/// - A view is valid while its owner exists and does not change: the buffer, batch, parser or reader that it was taken from. A view that is
///   taken from a view has the same owner.
/// - A reader or parser that returns one thing after another changes with each of them.
/// - A view that is given to a closure or a function is valid during that call.
///
/// What is needed for longer is copied. The compiler does not check the rule: `docs/decisions/0068-views-unchecked.md`.
public typealias ByteView = UnsafeRawBufferPointer

extension UnsafeRawBufferPointer {
    /// The bytes from `offset`, `length` of them. Bounds are the caller's to keep.
    @inlinable @inline(__always)
    public func slice(_ offset: Int, _ length: Int) -> ByteView {
        assert(offset >= 0 && length >= 0 && offset + length <= count)
        return ByteView(start: baseAddress.unsafelyUnwrapped + offset, count: length)
    }

    /// An integer stored little-endian at `offset`, at any alignment.
    @inlinable @inline(__always)
    public func integer<T: FixedWidthInteger>(at offset: Int, as type: T.Type) -> T {
        assert(offset + MemoryLayout<T>.size <= count)
        return T(littleEndian: baseAddress.unsafelyUnwrapped.loadUnaligned(fromByteOffset: offset, as: T.self))
    }

    /// Whether both hold the same bytes.
    @inlinable @inline(__always)
    public func equals(_ other: ByteView) -> Bool {
        count == other.count
            && (count == 0 || sameBytes(baseAddress.unsafelyUnwrapped, other.baseAddress.unsafelyUnwrapped, count))
    }

    /// Whether these bytes are the UTF-8 of `text`.
    @inlinable @inline(__always)
    public func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        return count == 0 || sameBytes(baseAddress.unsafelyUnwrapped, UnsafeRawPointer(text.utf8Start), count)
    }

    /// Negative, zero or positive as these bytes sort before, with or after the other's (unsigned, shorter first).
    @inlinable @inline(__always)
    public func compare(_ other: ByteView) -> Int {
        let shared = Swift.min(count, other.count)
        if shared > 0 {
            let order = orderOfBytes(baseAddress.unsafelyUnwrapped, other.baseAddress.unsafelyUnwrapped, shared)
            if order != 0 { return order }
        }
        return count &- other.count
    }

    /// The offset of the first `byte` at or after `start`.
    @inlinable @inline(__always)
    public func firstOffset(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start < count, let base = baseAddress else { return nil }
        guard let hit = memchr(base + start, Int32(byte), count - start) else { return nil }
        return UnsafeRawPointer(hit) - base
    }

    /// A copy as text; bytes that are not UTF-8 become U+FFFD.
    public var text: String { String(decoding: self, as: UTF8.self) }
}

extension StaticString {
    /// The UTF-8 of the literal, which lives as long as the program.
    @inlinable @inline(__always)
    public var view: ByteView { ByteView(start: utf8Start, count: utf8CodeUnitCount) }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes are `text` but for the case of ASCII letters. `text` is in lower case and holds letters only.
    @inlinable @inline(__always)
    public func equalsIgnoringCase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount, let mine = baseAddress else { return false }
        let others = UnsafeRawPointer(text.utf8Start)
        let lower: UInt64 = 0x2020_2020_2020_2020
        if count >= 8 {
            var at = 0
            while at &+ 8 <= count {
                if word(mine, at) | lower != word(others, at) { return false }
                at &+= 8
            }
            return word(mine, count &- 8) | lower == word(others, count &- 8)
        }
        for at in 0..<count where self[at] | 0x20 != text.utf8Start[at] { return false }
        return true
    }
}

extension ByteBuffer {
    /// Turns the ASCII letters from `start` on into upper case.
    public mutating func uppercase(from start: Int) {
        for at in start..<count {
            let byte = base.load(fromByteOffset: at, as: UInt8.self)
            if byte >= 0x61, byte <= 0x7A { base.storeBytes(of: byte &- 0x20, toByteOffset: at, as: UInt8.self) }
        }
    }
}

// Most of what is compared is short: names, paths, ids. Word by word in place beats a call into the C library there.

@inlinable @inline(__always)
func word(_ bytes: UnsafeRawPointer, _ offset: Int) -> UInt64 {
    bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
}

/// Whether `count` bytes, at least one, are the same.
@inlinable @inline(__always)
func sameBytes(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Bool {
    if count >= 8 {
        if count > 64 { return memcmp(a, b, count) == 0 }
        var at = 0
        while at &+ 8 <= count {
            if word(a, at) != word(b, at) { return false }
            at &+= 8
        }
        // The last eight bytes, some of them for the second time.
        return word(a, count &- 8) == word(b, count &- 8)
    }
    var at = 0
    while at < count {
        if a.load(fromByteOffset: at, as: UInt8.self) != b.load(fromByteOffset: at, as: UInt8.self) { return false }
        at &+= 1
    }
    return true
}

/// The order of `count` bytes, at least one.
@inlinable @inline(__always)
func orderOfBytes(_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ count: Int) -> Int {
    var at = 0
    while at &+ 8 <= count {
        let mine = UInt64(bigEndian: word(a, at))
        let others = UInt64(bigEndian: word(b, at))
        if mine != others { return mine < others ? -1 : 1 }
        at &+= 8
    }
    while at < count {
        let mine = a.load(fromByteOffset: at, as: UInt8.self)
        let others = b.load(fromByteOffset: at, as: UInt8.self)
        if mine != others { return mine < others ? -1 : 1 }
        at &+= 1
    }
    return 0
}
