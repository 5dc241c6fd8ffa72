public import ContactCenter
public import Lattice
import Platform

/// Rows by what they are of.
extension Store {
    /// Calls `found` with one entity, if there is a row of it.
    public func read(
        _ kind: EntityKind, _ id: String, _ found: (_ key: EntityKey, _ entity: EntityView) -> Void
    ) throws(StoreError) {
        var key = ByteBuffer()
        key.append(kind.rawValue)
        key.append(id)
        let keys = RowBatch()
        keys.append(key: key.bytes)
        try read(keys) { _, row, _ in found(EntityKey(key.bytes), EntityView(row)) }
    }

    /// Calls `body` for every entity of a kind whose id comes after `id`, for all where that is nil, in ascending order of the
    /// bytes of the id, until it says false or throws.
    public func scan(
        _ kind: EntityKind, after id: [UInt8]? = nil, _ body: (_ key: EntityKey, _ entity: EntityView) throws -> Bool
    ) throws {
        // Nothing stands between an id and the same with a zero behind.
        let first = [kind.rawValue] + (id.map { $0 + [0] } ?? [])
        try first.withUnsafeBytes { first in
            try scan(from: first) { key, entity in
                guard EntityKey(key).kind == kind else { return false }
                return try body(EntityKey(key), EntityView(entity))
            }
        }
    }
}
