public import Bytes

/// Writes one entity's encoding at the end of a buffer, register by register, each where it will stay.
///
/// Registers that come in ascending order of path cost an append. Others are put in order by ``finish(_:)``, and registers
/// of one path are joined there, so any order gives the same bytes.
///
///     var writer = EntityWriter(&buffer)
///     writer.lastWriterWins(&buffer, "presence/", segment: region, stamp: stamp, value: value)
///     writer.finish(&buffer)
public struct EntityWriter {
    private let start: Int
    private var count: UInt32 = 0
    private var previousPath = (offset: 0, length: 0)
    private var ordered = true
    /// Where the register under construction starts.
    private var register = 0

    @inline(__always)
    public init(_ buffer: inout ByteBuffer) {
        start = buffer.count
        buffer.appendInteger(UInt64(EntityView.formatVersion))
    }

    /// Whether nothing was written yet.
    public var isEmpty: Bool { count == 0 }

    /// Starts a register at path `prefix` + percent-encoded `segment`. What is appended to the buffer until
    /// ``endRegister(_:)`` is its payload (``RegisterView``). The path must not be longer than 65,535 bytes.
    @inline(__always)
    public mutating func beginRegister(
        _ buffer: inout ByteBuffer, _ prefix: StaticString, segment: ByteView?, rule: Rule, stamp: Stamp,
        tombstone: Bool = false
    ) {
        register = buffer.count
        buffer.reserve(RegisterView.headerSize + 512)
        _ = buffer.extend(by: RegisterView.headerSize)
        let path = buffer.count
        buffer.append(prefix)
        if let segment { appendSegment(segment, to: &buffer) }
        let pathLength = buffer.count - path
        buffer.append(stamp.region)
        buffer.append(stamp.id.bytes)
        buffer.store(UInt16(truncatingIfNeeded: pathLength), at: register + 4)
        buffer.store(rule.rawValue, at: register + 6)
        buffer.store(stamp.rank, at: register + 7)
        buffer.store(stamp.time.milliseconds, at: register + 8)
        buffer.store(UInt8(truncatingIfNeeded: stamp.region.count), at: register + 16)
        buffer.store(UInt8(truncatingIfNeeded: stamp.id.bytes.count), at: register + 17)
        buffer.store(stamp.id.form.rawValue, at: register + 18)
        buffer.store(UInt8(tombstone ? 1 : 0), at: register + 19)
        if count > 0, ordered {
            let before = buffer.bytes.slice(previousPath.offset, previousPath.length)
            ordered = before.compare(buffer.bytes.slice(path, pathLength)) < 0
        }
        previousPath = (path, pathLength)
        count += 1
    }

    @inline(__always)
    public mutating func endRegister(_ buffer: inout ByteBuffer) {
        let header = Int(buffer.bytes[register + 16]) + Int(buffer.bytes[register + 17]) + previousPath.length
        let payload = buffer.count - register - RegisterView.headerSize - header
        buffer.store(UInt32(truncatingIfNeeded: payload), at: register)
    }

    /// A register under last-writer-wins. `value` is canonical JSON.
    @inline(__always)
    public mutating func lastWriterWins(
        _ buffer: inout ByteBuffer, _ prefix: StaticString, segment: ByteView? = nil, stamp: Stamp, value: ByteView
    ) {
        beginRegister(&buffer, prefix, segment: segment, rule: .lastWriterWins, stamp: stamp)
        buffer.append(value)
        endRegister(&buffer)
    }

    /// A deleted register: a tombstone, which wins and loses by its stamp like any value.
    public mutating func tombstone(
        _ buffer: inout ByteBuffer, _ prefix: StaticString, segment: ByteView? = nil, stamp: Stamp
    ) {
        beginRegister(&buffer, prefix, segment: segment, rule: .lastWriterWins, stamp: stamp, tombstone: true)
        endRegister(&buffer)
    }

    /// A register under max or min. `value` is canonical JSON.
    @inline(__always)
    public mutating func extremum(
        _ buffer: inout ByteBuffer, _ prefix: StaticString, segment: ByteView? = nil, rule: Rule, measure: Int64, stamp: Stamp,
        value: ByteView
    ) {
        assert(rule == .max || rule == .min)
        beginRegister(&buffer, prefix, segment: segment, rule: rule, stamp: stamp)
        buffer.appendInteger(measure)
        buffer.append(value)
        endRegister(&buffer)
    }

    /// A union register with one member. `value` is canonical JSON.
    @inline(__always)
    public mutating func unionMember(
        _ buffer: inout ByteBuffer, _ prefix: StaticString, segment: ByteView? = nil, capacity: Int, stamp: Stamp,
        value: ByteView
    ) {
        beginRegister(&buffer, prefix, segment: segment, rule: .union, stamp: stamp)
        buffer.appendInteger(UInt32(capacity))
        buffer.appendInteger(UInt32(1))
        buffer.appendInteger(UInt32(value.count))
        buffer.append(UInt8(truncatingIfNeeded: stamp.region.count))
        buffer.append(UInt8(truncatingIfNeeded: stamp.id.bytes.count))
        buffer.append(stamp.id.form.rawValue)
        buffer.append(stamp.rank)
        buffer.appendInteger(stamp.time.milliseconds)
        buffer.append(stamp.region)
        buffer.append(stamp.id.bytes)
        buffer.append(value)
        endRegister(&buffer)
    }

    /// Appends a register as another encoding holds it.
    public mutating func copy(_ buffer: inout ByteBuffer, _ other: RegisterView) {
        register = buffer.count
        buffer.append(other.bytes)
        let path = (offset: register + RegisterView.headerSize, length: other.path.count)
        if count > 0, ordered {
            let before = buffer.bytes.slice(previousPath.offset, previousPath.length)
            ordered = before.compare(buffer.bytes.slice(path.offset, path.length)) < 0
        }
        previousPath = path
        count += 1
    }

    /// Ends the entity. The buffer then holds its canonical encoding from where the writer was made.
    @inline(__always)
    public mutating func finish(_ buffer: inout ByteBuffer) {
        buffer.store(count, at: start + 4)
        if !ordered { putInOrder(&buffer) }
    }

    @inline(never)
    private func putInOrder(_ buffer: inout ByteBuffer) {
        var unordered = ByteBuffer(capacity: buffer.count - start)
        unordered.append(buffer.bytes.slice(start, buffer.count - start))
        var joined = ByteBuffer(capacity: unordered.count)
        var single = ByteBuffer(capacity: 256)
        var scratch = ByteBuffer(capacity: unordered.count)
        joined.append(EntityView.emptyEncoding.withUnsafeBytes { $0 })
        for register in EntityView(unordered.bytes) {
            single.removeAll()
            var writer = EntityWriter(&single)
            writer.copy(&single, register)
            writer.finish(&single)
            scratch.removeAll()
            if Join.join(EntityView(joined.bytes), EntityView(single.bytes), into: &scratch).changed {
                swap(&joined, &scratch)
            }
        }
        buffer.truncate(to: start)
        buffer.append(joined.bytes)
    }

    /// Percent-encodes what would make a path ambiguous: `/` and `%`.
    @inline(__always)
    private func appendSegment(_ segment: ByteView, to buffer: inout ByteBuffer) {
        if segment.firstOffset(of: UInt8(ascii: "/")) == nil, segment.firstOffset(of: UInt8(ascii: "%")) == nil {
            buffer.append(segment)
            return
        }
        for byte in segment {
            switch byte {
            case UInt8(ascii: "/"): buffer.append("%2F")
            case UInt8(ascii: "%"): buffer.append("%25")
            default: buffer.append(byte)
            }
        }
    }
}
