#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Bytes that somebody else owns. A name for `UnsafeRawBufferPointer` where a value is looked at and not kept: valid only
/// as long as what it was taken from stays where it is.
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
            && (count == 0 || memcmp(baseAddress.unsafelyUnwrapped, other.baseAddress.unsafelyUnwrapped, count) == 0)
    }

    /// Whether these bytes are the UTF-8 of `text`.
    @inlinable @inline(__always)
    public func equals(_ text: StaticString) -> Bool {
        count == text.utf8CodeUnitCount && memcmp(baseAddress ?? UnsafeRawPointer(text.utf8Start), text.utf8Start, count) == 0
    }

    /// Negative, zero or positive as these bytes sort before, with or after the other's (unsigned, shorter first).
    @inlinable @inline(__always)
    public func compare(_ other: ByteView) -> Int {
        let shared = Swift.min(count, other.count)
        if shared > 0 {
            let order = memcmp(baseAddress.unsafelyUnwrapped, other.baseAddress.unsafelyUnwrapped, shared)
            if order != 0 { return Int(order) }
        }
        return count - other.count
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
