import AWS
import Glibc
import HTTPClient
import JSON
import Leases

/// A lease table in DynamoDB, with the Kinesis Client Library's schema.
///
/// Writes and scans call back on the HTTP client's thread. Tables are of one Region, in which all workers of an application
/// keep them.
final class LeaseTable: Sendable {
    let name: String
    private let client: ServiceClient
    private let life: String
    private let tables: String?

    /// `life`: when the stream was made, as the service writes it; empty where it is not known. `tables`: the prefix of the tables that
    /// checkpoints are durable in; nil where the store keeps positions itself.
    init(_ name: String, _ client: ServiceClient, life: String = "", tables: String? = nil) {
        self.name = name
        self.client = client
        self.life = life
        self.tables = tables
    }

    // MARK: The table

    /// Makes the table where it is missing and waits until it can be used. `isOver` is asked between two looks.
    func prepare(isOver: () -> Bool) throws {
        var isMade = false
        while !isOver() {
            do {
                let answer = try client.perform("DescribeTable", input { $0.member("TableName", name) })
                if try isReady(answer) { return }
            } catch let error as AWSError where error.code == "ResourceNotFoundException" {
                if !isMade { try create() }
                isMade = true
            }
            usleep(100_000)
        }
    }

    /// Whether it can hold leases, or is being made; throws where it never can.
    func isUsable() throws -> Bool { try isReady(client.perform("DescribeTable", input { $0.member("TableName", name) })) }

    private func isReady(_ answer: HTTPResponse) throws -> Bool {
        let (status, isGlobal, keys) = try answer.readJSON { root in
            let table = root.member("Table")
            let keys = table?.member("KeySchema").map { $0.elements.compactMap { $0.text("AttributeName") } }
            let replicas = table?.member("Replicas").map { $0.elements.reduce(0) { count, _ in count + 1 } } ?? 0
            return (table?.text("TableStatus") ?? "", replicas > 0, keys ?? [])
        }
        if isGlobal {
            throw KinesisError.leaseTable(
                name, reason: "it is a global table, where leases of two Regions overwrite each other")
        }
        if keys != ["leaseKey"] {
            throw KinesisError.leaseTable(name, reason: "its key is \(keys), not leaseKey: it is no lease table")
        }
        return status == "ACTIVE" || status == "UPDATING"
    }

    private func create() throws(AWSError) {
        do throws(AWSError) {
            _ = try client.perform("CreateTable", input(describe))
        } catch {
            // Another worker makes it.
            guard error.code == "ResourceInUseException" else { throw error }
        }
    }

    private func describe(_ json: inout JSONWriter) {
        func key(_ json: inout JSONWriter, _ name: String, _ type: String) {
            json.object {
                $0.member("AttributeName", name)
                $0.member("KeyType", type)
            }
        }
        json.member("TableName", name)
        json.member("BillingMode", "PAY_PER_REQUEST")
        json.array("AttributeDefinitions") { json in
            for name in ["leaseKey", "leaseOwner"] {
                json.object {
                    $0.member("AttributeName", name)
                    $0.member("AttributeType", "S")
                }
            }
        }
        json.array("KeySchema") { key(&$0, "leaseKey", "HASH") }
        json.array("GlobalSecondaryIndexes") { json in
            json.object { json in
                json.member("IndexName", "LeaseOwnerToLeaseKeyIndex")
                json.array("KeySchema") {
                    key(&$0, "leaseOwner", "HASH")
                    key(&$0, "leaseKey", "RANGE")
                }
                json.object("Projection") { $0.member("ProjectionType", "KEYS_ONLY") }
            }
        }
    }

    // MARK: Rows

    /// Every lease, consistently read.
    func scan(_ done: @escaping @Sendable (Result<[Lease], AWSError>) -> Void) {
        scan([], after: nil, done)
    }

    private func scan(
        _ found: [Lease], after last: String?, _ done: @escaping @Sendable (Result<[Lease], AWSError>) -> Void
    ) {
        let request = input { json in
            json.member("TableName", name)
            json.member("ConsistentRead", true)
            if let last { json.object("ExclusiveStartKey") { $0.attribute("leaseKey", last) } }
        }
        client.submit("Scan", request) { result in
            do throws(AWSError) {
                let page = try self.read(result.get(), "Scan") { root in
                    let rows = root.member("Items").map {
                        $0.elements.compactMap { Lease(item: ItemView($0), life: self.life) }
                    }
                    return rows.map { ($0, root.member("LastEvaluatedKey").flatMap { ItemView($0).text("leaseKey") }) }
                }
                guard let next = page.1 else { return done(.success(found + page.0)) }
                self.scan(found + page.0, after: next, done)
            } catch {
                done(.failure(error))
            }
        }
    }

    /// Makes a write. `done` is also told what went wrong where nobody knows what came of it.
    func write(_ write: LeaseWrite, _ done: @escaping @Sendable (LeaseOutcome, AWSError?) -> Void) {
        client.submit(operation(write), request(write)) { result in
            do throws(AWSError) {
                let answer = try result.get()
                switch write.action {
                case .create: done(.done(write.lease), nil)
                case .delete: done(.done(nil), nil)
                default:
                    let lease = try self.read(answer, "UpdateItem") { root in
                        root.member("Attributes").flatMap { Lease(item: ItemView($0), life: self.life) }
                    }
                    done(.done(lease), nil)
                }
            } catch {
                guard error.code == "ConditionalCheckFailedException" else { return done(.failed, error) }
                done(.refused(self.item(in: error)), nil)
            }
        }
    }

    private func operation(_ write: LeaseWrite) -> String {
        switch write.action {
        case .create: "PutItem"
        case .delete: "DeleteItem"
        default: "UpdateItem"
        }
    }

    private func request(_ write: LeaseWrite) -> [UInt8] {
        input { json in
            json.member("TableName", name)
            if write.action == .create {
                json.key("Item")
                write.lease.write(to: &json, life: life, tables: tables)
            } else {
                json.object("Key") { $0.attribute("leaseKey", write.lease.shard) }
                if write.action != .delete { json.member("ReturnValues", "ALL_NEW") }
            }
            LeaseExpression(write, life: life, tables: tables).write(to: &json)
        }
    }

    /// The row that a condition failed on.
    private func item(in error: AWSError) -> Lease? {
        guard case .refused(_, let body) = error.cause else { return nil }
        let parser = JSONParser()
        return withExtendedLifetime(parser) {
            body.withBytes { bytes in
                (try? parser.parse(bytes))?.root.member("Item").flatMap { Lease(item: ItemView($0), life: life) }
            }
        }
    }

    // MARK: What they share

    private func input(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object(members)
        return json.bytes
    }

    private func read<Value>(_ answer: HTTPResponse, _ operation: String, _ value: (JSONValue) -> Value?) throws(AWSError)
        -> Value
    {
        let found: Value?
        do throws(JSONError) {
            found = try answer.readJSON(value)
        } catch {
            throw AWSError(service: .dynamoDB, operation: operation, region: client.region, unreadable: "\(error)")
        }
        guard let found else {
            throw AWSError(service: .dynamoDB, operation: operation, region: client.region, unreadable: "it lacks the item")
        }
        return found
    }
}
