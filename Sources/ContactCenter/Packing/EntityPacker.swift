import Lattice
package import Platform

/// Packs entities for zstd (``PackedEntity``). Keeps its memory; not thread-safe.
/// Cost: about two microseconds for a row of 2.3 KB.
package struct EntityPacker: ~Copyable {
    /// What is to be compressed.
    package private(set) var content = ByteBuffer(capacity: 4 << 10)
    /// What is not.
    package private(set) var tail = ByteBuffer(capacity: 512)
    private var text = TextPacker()
    private var heads = ByteBuffer(capacity: 1 << 10)
    private var indexes = ByteBuffer(capacity: 128)
    private var stamps = ByteBuffer(capacity: 128)
    private var names = ByteBuffer(capacity: 256)
    private var ids = ByteBuffer(capacity: 256)
    private var values = ByteBuffer(capacity: 4 << 10)
    private var knownStamps: [Stamp] = []
    private var stampCount = 0
    private var regions: [ByteView] = []

    package init() {}

    /// Packs an entity of that key. False where it cannot be packed: it has control characters, times that are ages apart, or very many Regions.
    package mutating func pack(_ entity: ByteView, key: ByteView) -> Bool {
        content.removeAll()
        tail.removeAll()
        heads.removeAll()
        indexes.removeAll()
        stamps.removeAll()
        names.removeAll()
        ids.removeAll()
        values.removeAll()
        stampCount = 0
        text.begin(key: key)
        // They are views, and those before are over.
        knownStamps.removeAll(keepingCapacity: true)
        regions.removeAll(keepingCapacity: true)
        var count: UInt64 = 0
        for register in EntityView(entity) {
            guard append(register) else { return false }
            count += 1
        }
        content.append(PackedEntity.mark)
        content.appendVarint(UInt64(text.times.count))
        content.append(text.times.bytes)
        content.appendVarint(count)
        content.append(heads.bytes)
        content.append(indexes.bytes)
        content.append(stamps.bytes)
        content.append(names.bytes)
        content.append(ids.bytes)
        content.append(values.bytes)
        tail.append(text.uuids.bytes)
        return true
    }

    private mutating func append(_ register: RegisterView) -> Bool {
        guard text.append(register.path, isPath: true, to: &heads) else { return false }
        let rule = register.rule
        heads.append(
            rule == .sketch
                ? PackedEntity.sketchEnd
                : PackedEntity.pathEnd + rule.rawValue + (register.isTombstone ? PackedEntity.tombstone : 0))
        guard append(register.stamp) else { return false }
        switch rule {
        case .lastWriterWins: return register.isTombstone || append(value: register.value)
        case .max, .min: return text.append(register.measure) && append(value: register.value)
        case .union:
            let members = register.members
            heads.appendVarint(UInt64(members.capacity))
            heads.appendVarint(UInt64(members.count))
            for member in members {
                guard append(member.stamp), append(value: member.value) else { return false }
            }
            return true
        case .sketch:
            if let sketch = register.sketch { append(sketch.buckets) }
            return true
        }
    }

    private mutating func append(_ buckets: SketchView.Buckets) {
        let listed = buckets.indices.lazy.filter { buckets[$0] > 0 }.count
        guard listed > PackedEntity.listedMax else {
            values.append(UInt8(listed))
            for bucket in buckets.indices where buckets[bucket] > 0 {
                values.append(UInt8(bucket))
                values.append(buckets[bucket])
            }
            return
        }
        values.append(PackedEntity.allBuckets)
        for bucket in stride(from: 0, to: SketchView.bucketCount, by: 2) {
            values.append(buckets[bucket] | buckets[bucket + 1] &<< 4)
        }
    }

    private mutating func append(value: ByteView) -> Bool {
        guard text.append(value, to: &values) else { return false }
        values.append(PackedEntity.Token.end.rawValue)
        return true
    }

    // MARK: - Stamps

    private mutating func append(_ stamp: Stamp) -> Bool {
        if let index = knownStamps.firstIndex(where: { $0.compare(stamp) == 0 }) {
            indexes.appendVarint(UInt64(index))
            return true
        }
        indexes.appendVarint(UInt64(stampCount))
        stampCount += 1
        if knownStamps.count < PackedEntity.knownMax { knownStamps.append(stamp) }
        guard let region = index(of: stamp.region), text.append(stamp.time.milliseconds) else { return false }
        stamps.append(stamp.rank)
        stamps.append(region | stamp.id.form.rawValue &<< 6)
        if stamp.id.form != .text {
            tail.append(stamp.id.bytes)
            return true
        }
        return EntityPacker.append(stamp.id.bytes, to: &ids)
    }

    private mutating func index(of region: ByteView) -> UInt8? {
        if let index = regions.firstIndex(where: { $0.equals(region) }) { return UInt8(index) }
        guard regions.count < PackedEntity.regionsMax, EntityPacker.append(region, to: &names) else { return nil }
        regions.append(region)
        return UInt8(regions.count - 1)
    }

    /// Appends a text without tokens, and its end.
    private static func append(_ text: ByteView, to buffer: inout ByteBuffer) -> Bool {
        guard !text.hasControlCharacters else { return false }
        buffer.append(text)
        buffer.append(PackedEntity.Token.end.rawValue)
        return true
    }
}
