public import AWS
public import ContactCenter
public import EngineCore
public import Lattice
public import Platform

/// Reads the tables of a state without writing to them: the rows of one entity, or all rows, of every Region and part. An entity is the
/// join of its rows; joining is the caller's. A table of aliases that is not there has no rows: a deployment without a key needs none.
///
/// Reads are consistent: what this Region's table holds when it is asked. What other Regions wrote comes with replication.
public final class DynamoDBReader: Sendable {
    /// Parts of a table that are read at one time.
    static let segmentCount = 4

    public let prefix: String
    public var region: String { client.region }
    private let client: ServiceClient
    private let dictionaries: RowDictionaries

    public init(_ client: ServiceClient, prefix: String) {
        self.client = client
        self.prefix = prefix
        dictionaries = RowDictionaries(client, prefix: prefix)
    }

    /// In the session's own Region.
    public convenience init(_ session: AWSSession, prefix: String) throws(StoreError) {
        do {
            self.init(try session.client(.dynamoDB), prefix: prefix)
        } catch {
            throw StoreError(.unavailable, "\(error)")
        }
    }

    /// Calls `body` with every row of an entity, by Region and part; with none where there is none.
    public func read(
        _ kind: EntityKind, _ id: String, _ body: (_ row: DynamoDBRow, _ key: ByteView, _ entity: ByteView) throws -> Void
    ) throws {
        let table = DynamoDBStore.table(kind, prefix: prefix)
        var last: [UInt8]?
        repeat {
            let page: ItemPage
            do throws(AWSError) { page = try client.perform(query(table, "\(kind.name)#\(id)", after: last)) } catch {
                if error.isMissing(aliasesOf: prefix, table) { return }
                throw StoreError(error, prefix: prefix)
            }
            last = page.last
            try forEachRow(of: page, table, body)
        } while last != nil
    }

    /// Calls `found` with an entity, the join of all its rows, if there is one.
    public func read(
        _ kind: EntityKind, _ id: String, _ found: (_ key: EntityKey, _ entity: EntityView) -> Void
    ) throws(StoreError) {
        var whole: (key: [UInt8], entity: [UInt8])?
        do {
            try read(kind, id) { (_: DynamoDBRow, key: ByteView, entity: ByteView) in
                var joined = ByteBuffer()
                let isChanged =
                    whole?.entity.withUnsafeBytes { Join.join(EntityView($0), EntityView(entity), into: &joined).changed }
                    ?? true
                if isChanged { whole = (Array(key), joined.count > 0 ? joined.array : Array(entity)) }
            }
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.failed, "\(error)")
        }
        guard let whole else { return }
        whole.key.withUnsafeBytes { key in whole.entity.withUnsafeBytes { found(EntityKey(key), EntityView($0)) } }
    }

    /// Calls `body` with every row of an entity, and the Region that wrote it.
    public func readRows(
        _ kind: EntityKind, _ id: String, _ body: (_ region: String, _ entity: EntityView) -> Void
    ) throws(StoreError) {
        do {
            try read(kind, id) { (row: DynamoDBRow, _: ByteView, entity: ByteView) in body(row.region, EntityView(entity)) }
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.failed, "\(error)")
        }
    }

    /// Calls `found` with every row of some entities, in no order: all are asked for side by side, with `limits` of each request.
    /// Cost: a request for each entity, and for each further MB of one.
    package func readRows(
        of entities: [(kind: EntityKind, id: String)], _ limits: SendLimits,
        _ found: (_ key: EntityKey, _ entity: EntityView) -> Void
    ) throws(StoreError) {
        let answers = Answers()
        let tables = entities.map { DynamoDBStore.table($0.kind, prefix: prefix) }
        func ask(_ index: Int, after last: [UInt8]?) {
            let request = query(tables[index], "\(entities[index].kind.name)#\(entities[index].id)", after: last)
            client.submit(request, limits) { answers.bring(index, $0) }
        }
        for index in entities.indices { ask(index, after: nil) }
        var unread = entities.count
        while unread > 0 {
            let (index, result) = answers.next()
            if case .failure(let error) = result, error.isMissing(aliasesOf: prefix, tables[index]) {
                unread -= 1
                continue
            }
            let page = try read(result)
            if let last = page.last { ask(index, after: last) } else { unread -= 1 }
            do {
                try forEachRow(of: page, tables[index]) { _, key, entity in found(EntityKey(key), EntityView(entity)) }
            } catch let error as StoreError {
                throw error
            } catch {
                throw StoreError(.failed, "\(error)")
            }
        }
    }

    /// Calls `body` with every row of the tables of these kinds, in no order.
    ///
    /// A table is read in ``segmentCount`` parts side by side. Memory: two pages of each part, a page being at most 1 MB of items.
    /// Cost: a read unit for each 4 KB of all items, whatever of them is looked at.
    public func scan(
        _ kinds: [EntityKind] = EntityKind.allCases,
        _ body: (_ row: DynamoDBRow, _ key: ByteView, _ entity: ByteView) throws -> Void
    ) throws {
        for kind in kinds { try scan(DynamoDBStore.table(kind, prefix: prefix), body) }
    }

    private func scan(
        _ table: String, _ body: (_ row: DynamoDBRow, _ key: ByteView, _ entity: ByteView) throws -> Void
    ) throws {
        let answers = Answers()
        for segment in 0..<DynamoDBReader.segmentCount { ask(segment, of: table, after: nil, answers) }
        var unread = DynamoDBReader.segmentCount
        while unread > 0 {
            let (segment, result) = answers.next()
            if case .failure(let error) = result, error.isMissing(aliasesOf: prefix, table) {
                unread -= 1
                continue
            }
            let page = try read(result)
            if let last = page.last { ask(segment, of: table, after: last, answers) } else { unread -= 1 }
            try forEachRow(of: page, table, body)
        }
    }

    private func ask(_ segment: Int, of table: String, after last: [UInt8]?, _ answers: Answers) {
        client.submit(scan(table, segment: segment, after: last)) { answers.bring(segment, $0) }
    }

    func query(_ table: String, _ pk: String, after last: [UInt8]?) -> DynamoDB.Query {
        DynamoDB.Query(
            table, condition: "pk = :pk", isConsistent: true, projection: DynamoDBRow.projection, after: last
        ) { $0.attribute(":pk", pk) }
    }

    func scan(_ table: String, segment: Int, after last: [UInt8]?) -> DynamoDB.Scan {
        DynamoDB.Scan(
            table, isConsistent: true, projection: DynamoDBRow.projection, segment: segment, of: DynamoDBReader.segmentCount,
            after: last)
    }

    private func read(_ result: Result<ItemPage, AWSError>) throws(StoreError) -> ItemPage {
        do throws(AWSError) { return try result.get() } catch { throw StoreError(error, prefix: prefix) }
    }

    private func forEachRow(
        of page: ItemPage, _ table: String, _ body: (_ row: DynamoDBRow, _ key: ByteView, _ entity: ByteView) throws -> Void
    ) throws {
        var memory = ByteBuffer(capacity: 64 << 10)
        let registers = RegistersReader(dictionaries)
        try page.forEach { item in
            memory.removeAll()
            guard let row = try DynamoDBRow.read(item, of: table, with: registers, into: &memory) else { return }
            try body(row, row.key(in: memory.bytes), row.entity(in: memory.bytes))
        }
    }
}

/// Answers in the order in which they come.
private final class Answers: @unchecked Sendable {
    private let monitor = Monitor()
    /// Guarded by the monitor.
    private var waiting: [(Int, Result<ItemPage, AWSError>)] = []

    func bring(_ segment: Int, _ answer: Result<ItemPage, AWSError>) {
        monitor.locked {
            waiting.append((segment, answer))
            monitor.broadcast()
        }
    }

    func next() -> (segment: Int, answer: Result<ItemPage, AWSError>) {
        monitor.locked {
            while waiting.isEmpty { monitor.wait() }
            return waiting.removeFirst()
        }
    }
}
