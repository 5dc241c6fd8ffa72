import AWS
import ContactCenter
import EngineCore
import JSON
import Platform

/// Which life the tables live: a random id in a row of each (`converge#epoch`), made for the table that the service calls by this id.
///
/// A backup carries the row like any other, so a row that was made for another table counts as none. It is read before the table's id, so
/// that the answer is as new as the last request (`docs/decisions/0045-epoch-per-table.md`). Replicas are tables of their own, so each Region has its row.
struct TableEpochs {
    /// How long the table's id is taken for granted. A table of the same name needs minutes to be restored, during which requests fail;
    /// and what is committed meanwhile carries the old epoch, which the new table will not have.
    private static let identityMilliseconds: Int64 = 5_000
    /// How long the epochs of tables that nothing is written to are.
    private static let allMilliseconds: Int64 = 5_000
    private static let attemptsMax = 3

    private struct Known {
        var epoch: String?
        var identity = ""
        var describedAt = Int64.min / 2
    }

    /// What a table's row says.
    private struct Row: Sendable {
        var epoch: String
        /// The id of the table that it was made for.
        var table: String
    }

    let client: ServiceClient
    let prefix: String
    /// Whose tables there are: others are not asked for.
    let kinds: [EntityKind]
    /// Tables that were written to since they were last looked at.
    var touched: Set<EntityKind> = []
    private var known: [EntityKind: Known] = [:]
    private var lookedAtAll = Int64.min / 2

    init(client: ServiceClient, prefix: String, kinds: [EntityKind]) {
        self.client = client
        self.prefix = prefix
        self.kinds = kinds
    }

    /// One id for all tables together. Cost: a read unit a table that was written to, and once in a while of all.
    mutating func current() throws(StoreError) -> String {
        let now = monotonicMilliseconds()
        let isAllDue = now - lookedAtAll >= TableEpochs.allMilliseconds
        let due = kinds.filter { isAllDue || touched.contains($0) || known[$0] == nil }
        try look(at: due, now: now, attempts: TableEpochs.attemptsMax)
        if isAllDue { lookedAtAll = now }
        touched.removeAll()
        return kinds.map { known[$0]?.epoch ?? "" }.joined(separator: ".")
    }

    private mutating func look(at kinds: [EntityKind], now: Int64, attempts: Int) throws(StoreError) {
        guard !kinds.isEmpty else { return }
        guard attempts > 0 else {
            throw StoreError(.failed, "the epoch of \(name(kinds[0])) changed during every attempt to create one")
        }
        let rows = try readRows(kinds)
        // A row that was made for another table than this one is taken to be: it may be the row that is right.
        let doubtful = zip(kinds, rows).filter { kind, row in
            let known = known[kind] ?? Known()
            return now - known.describedAt >= TableEpochs.identityMilliseconds || row?.table != known.identity
        }
        try describe(doubtful.map(\.0), now: now)
        var unsettled: [EntityKind] = []
        for (kind, row) in zip(kinds, rows) {
            let identity = known[kind]?.identity ?? ""
            if let row, row.table == identity {
                known[kind]?.epoch = row.epoch
            } else if let made = try make(kind, over: row?.epoch, for: identity) {
                known[kind]?.epoch = made
            } else {
                unsettled.append(kind)
            }
        }
        try look(at: unsettled, now: now, attempts: attempts - 1)
    }

    // MARK: - Requests

    private func name(_ kind: EntityKind) -> String { DynamoDBStore.table(kind, prefix: prefix) }

    private func readRows(_ kinds: [EntityKind]) throws(StoreError) -> [Row?] {
        let requests = kinds.map { kind in
            DynamoDB.GetItem(name(kind)) {
                appendKey(to: &$0)
            } row: { item in
                item.text("epoch").flatMap { epoch in item.text("table").map { Row(epoch: epoch, table: $0) } }
            }
        }
        var rows: [Row?] = []
        for result in client.performAll(requests) { rows.append(try read(result)) }
        return rows
    }

    private mutating func describe(_ kinds: [EntityKind], now: Int64) throws(StoreError) {
        let requests = kinds.map { DynamoDB.DescribeTable(name($0)) }
        for (kind, result) in zip(kinds, client.performAll(requests)) {
            let table = try read(result)
            // arn:aws:dynamodb:REGION:..
            let words = (table.arn ?? "").split(separator: ":", omittingEmptySubsequences: false)
            guard let identity = table.id, words.count > 3 else {
                throw StoreError(.failed, "DynamoDB's description of \(name(kind)) has no id or no ARN")
            }
            guard words[3] == client.region else {
                throw StoreError(
                    .unavailable,
                    "the table \(name(kind)) is in \(words[3]), but the worker runs in \(client.region); each Region must write only rows of its own Region: "
                        + "check AWS_REGION and the endpoint")
            }
            known[kind, default: Known()].identity = identity
            known[kind]?.describedAt = now
        }
    }

    /// Nil where another worker was faster.
    private func make(_ kind: EntityKind, over old: String?, for identity: String) throws(StoreError) -> String? {
        let epoch = String(UInt64.random(in: .min ... .max), radix: 36)
        let request = DynamoDB.PutItem(name(kind), condition: old == nil ? "attribute_not_exists(pk)" : "epoch = :old") {
            json in
            appendKey(to: &json)
            json.attribute("epoch", epoch)
            json.attribute("table", identity)
        } values: { json in
            if let old { json.attribute(":old", old) }
        }
        do throws(AWSError) {
            _ = try client.perform(request)
            return epoch
        } catch {
            if error.dynamoDB == .conditionFailed { return nil }
            throw StoreError(error, prefix: prefix)
        }
    }

    private func appendKey(to json: inout JSONWriter) {
        DynamoDBName.append(pk: "converge#epoch", sk: client.region, to: &json)
    }

    private func read<Output>(_ result: Result<Output, AWSError>) throws(StoreError) -> Output {
        do throws(AWSError) { return try result.get() } catch { throw StoreError(error, prefix: prefix) }
    }
}
