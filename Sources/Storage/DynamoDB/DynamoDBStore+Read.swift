import AWS
import ContactCenter
public import EngineCore
import Lattice
public import Platform

extension DynamoDBStore {
    /// Keys that a BatchGetItem takes; its answer has 16 MB at most and says what it left out.
    private static let batchMax = 100
    /// How often in a row a read may come back without any of its keys.
    private static let emptyAnswersMax = 12

    /// Reads this Region's rows, consistently, a hundred a request and several requests at a time.
    public func read(_ keys: RowBatch, _ found: (Int, ByteView, Revision) -> Void) throws(StoreError) {
        var wanted = WantedRows(region: region)
        for (index, row) in keys.enumerated() { wanted.append(index, row.key, table: try table(of: row.key)) }
        var memory = ByteBuffer(capacity: 64 << 10)
        var joined = ByteBuffer()
        var large: [(index: Int, key: [UInt8], head: [UInt8], revision: Revision, parts: Int)] = []
        try fetch(&wanted, into: &memory) { index, row, memory in
            guard row.partCount > 1 else { return found(index, row.entity(in: memory), row.revision) }
            large.append(
                (index, Array(row.key(in: memory)), Array(row.entity(in: memory)), row.revision, row.partCount))
        }
        for entity in large {
            do throws(StoreError) {
                try joinParts(of: entity.key, count: entity.parts, with: entity.head, into: &joined)
            } catch {
                var failure = error
                if failure.row != nil { failure.row = entity.index }
                throw failure
            }
            found(entity.index, joined.bytes, entity.revision)
        }
    }

    /// The other rows of an entity that takes several. Whoever writes them meanwhile writes the first one, too, and that is what the next
    /// write is conditional on.
    private func joinParts(
        of key: [UInt8], count: Int, with head: [UInt8], into joined: inout ByteBuffer
    ) throws(StoreError) {
        joined.removeAll()
        head.withUnsafeBytes { joined.append($0) }
        var memory = ByteBuffer()
        var wanted = WantedRows(region: region)
        guard let kind = key.first.flatMap(EntityKind.init(rawValue:)) else { return }
        for part in 1..<count {
            let table = table(kind)
            key.withUnsafeBytes { (key: ByteView) in wanted.append(part, key, table: table, part: part) }
        }
        var whole = joined.array
        try fetch(&wanted, into: &memory) { _, row, memory in
            var out = ByteBuffer(capacity: whole.count)
            let isChanged = whole.withUnsafeBytes {
                Join.join(EntityView($0), EntityView(row.entity(in: memory)), into: &out).changed
            }
            if isChanged { whole = out.array }
        }
        joined.removeAll()
        whole.withUnsafeBytes { joined.append($0) }
    }

    // MARK: - Requests

    /// Asks until every row was answered for, found or not.
    private func fetch(
        _ wanted: inout WantedRows, into memory: inout ByteBuffer,
        _ found: (_ index: Int, _ row: DynamoDBRow, _ memory: ByteView) -> Void
    ) throws(StoreError) {
        var emptyAnswers = 0
        while !wanted.isEmpty {
            let batches = wanted.take(batches: monitor.locked { max(1, sending.limit / 8) }, of: DynamoDBStore.batchMax)
            var answered = 0
            for (batch, result) in zip(batches, client.performAll(batches.map { $0.request() })) {
                switch result {
                case .success(let answer): answered += try take(answer, of: batch, &wanted, into: &memory, found)
                case .failure(let error):
                    guard error.errorClass == .throttling else { throw StoreError(error, prefix: prefix) }
                    monitor.locked { figures.throttles += 1 }
                    wanted.putBack(batch)
                }
            }
            emptyAnswers = answered > 0 ? 0 : emptyAnswers + 1
            guard emptyAnswers < DynamoDBStore.emptyAnswersMax else {
                throw StoreError(.unavailable, "DynamoDB repeatedly returns none of the keys of a read: it is throttled")
            }
            if answered == 0 { pause(milliseconds: 10 << Int64(min(emptyAnswers, 8))) }
        }
    }

    private func pause(milliseconds: Int64) {
        let until = monotonicMilliseconds() + milliseconds
        monitor.locked { while monotonicMilliseconds() < until { monitor.wait(until: until) } }
    }

    /// How many rows were answered for.
    private func take(
        _ answer: DynamoDB.BatchGetItem.Output, of batch: WantedRows.Batch, _ wanted: inout WantedRows,
        into memory: inout ByteBuffer, _ found: (_ index: Int, _ row: DynamoDBRow, _ memory: ByteView) -> Void
    ) throws(StoreError) -> Int {
        var failure: StoreError?
        var left: Set<String> = []
        var units = 0.0
        var rows = 0
        let registers = RegistersReader(dictionaries)
        do throws(UnreadableOutput) {
            units = try answer.read { key in
                left.insert(WantedRows.name(key))
            } item: { table, item in
                guard failure == nil else { return }
                memory.removeAll()
                let name = WantedRows.name(item)
                do throws(StoreError) {
                    guard let row = try DynamoDBRow.read(item, of: table.text, with: registers, into: &memory) else { return }
                    guard let index = batch.index[name] else { return }
                    rows += 1
                    found(index, row, memory.bytes)
                } catch {
                    failure = error
                    // One that cannot be read for want of its dictionary is waited for: it is not in trouble.
                    if error.reason == .corrupt { failure?.row = batch.index[name] }
                }
            }
        } catch {
            throw StoreError(.failed, "DynamoDB's response to BatchGetItem is not JSON: \(error)")
        }
        if let failure { throw failure }
        monitor.locked {
            figures.readUnits += units
            figures.rowsRead += rows
        }
        wanted.putBack(batch, only: left)
        return batch.index.count - left.count
    }
}

/// Rows that are to be read and are not answered for yet.
private struct WantedRows {
    struct Row {
        var index: Int
        var pk: String
        var sk: String
        var table: String
    }

    /// A BatchGetItem.
    struct Batch {
        var rows: [Row]
        /// By ``WantedRows/name(_:_:)``.
        var index: [String: Int]

        func request() -> DynamoDB.BatchGetItem {
            var tables: [(name: String, items: Range<Int>)] = []
            var at = 0
            while at < rows.count {
                let table = rows[at].table
                let end = rows[at...].firstIndex { $0.table != table } ?? rows.count
                tables.append((table, at..<end))
                at = end
            }
            return DynamoDB.BatchGetItem(tables, projection: DynamoDBRow.projection, returnsUnits: true) { index, json in
                DynamoDBName.append(pk: rows[index].pk, sk: rows[index].sk, to: &json)
            }
        }
    }

    let region: String
    private var rows: [Row] = []
    private var isSorted = false

    init(region: String) { self.region = region }

    var isEmpty: Bool { rows.isEmpty }

    /// A separator that no Region has.
    static func name(_ pk: String, _ sk: String) -> String { "\(sk)\u{0}\(pk)" }

    static func name(_ item: ItemView) -> String { name(item.text("pk") ?? "", item.text("sk") ?? "") }

    mutating func append(_ index: Int, _ key: ByteView, table: String, part: Int = 0) {
        rows.append(
            Row(index: index, pk: DynamoDBName.key(key), sk: part == 0 ? region : "\(region)#\(part)", table: table))
    }

    mutating func take(batches: Int, of size: Int) -> [Batch] {
        // Keys of a table stand together in a request.
        if !isSorted { rows.sort { $0.table < $1.table } }
        isSorted = true
        var taken: [Batch] = []
        while taken.count < batches, !rows.isEmpty {
            let part = Array(rows.suffix(size))
            rows.removeLast(part.count)
            let index = part.map { (WantedRows.name($0.pk, $0.sk), $0.index) }
            taken.append(Batch(rows: part, index: Dictionary(index) { first, _ in first }))
        }
        return taken
    }

    /// `only` nil: all of the batch.
    mutating func putBack(_ batch: Batch, only names: Set<String>? = nil) {
        guard names?.isEmpty != true else { return }
        rows += batch.rows.filter { row in names.map { $0.contains(WantedRows.name(row.pk, row.sk)) } ?? true }
        isSorted = false
    }
}
