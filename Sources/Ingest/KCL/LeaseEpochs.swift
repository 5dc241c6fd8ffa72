public import AWS

/// Where the epoch of the table that checkpoints are durable in is kept beside them (``Engine/Store/epoch()``). KCL has no room for it in a
/// checkpoint; it leaves attributes alone that it does not know.
public protocol LeaseEpochs: Sendable {
    /// Nil where the shard's lease carries none, or there is no lease.
    func epoch(of shard: String) throws(KCLError) -> String?
    /// Of a shard that has a lease.
    func record(_ epoch: String, of shard: String) throws(KCLError)
    /// What the lease table is called.
    var name: String { get }
}

extension LeaseEpochs {
    /// Refuses to go on from a checkpoint that was made for another table: a child cannot make KCL read from the beginning.
    public func confirm(_ shard: KCLShard, in epoch: String) throws(KCLError) {
        let found = try self.epoch(of: shard.id)
        guard shard.checkpoint != nil, found != epoch else { return }
        throw .otherTable(shard: shard.id, leaseTable: name, found: found, expected: epoch)
    }
}

/// KCL's lease table in DynamoDB: the attribute `convergeEpoch` of the shard's row.
public struct KCLLeaseTable: LeaseEpochs {
    public let name: String
    private let client: ServiceClient

    /// `client`: of DynamoDB, in the lease table's Region.
    public init(_ name: String, _ client: ServiceClient) {
        self.name = name
        self.client = client
    }

    public func epoch(of shard: String) throws(KCLError) -> String? { try perform(get(shard)) }

    public func record(_ epoch: String, of shard: String) throws(KCLError) { try perform(update(shard, epoch)) }

    func get(_ shard: String) -> DynamoDB.GetItem<String> {
        DynamoDB.GetItem(name, projection: "convergeEpoch") {
            $0.attribute("leaseKey", shard)
        } row: {
            $0.text("convergeEpoch")
        }
    }

    /// A lease that is gone is not to come back without its checkpoint.
    func update(_ shard: String, _ epoch: String) -> DynamoDB.UpdateItem<Void> {
        DynamoDB.UpdateItem(name, update: "SET convergeEpoch = :epoch", condition: "attribute_exists(leaseKey)") {
            $0.attribute("leaseKey", shard)
        } values: {
            $0.attribute(":epoch", epoch)
        }
    }

    private func perform<Operation: DynamoDBOperation>(_ operation: Operation) throws(KCLError) -> Operation.Output {
        do throws(AWSError) { return try client.perform(operation) } catch {
            throw .leaseTable(name: name, reason: "\(error)")
        }
    }
}
