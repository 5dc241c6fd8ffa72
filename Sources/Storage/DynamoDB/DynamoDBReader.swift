public import AWS
public import ContactCenter
public import EngineCore
import HTTPClient
import JSON
public import Lattice
public import Platform

/// Reads the tables of a state without writing to them: the rows of one entity, or all rows, of every Region and part. An entity is the
/// join of its rows; joining is the caller's.
///
/// Reads are consistent: what this Region's table holds when it is asked. What other Regions wrote comes with replication.
public final class DynamoDBReader: Sendable {
    /// Parts of a table that are read at one time.
    static let segmentCount = 4

    public let prefix: String
    public var region: String { client.region }
    private let client: ServiceClient

    public init(_ client: ServiceClient, prefix: String) {
        self.client = client
        self.prefix = prefix
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
            let input = DynamoDBReader.input(of: table, after: last) { json in
                json.member("KeyConditionExpression", "pk = :pk")
                json.object("ExpressionAttributeValues") { $0.attribute(":pk", "\(kind.name)#\(id)") }
            }
            let answer: HTTPResponse
            do throws(AWSError) { answer = try client.perform("Query", input) } catch {
                throw StoreError(error, prefix: prefix)
            }
            let page = try RowPage(answer, of: table)
            last = page.last
            try page.forEach(body)
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
            let answer: HTTPResponse
            do throws(AWSError) { answer = try result.get() } catch { throw StoreError(error, prefix: prefix) }
            let page = try RowPage(answer, of: table)
            if let last = page.last { ask(segment, of: table, after: last, answers) } else { unread -= 1 }
            try page.forEach(body)
        }
    }

    private func ask(_ segment: Int, of table: String, after last: [UInt8]?, _ answers: Answers) {
        let input = DynamoDBReader.input(of: table, after: last) { json in
            json.member("Segment", Int64(segment))
            json.member("TotalSegments", Int64(DynamoDBReader.segmentCount))
        }
        client.submit("Scan", input) { answers.bring(segment, $0) }
    }

    private static func input(
        of table: String, after last: [UInt8]?, _ members: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("TableName", table)
            json.member("ConsistentRead", true)
            json.member("ProjectionExpression", DynamoDBRow.projection)
            members(&json)
            if let last {
                json.key("ExclusiveStartKey" as StaticString)
                last.withUnsafeBytes { json.raw($0) }
            }
        }
        return json.bytes
    }
}

/// Answers in the order in which they come.
private final class Answers: @unchecked Sendable {
    private let monitor = Monitor()
    /// Guarded by the monitor.
    private var waiting: [(Int, Result<HTTPResponse, AWSError>)] = []

    func bring(_ segment: Int, _ answer: Result<HTTPResponse, AWSError>) {
        monitor.locked {
            waiting.append((segment, answer))
            monitor.broadcast()
        }
    }

    func next() -> (segment: Int, answer: Result<HTTPResponse, AWSError>) {
        monitor.locked {
            while waiting.isEmpty { monitor.wait() }
            return waiting.removeFirst()
        }
    }
}

/// One page of a Query's or Scan's answer.
private struct RowPage {
    private let answer: HTTPResponse
    private let table: String
    /// Where the next page begins; nil where this is the last one.
    let last: [UInt8]?

    init(_ answer: HTTPResponse, of table: String) throws(StoreError) {
        self.answer = answer
        self.table = table
        do throws(JSONError) {
            last = try answer.readJSON { root in root.member("LastEvaluatedKey").map { Array($0.bytes) } }
        } catch {
            throw RowPage.unreadable(table, error)
        }
    }

    func forEach(_ body: (_ row: DynamoDBRow, _ key: ByteView, _ entity: ByteView) throws -> Void) throws {
        let parser = JSONParser()
        try withExtendedLifetime(parser) {
            try answer.body.withBytes { bytes in
                var memory = ByteBuffer(capacity: 64 << 10)
                let document: JSONDocument
                do throws(JSONError) { document = try parser.parse(bytes) } catch { throw RowPage.unreadable(table, error) }
                guard let items = document.root.member("Items"), items.isArray else {
                    throw StoreError(.failed, "DynamoDB's answer about table \(table) has no items")
                }
                for item in items.elements {
                    memory.removeAll()
                    guard let row = try DynamoDBRow.read(ItemView(item), of: table, into: &memory) else { continue }
                    try body(row, row.key(in: memory.bytes), row.entity(in: memory.bytes))
                }
            }
        }
    }

    private static func unreadable(_ table: String, _ error: JSONError) -> StoreError {
        StoreError(.failed, "DynamoDB's answer about table \(table) cannot be read: \(error)")
    }
}
