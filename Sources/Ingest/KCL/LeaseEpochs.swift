public import AWS
import HTTPClient
import JSON

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

    public func epoch(of shard: String) throws(KCLError) -> String? {
        let answer = try perform("GetItem", shard) { json in
            json.member("ConsistentRead", true)
            json.member("ProjectionExpression", "convergeEpoch")
        }
        do throws(JSONError) {
            return try answer.readJSON { root in root.member("Item").flatMap { ItemView($0).text("convergeEpoch") } }
        } catch {
            throw .leaseTable(name: name, reason: "\(error)")
        }
    }

    public func record(_ epoch: String, of shard: String) throws(KCLError) {
        _ = try perform("UpdateItem", shard) { json in
            json.member("UpdateExpression", "SET convergeEpoch = :epoch")
            // A lease that is gone is not to come back without its checkpoint.
            json.member("ConditionExpression", "attribute_exists(leaseKey)")
            json.object("ExpressionAttributeValues") { $0.attribute(":epoch", epoch) }
        }
    }

    private func perform(
        _ operation: String, _ shard: String, _ more: (inout JSONWriter) -> Void
    ) throws(KCLError) -> HTTPResponse {
        var json = JSONWriter()
        json.object { json in
            json.member("TableName", name)
            json.object("Key") { $0.attribute("leaseKey", shard) }
            more(&json)
        }
        do throws(AWSError) { return try client.perform(operation, json.bytes) } catch {
            throw .leaseTable(name: name, reason: "\(error)")
        }
    }
}
