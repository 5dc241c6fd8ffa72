import Bytes
import ContactCenter
import Engine
import Ingest
import Lattice
import Storage

/// A state as it is named on the command line: a state directory, or a file of canonical JSON Lines.
struct StateOperand {
    let path: String
    private let store: EmbeddedStore?

    init(_ path: String) throws {
        self.path = path
        store = isDirectory(path) ? try EmbeddedStore(path: path, mode: .readOnly) : nil
    }

    /// Calls `body` with every entity; of a directory in ascending order of key, of a file in the file's order.
    func forEach(_ body: (_ key: ByteView, _ entity: ByteView) throws -> Void) throws {
        if let store {
            try store.scan(body)
            return
        }
        let source = try FileSource(paths: [path])
        let reader = StateLineReader()
        let block = RecordBlock()
        while case .records = try next(of: source, into: block) {
            for record in block.records {
                let line = block.bytes(of: record)
                var failure: (any Error)?
                do {
                    try reader.read(line) { key, entity in
                        do { try body(key, entity.bytes) } catch { failure = error }
                    }
                } catch {
                    throw StateOperandError(
                        "\(source.describe(partition: block.partition, ordinal: record.ordinal)) is no line of a state file: \(error)"
                    )
                }
                if let failure { throw failure }
            }
        }
    }

    private func next(of source: FileSource, into block: RecordBlock) throws -> SourceStatus {
        block.removeAll()
        return try source.read(into: block)
    }

    /// All entities in one shard, joined. Memory: that of the state.
    static func load(_ paths: [String]) throws -> Shard {
        let shard = Shard(index: 0)
        for path in paths {
            try StateOperand(path).forEach { key, entity in
                shard.merge(key, hash: key.hash64, EntityView(entity))
            }
        }
        return shard
    }
}

struct StateOperandError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
