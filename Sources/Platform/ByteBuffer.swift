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

    /// The bytes written so far.
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

    /// The same of what is mostly short, as names, paths and ids are: 8 to 32 bytes are copied in place.
    @inlinable @inline(__always)
    public mutating func appendShort(_ source: UnsafeRawBufferPointer) {
        let length = source.count
        guard length >= 8, length <= 32, let from = source.baseAddress else { return append(source) }
        reserve(length)
        let to = base + count
        func copy(_ offset: Int) {
            to.storeBytes(
                of: from.loadUnaligned(fromByteOffset: offset, as: UInt64.self), toByteOffset: offset, as: UInt64.self)
        }
        // From both ends to the middle, where words overlap: every one lies within both.
        copy(0)
        copy(length &- 8)
        if length > 16 {
            copy(8)
            copy(length &- 16)
        }
        size += length
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
        if rest < 10 { return append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest)) }
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
        let out = extend(by: 2 * source.count)
        var at = 0
        while at &+ 4 <= source.count {
            let digits = hexDigits(source.integer(at: at, as: UInt32.self))
            out.storeBytes(of: digits.littleEndian, toByteOffset: 2 &* at, as: UInt64.self)
            at &+= 4
        }
        while at < source.count {
            let digits = UInt16(truncatingIfNeeded: hexDigits(UInt32(source[at])))
            out.storeBytes(of: digits.littleEndian, toByteOffset: 2 &* at, as: UInt16.self)
            at &+= 1
        }
    }

    /// The 16 bytes of a UUID as its text in lower case: 36 bytes, with the hyphens.
    public mutating func appendUUID(_ source: UnsafeRawBufferPointer) {
        assert(source.count == 16)
        let out = extend(by: 36)
        func put<T: FixedWidthInteger>(_ digits: T, at offset: Int) {
            out.storeBytes(of: digits.littleEndian, toByteOffset: offset, as: T.self)
        }
        let second = hexDigits(source.integer(at: 4, as: UInt32.self))
        let third = hexDigits(source.integer(at: 8, as: UInt32.self))
        put(hexDigits(source.integer(at: 0, as: UInt32.self)), at: 0)
        put(UInt32(truncatingIfNeeded: second), at: 9)
        put(UInt32(truncatingIfNeeded: second &>> 32), at: 14)
        put(UInt32(truncatingIfNeeded: third), at: 19)
        put(UInt32(truncatingIfNeeded: third &>> 32), at: 24)
        put(hexDigits(source.integer(at: 12, as: UInt32.self)), at: 28)
        for offset in [8, 13, 18, 23] { put(UInt8(ascii: "-"), at: offset) }
    }

    /// Overwrites an integer that was appended before, little-endian.
    @inlinable @inline(__always)
    public mutating func store<T: FixedWidthInteger>(_ value: T, at offset: Int) {
        assert(offset + MemoryLayout<T>.size <= count)
        base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: T.self)
    }
}

/// Four bytes as eight lower-case hexadecimal digits, as both lie in memory little-endian: all eight at a time.
@inline(__always)
private func hexDigits(_ bytes: UInt32) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    // The bytes move apart; then the halves of each become neighbours, the upper one first.
    var apart = UInt64(bytes)
    apart = (apart | apart &<< 16) & 0x0000_FFFF_0000_FFFF
    apart = (apart | apart &<< 8) & 0x00FF_00FF_00FF_00FF
    let values = (apart &>> 4 | apart &<< 8) & (ones &* 15)
    // 39 is how far `a` lies behind what would follow `9`.
    let letters = (values &+ ones &* 6) &>> 4 & ones
    return values &+ ones &* 48 &+ letters &* 39
}
