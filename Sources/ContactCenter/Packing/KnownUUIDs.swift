import Platform

/// The UUIDs that texts of a packed entity have had so far, those of its key first. Keeps its memory; not thread-safe.
struct KnownUUIDs: ~Copyable {
    private(set) var uuids: [UUIDBytes] = []
    /// `ACCOUNT:instance/INSTANCE`; empty where the key has no such parts.
    private(set) var instance = ByteBuffer(capacity: 128)
    private var scratch = ByteBuffer(capacity: 64)

    /// `key`: a kind's byte, and an id whose parts are between slashes.
    mutating func begin(key: ByteView) {
        uuids.removeAll(keepingCapacity: true)
        instance.removeAll()
        var at = min(1, key.count)
        var parts = 0
        while at < key.count {
            let end = key.firstOffset(of: UInt8(ascii: "/"), from: at) ?? key.count
            let part = key.slice(at, end - at)
            if let uuid = UUIDBytes(text: part, &scratch) { uuids.append(uuid) }
            if parts < 2 {
                if parts == 1 { instance.append(":instance/") }
                instance.append(part)
            }
            parts += 1
            at = end + 1
        }
        if parts < 2 { instance.removeAll() }
    }

    /// Where it is among the first ``PackedEntity/knownMax``; nil: it is not, and is known from now on.
    mutating func index(of uuid: UUIDBytes) -> Int? {
        if let index = uuids.firstIndex(of: uuid) { return index }
        if uuids.count < PackedEntity.knownMax { uuids.append(uuid) }
        return nil
    }

    /// Of a reader, which knows all.
    mutating func append(_ uuid: UUIDBytes) { uuids.append(uuid) }
}
