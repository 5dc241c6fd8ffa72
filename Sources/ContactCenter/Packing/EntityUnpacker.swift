import Lattice
package import Platform

/// Gives an entity's encoding back from what ``EntityPacker`` made of it. Keeps its memory; not thread-safe.
///
/// Takes any bytes: what it cannot have come from is an error, and what it gives back is to be checked by ``EntityView/validate(_:)``.
package struct EntityUnpacker: ~Copyable {
    /// It is not what a packer writes.
    package struct Damaged: Error, CustomStringConvertible {
        private let what: StaticString

        init(_ what: StaticString) { self.what = what }

        package var description: String { "\(what)" }
    }

    private var text = TextUnpacker()
    private var path = ByteBuffer(capacity: 256)
    private var pathBefore = ByteBuffer(capacity: 256)
    private var value = ByteBuffer(capacity: 4 << 10)
    private var regions: [ByteView] = []
    private var stamps: [Stamp] = []
    /// How many of them have their times.
    private var stampsKnown = 0

    package init() {}

    /// Appends the entity, of at most `bytesMax`, whose key lies at `key` in the buffer. On an error what lies behind the bytes that were there means nothing.
    package mutating func unpack(
        _ content: ByteView, tail: ByteView, key: Range<Int>, bytesMax: Int, to buffer: inout ByteBuffer
    ) throws(Damaged) {
        let start = buffer.count
        // They are views, and those before are over.
        regions.removeAll(keepingCapacity: true)
        stamps.removeAll(keepingCapacity: true)
        stampsKnown = 0
        var sections = PackedCursor(content)
        guard try sections.byte() == PackedEntity.mark else { throw Damaged("it is not packed") }
        let times = try sections.bytes(sections.length())
        var heads = sections
        let count = try heads.length()
        sections = heads
        let told = try skipHeads(&sections, count)
        var indexes = sections
        let tailTaken = try readStamps(&sections, told, tail)
        var values = sections
        text.begin(
            key: buffer.bytes.slice(key.lowerBound, key.count), times: times,
            uuids: tail.slice(tailTaken, tail.count - tailTaken), bytesMax: bytesMax)
        var writer = EntityWriter(&buffer)
        for number in 0..<count {
            swap(&path, &pathBefore)
            try unpackRegister(&heads, &indexes, &values, &writer, to: &buffer)
            // A writer would put them in order and join them, which it may do with registers that are checked alone.
            guard number == 0 || pathBefore.bytes.compare(path.bytes) < 0 else { throw Damaged("paths are out of order") }
            guard buffer.count - start <= bytesMax else { throw Damaged("it is too large") }
        }
        guard values.isAtEnd, text.isAtEnd else { throw Damaged("there is more than its registers") }
        writer.finish(&buffer)
    }

    private mutating func unpackRegister(
        _ heads: inout PackedCursor, _ indexes: inout PackedCursor, _ values: inout PackedCursor, _ writer: inout EntityWriter,
        to buffer: inout ByteBuffer
    ) throws(Damaged) {
        path.removeAll()
        let (rule, isTombstone) = try PackedEntity.head(try text.append(from: &heads, to: &path))
        guard path.count <= UInt16.max else { throw Damaged("a path is too long") }
        let stamp = try nextStamp(&indexes)
        switch rule {
        case .lastWriterWins:
            writer.beginRegister(&buffer, encodedPath: path.bytes, rule: rule, stamp: stamp, tombstone: isTombstone)
            if !isTombstone { buffer.append(try nextValue(&values)) }
        case .max, .min:
            let measure = try text.time()
            writer.beginRegister(&buffer, encodedPath: path.bytes, rule: rule, stamp: stamp, tombstone: isTombstone)
            buffer.appendInteger(measure)
            buffer.append(try nextValue(&values))
        case .union:
            let (capacity, count) = (try heads.length(), try heads.length())
            writer.beginUnion(&buffer, encodedPath: path.bytes, stamp: stamp, capacity: capacity, count: count)
            for _ in 0..<count {
                let stamp = try nextStamp(&indexes)
                writer.appendMember(&buffer, stamp: stamp, value: try nextValue(&values))
            }
        case .sketch:
            return writer.sketch(
                &buffer, encodedPath: path.bytes, stamp: stamp, buckets: try EntityUnpacker.nextBuckets(&values))
        }
        writer.endRegister(&buffer)
    }

    private static func nextBuckets(_ values: inout PackedCursor) throws(Damaged) -> SketchView.Buckets {
        var buckets = SketchView.Buckets.zero
        let listed = try values.byte()
        guard listed != PackedEntity.allBuckets else {
            for bucket in stride(from: 0, to: SketchView.bucketCount, by: 2) {
                let both = try values.byte()
                buckets[bucket] = both & 15
                buckets[bucket + 1] = both &>> 4
            }
            return buckets
        }
        guard listed <= PackedEntity.listedMax else { throw Damaged("a sketch lists too much") }
        for _ in 0..<listed {
            let bucket = Int(try values.byte())
            guard bucket < SketchView.bucketCount else { throw Damaged("a sketch has no such bucket") }
            buckets[bucket] = try values.byte()
        }
        return buckets
    }

    private mutating func nextValue(_ values: inout PackedCursor) throws(Damaged) -> ByteView {
        value.removeAll()
        guard try text.append(from: &values, to: &value) == PackedEntity.Token.end.rawValue else {
            throw Damaged("a value has no end")
        }
        return value.bytes
    }

    // MARK: - Sections

    /// Goes behind the heads; how many stamps they need.
    private func skipHeads(_ sections: inout PackedCursor, _ count: Int) throws(Damaged) -> Int {
        var told = count
        for _ in 0..<count {
            let (rule, _) = try PackedEntity.head(try TextUnpacker.skip(&sections))
            guard rule == .union else { continue }
            _ = try sections.length()
            told += try sections.length()
        }
        return told
    }

    /// Reads the stamps but for their times; goes behind the ids, and tells how much of the tail is theirs.
    private mutating func readStamps(_ sections: inout PackedCursor, _ told: Int, _ tail: ByteView) throws(Damaged) -> Int {
        var count = 0
        for _ in 0..<told {
            let index = try sections.length()
            guard index <= count else { throw Damaged("a stamp is told before its turn") }
            if index == count { count += 1 }
        }
        let fixed = try sections.bytes(2 * count)
        var regionCount = 0
        for at in 0..<count { regionCount = max(regionCount, Int(fixed[2 * at + 1] & 63) + 1) }
        for _ in 0..<regionCount { regions.append(try sections.text(countMax: 255)) }
        var taken = 0
        for at in 0..<count {
            guard let form = EventID.Form(rawValue: fixed[2 * at + 1] &>> 6) else { throw Damaged("an id has no form") }
            let bytes: ByteView
            switch form {
            case .text: bytes = try sections.text(countMax: 255)
            case .uuid, .digest:
                let length = form == .uuid ? UUIDBytes.byteCount : SHA256.byteCount
                guard tail.count - taken >= length else { throw Damaged("an id is missing") }
                bytes = tail.slice(taken, length)
                taken += length
            }
            stamps.append(
                Stamp(
                    time: Timestamp(milliseconds: 0), rank: fixed[2 * at], region: regions[Int(fixed[2 * at + 1] & 63)],
                    id: EventID(form: form, bytes: bytes)))
        }
        return taken
    }

    private mutating func nextStamp(_ indexes: inout PackedCursor) throws(Damaged) -> Stamp {
        let index = try indexes.length()
        if index == stampsKnown {
            stamps[index].time = Timestamp(milliseconds: try text.time())
            stampsKnown += 1
        }
        return stamps[index]
    }
}

extension PackedEntity {
    /// What a path's end says.
    fileprivate static func head(_ end: UInt8) throws(EntityUnpacker.Damaged) -> (rule: Rule, isTombstone: Bool) {
        if end == sketchEnd { return (.sketch, false) }
        guard end & ~(3 | tombstone) == pathEnd, let rule = Rule(rawValue: end & 3) else {
            throw EntityUnpacker.Damaged("a path has no end")
        }
        return (rule, end & tombstone != 0)
    }
}
