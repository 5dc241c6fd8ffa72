import Engine
import EngineCore
import Platform

@testable import EngineSupport

extension Fold {
    func digest() throws -> String { try digestOf(rows) }
}

func digestOf(_ rows: [[UInt8]: [UInt8]]) throws -> String {
    try StateExport.run(threads: 1, rows: inOrder(rows)).digest
}

func digestOf(_ store: any Store) throws -> String {
    try StateExport.run(threads: 1, rows: { try store.scan($0) }).digest
}

func digestOf(_ shards: [Shard], workers: Int = 1) throws -> String {
    try StateExport.run(threads: workers, rows: StateExport.rows(of: shards)).digest
}

/// Rows as ``StateExport`` takes them.
func inOrder(
    _ rows: [[UInt8]: [UInt8]]
) -> (_ emit: (_ key: ByteView, _ entity: ByteView) throws -> Void) throws -> Void {
    { emit in
        for (key, entity) in rows.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            try key.withUnsafeBytes { key in try entity.withUnsafeBytes { try emit(key, $0) } }
        }
    }
}
