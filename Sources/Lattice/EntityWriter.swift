public import Platform

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
    /// Where the register under construction starts, and its payload.
    private var register = 0
    private var payload = 0
    /// What the latest register's path begins with, whether that is all of it, and whether it may be that a path does not stand behind the
    /// one before.
    private var prefix = StaticString("").view
    private var isWhole = true
    private var isDoubtful = false

    @inline(__always)
    public init(_ buffer: inout ByteBuffer) {
        start = buffer.count
        buffer.appendInteger(UInt64(EntityView.formatVersion))
    }

    /// Whether nothing was written yet.
    public var isEmpty: Bool { count == 0 }

    /// Starts a register at path `prefix` + percent-encoded `segment`. What is appended to the buffer until
    /// ``endRegister(_:)`` is its payload (``RegisterView``). The path must not be longer than 65,535 bytes, and the Region
    /// not longer than 255.
    @inline(__always)
    public mutating func beginRegister(
        _ buffer: inout ByteBuffer, _ prefix: StaticString, segment: ByteView?, rule: Rule, stamp: Stamp,
        tombstone: Bool = false
    ) {
        follow(prefix.view, isWhole: segment == nil)
        let path = startRegister(&buffer)
        buffer.appendShort(prefix.view)
        if let segment { appendSegment(segment, to: &buffer) }
        endHeader(&buffer, path: path, rule: rule, stamp: stamp, tombstone: tombstone)
    }

    /// The same at a path that is whole and encoded already, as another encoding or a state file holds it.
    public mutating func beginRegister(
        _ buffer: inout ByteBuffer, encodedPath: ByteView, rule: Rule, stamp: Stamp, tombstone: Bool = false
    ) {
        isDoubtful = true
        let path = startRegister(&buffer)
        buffer.append(encodedPath)
        endHeader(&buffer, path: path, rule: rule, stamp: stamp, tombstone: tombstone)
    }

    /// Told by what paths begin with, which has lain there since the program began: a path that was stored a moment ago in pieces is slow to
    /// read by words.
    @inline(__always)
    private mutating func follow(_ next: ByteView, isWhole: Bool) {
        let order = prefix.compare(next.slice(0, Swift.min(prefix.count, next.count)))
        // Where the one before begins the next, what it goes on with decides.
        if order > 0 || order == 0 && !(self.isWhole && prefix.count < next.count) { isDoubtful = true }
        prefix = next
        self.isWhole = isWhole
    }

    @inline(__always)
    private mutating func startRegister(_ buffer: inout ByteBuffer) -> Int {
        register = buffer.count
        buffer.reserve(RegisterView.headerSize + 512)
        _ = buffer.extend(by: RegisterView.headerSize)
        return buffer.count
    }

    /// The path stands from `path` to the end of the buffer.
    @inline(__always)
    private mutating func endHeader(_ buffer: inout ByteBuffer, path: Int, rule: Rule, stamp: Stamp, tombstone: Bool) {
        let pathLength = buffer.count - path
        let id = stamp.id
        assert(pathLength <= 65_535 && stamp.region.count <= 255 && id.bytes.count <= 255)
        buffer.appendShort(stamp.region)
        buffer.appendShort(id.bytes)
        payload = buffer.count
        // The header's fields by words, as ``RegisterView`` lays them out; the payload's length comes last.
        let kind = UInt64(UInt16(truncatingIfNeeded: pathLength)) | UInt64(rule.rawValue) &<< 16 | UInt64(stamp.rank) &<< 24
        buffer.store(kind &<< 32, at: register)
        buffer.store(stamp.time.milliseconds, at: register + 8)
        let lengths =
            UInt32(UInt8(truncatingIfNeeded: stamp.region.count)) | UInt32(UInt8(truncatingIfNeeded: id.bytes.count)) &<< 8
        buffer.store(lengths | UInt32(id.form.rawValue) &<< 16 | (tombstone ? 1 &<< 24 : 0), at: register + 16)
        count += 1
    }

    @inline(__always)
    public mutating func endRegister(_ buffer: inout ByteBuffer) {
        buffer.store(UInt32(truncatingIfNeeded: buffer.count - payload), at: register)
    }

    /// A register under last-writer-wins. `value` is canonical JSON, so never empty.
    @inline(__always)
    public mutating func lastWriterWins(
        _ buffer: inout ByteBuffer, _ prefix: StaticString, segment: ByteView? = nil, stamp: Stamp, value: ByteView
    ) {
        assert(!value.isEmpty)
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
        assert(!value.isEmpty)
        beginRegister(&buffer, prefix, segment: segment, rule: rule, stamp: stamp)
        buffer.appendInteger(measure)
        buffer.appendShort(value)
        endRegister(&buffer)
    }

    /// A union register with one member. `value` is canonical JSON.
    @inline(__always)
    public mutating func unionMember(
        _ buffer: inout ByteBuffer, _ prefix: StaticString, segment: ByteView? = nil, capacity: Int, stamp: Stamp,
        value: ByteView
    ) {
        assert(capacity > 0 && !value.isEmpty)
        beginRegister(&buffer, prefix, segment: segment, rule: .union, stamp: stamp)
        appendUnionHeader(&buffer, capacity: capacity, count: 1)
        appendMember(&buffer, stamp: stamp, value: value)
        endRegister(&buffer)
    }

    /// The same at a path that is whole and encoded already.
    public mutating func unionMember(
        _ buffer: inout ByteBuffer, encodedPath: ByteView, capacity: Int, stamp: Stamp, value: ByteView
    ) {
        beginUnion(&buffer, encodedPath: encodedPath, stamp: stamp, capacity: capacity, count: 1)
        appendMember(&buffer, stamp: stamp, value: value)
        endRegister(&buffer)
    }

    /// Starts a union register of `count` members. They are appended in ascending order of their values (``appendMember(_:stamp:value:)``); `stamp` is the
    /// greatest of theirs.
    public mutating func beginUnion(
        _ buffer: inout ByteBuffer, encodedPath: ByteView, stamp: Stamp, capacity: Int, count: Int
    ) {
        beginRegister(&buffer, encodedPath: encodedPath, rule: .union, stamp: stamp)
        appendUnionHeader(&buffer, capacity: capacity, count: count)
    }

    @inline(__always)
    private func appendUnionHeader(_ buffer: inout ByteBuffer, capacity: Int, count: Int) {
        buffer.appendInteger(UInt32(capacity))
        buffer.appendInteger(UInt32(count))
    }

    /// Appends a member of the union register that was begun.
    @inline(__always)
    public func appendMember(_ buffer: inout ByteBuffer, stamp: Stamp, value: ByteView) {
        buffer.appendInteger(UInt32(value.count))
        buffer.append(UInt8(truncatingIfNeeded: stamp.region.count))
        buffer.append(UInt8(truncatingIfNeeded: stamp.id.bytes.count))
        buffer.append(stamp.id.form.rawValue)
        buffer.append(stamp.rank)
        buffer.appendInteger(stamp.time.milliseconds)
        buffer.append(stamp.region)
        buffer.append(stamp.id.bytes)
        buffer.append(value)
    }

    /// A sketch of one thing, by its hash (``SketchView``).
    @inline(__always)
    public mutating func sketch(
        _ buffer: inout ByteBuffer, _ prefix: StaticString, segment: ByteView? = nil, stamp: Stamp, hash: UInt64
    ) {
        beginRegister(&buffer, prefix, segment: segment, rule: .sketch, stamp: stamp)
        SketchView.append(SketchView.buckets(of: hash), to: &buffer)
        endRegister(&buffer)
    }

    /// A sketch with these buckets, at a path that is whole and encoded already.
    public mutating func sketch(_ buffer: inout ByteBuffer, encodedPath: ByteView, stamp: Stamp, buckets: SketchView.Buckets) {
        beginRegister(&buffer, encodedPath: encodedPath, rule: .sketch, stamp: stamp)
        SketchView.append(buckets, to: &buffer)
        endRegister(&buffer)
    }

    /// Appends a whole sketch, outside any entity under construction.
    static func appendSketch(
        _ buffer: inout ByteBuffer, encodedPath: ByteView, stamp: Stamp, buckets: SketchView.Buckets
    ) {
        var writer = EntityWriter(registersFrom: buffer.count)
        writer.sketch(&buffer, encodedPath: encodedPath, stamp: stamp, buckets: buckets)
    }

    /// Appends a whole union register, outside any entity under construction. `stamp` is that of the greatest member.
    static func appendUnion(
        _ buffer: inout ByteBuffer, encodedPath: ByteView, stamp: Stamp, capacity: Int, members: [ByteView]
    ) {
        var writer = EntityWriter(registersFrom: buffer.count)
        writer.beginUnion(&buffer, encodedPath: encodedPath, stamp: stamp, capacity: capacity, count: members.count)
        for member in members { buffer.append(member) }
        writer.endRegister(&buffer)
    }

    private init(registersFrom start: Int) { self.start = start }

    /// Appends a register as another encoding holds it.
    public mutating func copy(_ buffer: inout ByteBuffer, _ other: RegisterView) {
        isDoubtful = true
        buffer.append(other.bytes)
        count += 1
    }

    /// Ends the entity. The buffer then holds its canonical encoding from where the writer was made.
    @inline(__always)
    public mutating func finish(_ buffer: inout ByteBuffer) {
        buffer.store(count, at: start + 4)
        assert(isDoubtful || isInOrder(buffer.bytes), "paths out of order")
        if isDoubtful, count > 1, !isInOrder(buffer.bytes) { putInOrder(&buffer) }
    }

    /// Whether every register came behind the one before it.
    @inline(__always)
    private func isInOrder(_ bytes: ByteView) -> Bool {
        var before: ByteView?
        for register in EntityView(bytes.slice(start, bytes.count - start)) {
            if let before, before.compare(register.path) >= 0 { return false }
            before = register.path
        }
        return true
    }

    @inline(never)
    private func putInOrder(_ buffer: inout ByteBuffer) {
        var written = ByteBuffer(capacity: buffer.count - start)
        written.append(buffer.bytes.slice(start, buffer.count - start))
        let registers = EntityView(written.bytes).sorted { $0.path.compare($1.path) < 0 }
        buffer.truncate(to: start)
        var writer = EntityWriter(&buffer)
        var at = 0
        while at < registers.count {
            let first = registers[at]
            at += 1
            if at < registers.count, registers[at].path.equals(first.path) {
                writer.copyJoined(&buffer, registers, from: at - 1, to: &at)
            } else {
                writer.copy(&buffer, first)
            }
        }
        writer.finish(&buffer)
    }

    /// Appends the join of all registers that have the path of the one at `first`; `next` is then the one behind them.
    private mutating func copyJoined(
        _ buffer: inout ByteBuffer, _ registers: [RegisterView], from first: Int, to next: inout Int
    ) {
        var joined = ByteBuffer(capacity: 256)
        var other = ByteBuffer(capacity: 256)
        var result = ByteBuffer(capacity: 256)
        EntityWriter.encode(registers[first], into: &joined)
        while next < registers.count, registers[next].path.equals(registers[first].path) {
            EntityWriter.encode(registers[next], into: &other)
            result.removeAll()
            if Join.join(EntityView(joined.bytes), EntityView(other.bytes), into: &result).changed { swap(&joined, &result) }
            next += 1
        }
        for register in EntityView(joined.bytes) { copy(&buffer, register) }
    }

    /// An entity of one register.
    private static func encode(_ register: RegisterView, into buffer: inout ByteBuffer) {
        buffer.removeAll()
        var writer = EntityWriter(&buffer)
        writer.copy(&buffer, register)
        writer.finish(&buffer)
    }

    /// Percent-encodes what would make a path ambiguous: `/` and `%`.
    private func appendSegment(_ segment: ByteView, to buffer: inout ByteBuffer) {
        // Names of Regions mostly: all bytes in two words, some of them twice.
        if segment.count >= 8, segment.count <= 16,
            reservedBytes(segment.integer(at: 0, as: UInt64.self))
                | reservedBytes(segment.integer(at: segment.count &- 8, as: UInt64.self)) == 0
        {
            return buffer.appendShort(segment)
        }
        var copied = 0
        var reserved = segment.firstReserved(from: 0)
        while reserved < segment.count {
            buffer.append(segment.slice(copied, reserved &- copied))
            buffer.append(segment[reserved] == UInt8(ascii: "/") ? "%2F" : "%25")
            copied = reserved &+ 1
            reserved = segment.firstReserved(from: copied)
        }
        if copied < segment.count { buffer.appendShort(segment.slice(copied, segment.count &- copied)) }
    }
}

extension UnsafeRawBufferPointer {
    /// The offset of the first `/` or `%` at or after `start`; the count where there is none.
    @inline(__always)
    fileprivate func firstReserved(from start: Int) -> Int {
        var at = start
        while at &+ 8 <= count {
            let hits = reservedBytes(integer(at: at, as: UInt64.self))
            if hits != 0 { return at &+ hits.trailingZeroBitCount &>> 3 }
            at &+= 8
        }
        if at < count, count >= 8 {
            // The last eight bytes; those that were looked at before are shifted out.
            let hits = reservedBytes(integer(at: count &- 8, as: UInt64.self) &>> (8 &* (8 &- (count &- at))))
            return hits == 0 ? count : at &+ hits.trailingZeroBitCount &>> 3
        }
        while at < count, self[at] != UInt8(ascii: "/"), self[at] != UInt8(ascii: "%") { at &+= 1 }
        return at
    }
}

/// The top bit of the first byte that is `/` or `%` among eight, and perhaps of some behind it; 0 where none is.
@inline(__always)
private func reservedBytes(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let slashes = word ^ (ones &* 0x2F)
    let percents = word ^ (ones &* 0x25)
    return ((slashes &- ones) & ~slashes | (percents &- ones) & ~percents) & (ones &* 0x80)
}
