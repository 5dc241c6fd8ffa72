import AWS
import ContactCenter
import EmbeddedStorage
import EngineCore
import Ingest
import Lattice
import Platform
import Storage

/// A state as it is named on the command line: a state directory, a file of canonical JSON Lines, or DynamoDB tables as
/// `dynamodb:PREFIX`.
struct StateOperand {
    private enum Place {
        case directory(EmbeddedStore)
        case tables(DynamoDBReader)
        case file
    }

    let path: String
    private let place: Place

    init(_ path: String) throws {
        self.path = path
        if let tables = try StateOperand.tables(path) {
            place = .tables(tables)
        } else {
            place = isDirectory(path) ? .directory(try EmbeddedStore(path: path, mode: .readOnly)) : .file
        }
    }

    /// The tables that an operand names; nil where it names something else. In the Region that the environment says.
    static func tables(_ operand: String) throws -> DynamoDBReader? {
        let mark = "dynamodb:"
        guard operand.hasPrefix(mark) else { return nil }
        let prefix = String(operand.dropFirst(mark.count))
        guard DynamoDBTables.isPrefix(prefix) else {
            throw UsageError(
                "'\(operand)': write dynamodb:PREFIX, where PREFIX is the beginning of the table names, as in dynamodb:\(DynamoDBTables.defaultPrefix)"
            )
        }
        return try DynamoDBReader(AWSSession(), prefix: prefix)
    }

    /// Calls `body` with every entity; of a directory in ascending order of key, of a file in the file's order, of tables in no order,
    /// once a row: an entity is then the join of all that `body` is called with.
    func forEach(_ body: (_ key: ByteView, _ entity: ByteView) throws -> Void) throws {
        switch place {
        case .directory(let store): try store.scan(body)
        case .tables(let tables): try tables.scan { _, key, entity in try body(key, entity) }
        case .file: try forEachLine(body)
        }
    }

    private func forEachLine(_ body: (_ key: ByteView, _ entity: ByteView) throws -> Void) throws {
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
                        "\(source.describe(partition: block.partition, ordinal: record.ordinal)) is not a line of a state file: \(error)"
                    )
                }
                if let failure { throw failure }
            }
        }
        source.warnOfCuts()
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
