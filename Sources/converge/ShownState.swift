import ContactCenter
import EmbeddedStorage
import EngineCore
import Lattice
import Platform
import Storage

/// A state that is looked into, entity by entity: a state directory, or DynamoDB tables as `dynamodb:PREFIX`.
enum ShownState {
    case directory(EmbeddedStore)
    case tables(DynamoDBReader)

    init(_ name: String) throws {
        if let tables = try StateOperand.tables(name) {
            self = .tables(tables)
        } else {
            self = .directory(try EmbeddedStore(path: name, mode: .readOnly))
        }
    }

    /// As people name it.
    var name: String {
        switch self {
        case .directory(let store): store.path
        case .tables(let tables): "dynamodb:\(tables.prefix) (\(tables.region))"
        }
    }

    /// Calls `found` with one entity, if there is one.
    func read(_ kind: EntityKind, _ id: String, _ found: (_ key: EntityKey, _ entity: EntityView) -> Void) throws {
        switch self {
        case .directory(let store): try store.read(kind, id, found)
        case .tables(let tables):
            let shard = Shard(index: 0)
            try tables.read(kind, id) { _, key, entity in shard.merge(key, hash: key.hash64, EntityView(entity)) }
            shard.forEach { found(EntityKey($0), EntityView($1)) }
        }
    }

    /// Calls `body` with every row that an entity is the join of, and where it lies.
    func readRows(_ kind: EntityKind, _ id: String, _ body: (_ place: String, _ entity: EntityView) -> Void) throws {
        switch self {
        case .directory(let store): try store.read(kind, id) { body(store.path, $1) }
        case .tables(let tables):
            try tables.read(kind, id) { row, _, entity in
                let part = row.part == 0 ? "" : "#\(row.part)"
                body("\(tables.prefix)-\(kind) \(row.region)\(part)", EntityView(entity))
            }
        }
    }

    /// Calls `body` with every entity of a kind in ascending order of id.
    /// Memory: of tables all entities of the kind, joined.
    func scan(_ kind: EntityKind, _ body: (_ key: EntityKey, _ entity: EntityView) throws -> Bool) throws {
        switch self {
        case .directory(let store): try store.scan(kind, body)
        case .tables(let tables):
            let shard = Shard(index: 0)
            try tables.scan([kind]) { _, key, entity in shard.merge(key, hash: key.hash64, EntityView(entity)) }
            var all: [(key: ByteView, entity: ByteView)] = []
            all.reserveCapacity(shard.entityCount)
            shard.forEach { all.append(($0, $1)) }
            all.sort { $0.key.compare($1.key) < 0 }
            for (key, entity) in all {
                guard try body(EntityKey(key), EntityView(entity)) else { break }
            }
            withExtendedLifetime(shard) {}
        }
    }
}
