import AWS
import Glibc
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
                if try isUsable() { return }
            } catch let error as AWSError where error.dynamoDB == .missing {
                if !isMade { try create() }
                isMade = true
            }
            usleep(100_000)
        }
    }

    /// Whether it can hold leases, or is being made; throws where it never can.
    func isUsable() throws -> Bool {
        let table = try client.perform(DynamoDB.DescribeTable(name))
        if !table.replicas.isEmpty {
            throw KinesisError.leaseTable(
                name, reason: "it is a global table, in which Regions overwrite each other's leases")
        }
        let keys = table.keys.map(\.name)
        if keys != ["leaseKey"] {
            throw KinesisError.leaseTable(name, reason: "its key is \(keys), not leaseKey, so it is not a lease table")
        }
        return table.status == "ACTIVE" || table.status == "UPDATING"
    }

    private func create() throws(AWSError) {
        do throws(AWSError) {
            try client.perform(creation)
        } catch {
            // Another worker makes it.
            guard error.dynamoDB == .inUse else { throw error }
        }
    }

    var creation: DynamoDB.CreateTable {
        DynamoDB.CreateTable(
            name,
            [
                .onDemand, .keys(partition: "leaseKey", sort: nil, indexed: ["leaseOwner"]),
                .index(name: "LeaseOwnerToLeaseKeyIndex", partition: "leaseOwner", sort: "leaseKey"),
            ])
    }

    /// What a worker does with a lease table, in ways that change nothing.
    static func trials(_ name: String) -> [any AWSOperation] {
        let never = "attribute_exists(leaseKey) AND attribute_not_exists(leaseKey)"
        func key(_ json: inout JSONWriter) { json.attribute("leaseKey", "converge-check") }
        return [
            DynamoDB.Scan(name, limit: 1), DynamoDB.UpdateItem(name, condition: never, key: key),
            DynamoDB.DeleteItem(name, condition: never, key: key),
        ]
    }

    // MARK: Rows

    /// Every lease, consistently read.
    func scan(_ done: @escaping @Sendable (Result<[Lease], AWSError>) -> Void) {
        scan([], after: nil, done)
    }

    private func scan(
        _ found: [Lease], after last: [UInt8]?, _ done: @escaping @Sendable (Result<[Lease], AWSError>) -> Void
    ) {
        client.submit(DynamoDB.Scan(name, isConsistent: true, after: last)) { result in
            do throws(AWSError) {
                let page = try result.get()
                let leases = found + page.rows { Lease(item: $0, life: self.life) }
                guard let next = page.last else { return done(.success(leases)) }
                self.scan(leases, after: next, done)
            } catch {
                done(.failure(error))
            }
        }
    }

    /// Makes a write. `done` is also told what went wrong where nobody knows what came of it.
    func write(_ write: LeaseWrite, _ done: @escaping @Sendable (LeaseOutcome, AWSError?) -> Void) {
        switch write.action {
        case .create: client.submit(put(write)) { self.written($0.map { _ in write.lease }, done) }
        case .delete: client.submit(delete(write)) { self.written($0.map { _ in nil }, done) }
        default: client.submit(update(write)) { self.written($0.map { .some($0) }, done) }
        }
    }

    /// `result`: with the row as it is then.
    private func written(_ result: Result<Lease?, AWSError>, _ done: (LeaseOutcome, AWSError?) -> Void) {
        switch result {
        case .success(let lease): done(.done(lease), nil)
        case .failure(let error) where error.dynamoDB == .conditionFailed:
            done(.refused(error.refusedItem { Lease(item: $0, life: life) }), nil)
        case .failure(let error): done(.failed, error)
        }
    }

    func put(_ write: LeaseWrite) -> DynamoDB.PutItem {
        let expression = LeaseExpression(write, life: life, tables: tables)
        return DynamoDB.PutItem(name, condition: expression.condition, returnsItem: true) {
            write.lease.write(to: &$0, life: life, tables: tables)
        } values: {
            expression.writeValues(to: &$0)
        }
    }

    func delete(_ write: LeaseWrite) -> DynamoDB.DeleteItem {
        let expression = LeaseExpression(write, life: life, tables: tables)
        return DynamoDB.DeleteItem(name, condition: expression.condition, returnsItem: true) {
            $0.attribute("leaseKey", write.lease.shard)
        } values: {
            expression.writeValues(to: &$0)
        }
    }

    func update(_ write: LeaseWrite) -> DynamoDB.UpdateItem<Lease> {
        let expression = LeaseExpression(write, life: life, tables: tables)
        let life = life
        return DynamoDB.UpdateItem(name, update: expression.update, condition: expression.condition, returnsItem: true) {
            $0.attribute("leaseKey", write.lease.shard)
        } values: {
            expression.writeValues(to: &$0)
        } row: {
            Lease(item: $0, life: life)
        }
    }
}
