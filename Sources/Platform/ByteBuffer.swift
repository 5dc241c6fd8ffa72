/// Growable bytes for building encodings: what the hot path appends to instead of `[UInt8]`, `String` or `Data`.
///
/// Appending never checks more than the capacity, never zero-fills and never shares storage. The buffer owns its memory
/// (hence not copyable) and keeps it over ``removeAll()``, so a buffer that is reused allocates only while it still grows.
///
/// Invariant: `count <= capacity`, and the first `count` bytes are initialised.
public struct ByteBuffer: ~Copyable, @unchecked Sendable {
    @usableFromInline var start: UnsafeMutableRawPointer
    @usableFromInline var size: Int
    @usableFromInline var room: Int

    @inlinable @inline(__always) public var base: UnsafeMutableRawPointer { start }
    @inlinable @inline(__always) public var count: Int { size }
    @inlinable @inline(__always) public var capacity: Int { room }

    public init(capacity: Int = 256) {
        room = max(capacity, 16)
        start = .allocate(byteCount: room, alignment: 16)
        size = 0
    }

    deinit { start.deallocate() }

    /// The bytes written so far; valid until the next mutation.
    @inlinable @inline(__always)
    public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// A copy as an array.
    public var array: [UInt8] { [UInt8](bytes) }

    /// Forgets the contents and keeps the memory.
    @inlinable @inline(__always)
    public mutating func removeAll() { size = 0 }

    /// Forgets everything behind the first `newCount` bytes.
    @inlinable @inline(__always)
    public mutating func truncate(to newCount: Int) {
        assert(newCount <= count)
        size = newCount
    }

    /// Makes room for `extra` more bytes, at least doubling when it has to move.
    @inlinable @inline(__always)
    public mutating func reserve(_ extra: Int) {
        if capacity - count < extra { grow(extra) }
    }

    @inline(never) @usableFromInline
    mutating func grow(_ extra: Int) {
        let wanted = max(capacity * 2, count + extra)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
        moved.copyMemory(from: base, byteCount: count)
        start.deallocate()
        start = moved
        room = wanted
    }

    /// Makes `length` bytes part of the contents and returns where they start, for the caller to fill at once.
    @inlinable @inline(__always)
    public mutating func extend(by length: Int) -> UnsafeMutableRawPointer {
        reserve(length)
        defer { size += length }
        return base + count
    }

    @inlinable @inline(__always)
    public mutating func append(_ byte: UInt8) {
        reserve(1)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        size += 1
    }

    @inlinable @inline(__always)
    public mutating func append(_ source: UnsafeRawBufferPointer) {
        guard let from = source.baseAddress, source.count > 0 else { return }
        reserve(source.count)
        (base + count).copyMemory(from: from, byteCount: source.count)
        size += source.count
    }

    @inlinable @inline(__always)
    public mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// The UTF-8 of `text`. Off the hot path only: a literal is a `StaticString` unless it cannot be one.
    @_disfavoredOverload
    public mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// An integer's bytes, little-endian.
    @inlinable @inline(__always)
    public mutating func appendInteger<T: FixedWidthInteger>(_ value: T) {
        reserve(MemoryLayout<T>.size)
        base.storeBytes(of: value.littleEndian, toByteOffset: count, as: T.self)
        size += MemoryLayout<T>.size
    }

    /// An integer as decimal text.
    public mutating func appendDecimal(_ value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        var rest = value.magnitude
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var at = 20
            repeat {
                at -= 1
                digits[at] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            append(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(digits)[at...]))
        }
    }

    /// Bytes as lower-case hexadecimal text.
    public mutating func appendHex(_ source: UnsafeRawBufferPointer) {
        let out = extend(by: 2 * source.count).assumingMemoryBound(to: UInt8.self)
        for at in 0..<source.count {
            out[2 * at] = hexDigit(source[at] >> 4)
            out[2 * at + 1] = hexDigit(source[at] & 15)
        }
    }

    /// Overwrites an integer that was appended before, little-endian.
    @inlinable @inline(__always)
    public mutating func store<T: FixedWidthInteger>(_ value: T, at offset: Int) {
        assert(offset + MemoryLayout<T>.size <= count)
        base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
    }
}

@inline(__always)
private func hexDigit(_ value: UInt8) -> UInt8 { value &+ (value < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") - 10) }
