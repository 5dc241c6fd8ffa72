import AWS
import ContactCenter
import EngineCore
import JSON
import Measuring
import Platform
import Storage

/// Rows of a worker's hour as the parameters of their PutItems, a line each: what the store under test and its peers all write.
enum Puts {
    enum Choice: String {
        /// Rows as they are written, of flushes as often as they are by default.
        case all
        /// The last row of each entity, as the first one of its key: in any order, and over one another, none is refused.
        case latest
    }

    /// Every so manieth row of an hour.
    static func write(_ choice: Choice, every: Int, of events: Int, prefix: String, to path: String) throws {
        let output = try OutputLines(path)
        let item = RowItem(
            region: "us-east-1", retention: nil, readable: .state, coding: RegistersCoding(RowDictionary.standard))
        var last: [[UInt8]: RowBatch] = [:]
        var count = 0
        var failure: (any Error)?
        func put(_ row: RowBatch.Row) {
            count += 1
            guard count % every == 0, failure == nil, let kind = EntityKey(row.key).kind else { return }
            guard let put = item.put(row, table: "\(prefix)-\(kind.name)") else { return }
            do { try put.body.withUnsafeBytes { try output.write($0) } } catch { failure = error }
        }
        let standard = try PacedWorker.standard()
        let worker = PacedWorker(
            events: events, flushInterval: standard.flushIntervalMilliseconds,
            refreshInterval: standard.refreshIntervalMilliseconds)
        _ = try worker.run { batches in
            for row in batches.joined() {
                guard choice == .latest else {
                    put(row)
                    continue
                }
                let kept = RowBatch(capacity: row.key.count + row.entity.count + 64)
                kept.append(key: row.key, entity: row.entity, revision: row.revision)
                last[Array(row.key)] = kept
            }
        }
        for key in last.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) { last[key]?.forEach(put) }
        if let failure { throw failure }
    }

    /// The rows of such a file again, in flushes of so many.
    static func flushes(of size: Int, from path: String) throws -> [Flush] {
        var flushes: [Flush] = []
        var batch = RowBatch()
        let parser = JSONParser()
        let registers = RegistersReader(RowDictionaries([.standard]))
        var memory = ByteBuffer()
        try InputLines(path).forEach { line in
            let root = try parser.parse(line).root
            memory.removeAll()
            guard let item = root.member("Item"),
                let row = try DynamoDBRow.read(ItemView(item), of: path, with: registers, into: &memory)
            else {
                throw BenchmarkError("\(path) has a line that is no PutItem of a row")
            }
            let isFirst = root.member("ExpressionAttributeValues") == nil
            batch.append(
                key: row.key(in: memory.bytes), entity: row.entity(in: memory.bytes),
                expected: isFirst ? .none : Revision(writer: row.revision.writer, count: row.revision.count &- 1),
                revision: row.revision)
            guard batch.count == size else { return }
            flushes.append(Flush(rows: [batch], checkpoints: []))
            batch = RowBatch()
        }
        if !batch.isEmpty { flushes.append(Flush(rows: [batch], checkpoints: [])) }
        return flushes
    }
}
