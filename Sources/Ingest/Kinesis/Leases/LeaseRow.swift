import AWS
import JSON
import Leases

/// Leases as DynamoDB items, attribute by attribute as the Kinesis Client Library 3 writes them.
extension Lease {
    /// Nil of an item that is no lease of a single stream: the library keeps other things in the same table, too
    /// (`entityType`), and leases of several streams in one table (`streamName`). `life`: when the stream was made, as the service writes
    /// it; empty where it is not known.
    init?(item: ItemView, life: String = "") {
        guard let shard = item.text("leaseKey"), let counter = item.integer("leaseCounter"),
            let checkpoint = item.text("checkpoint"), !item.has("streamName")
        else { return nil }
        if let type = item.text("entityType"), type != "LEASE" { return nil }
        self.init(
            shard: shard, counter: counter,
            checkpoint: LeaseCheckpoint(checkpoint, sub: item.integer("checkpointSubSequenceNumber") ?? 0))
        owner = item.text("leaseOwner")
        epoch = item.text("convergeEpoch")
        tables = item.text("convergeTables")
        begun = item.integer("convergeBegun")
        isOfAnotherStream = !life.isEmpty && item.has("convergeStream") && item.text("convergeStream") != life
        switches = item.integer("ownerSwitchesSinceCheckpoint") ?? 0
        parents = item.texts("parentShardId") ?? []
        children = item.texts("childShardIds") ?? []
        checkpointOwner = item.text("checkpointOwner")
        startingHashKey = item.text("startingHashKey") ?? ""
        endingHashKey = item.text("endingHashKey") ?? ""
    }

    /// Writes the attributes of its item.
    func write(to json: inout JSONWriter, life: String = "", tables: String? = nil) {
        json.attribute("leaseKey", shard)
        json.attribute("leaseCounter", counter)
        if let owner { json.attribute("leaseOwner", owner) }
        json.attribute("ownerSwitchesSinceCheckpoint", switches)
        json.attribute("checkpoint", checkpoint.text)
        json.attribute("checkpointSubSequenceNumber", checkpoint.sub)
        if !parents.isEmpty { json.attribute("parentShardId", parents) }
        if !children.isEmpty { json.attribute("childShardIds", children) }
        if !startingHashKey.isEmpty { json.attribute("startingHashKey", startingHashKey) }
        if !endingHashKey.isEmpty { json.attribute("endingHashKey", endingHashKey) }
        if let checkpointOwner { json.attribute("checkpointOwner", checkpointOwner) }
        if let epoch { json.attribute("convergeEpoch", epoch) }
        if let tables { json.attribute("convergeTables", tables) }
        if let begun { json.attribute("convergeBegun", begun) }
        if !life.isEmpty { json.attribute("convergeStream", life) }
    }
}

/// A conditional write in DynamoDB's expressions: what is set, what is removed, and under which condition.
struct LeaseExpression {
    private var set: [String] = []
    private var remove: [String] = []
    private var conditions: [String] = []
    private var texts: [(name: String, value: String)] = []
    private var numbers: [(name: String, value: Int64)] = []
    private var sets: [(name: String, value: [String])] = []

    private let life: String
    private let tables: String?

    init(_ write: LeaseWrite, life: String = "", tables: String? = nil) {
        (self.life, self.tables) = (life, tables)
        let lease = write.lease
        conditions = ["attribute_exists(leaseKey)"]
        switch write.action {
        case .create: conditions = ["attribute_not_exists(leaseKey)"]
        case .delete:
            expectCounter(lease)
            expectOwner(nil)
        case .take(let reset):
            expectCounter(lease)
            take(lease, write.worker, reset)
        case .steal(let reset): take(lease, write.worker, reset)
        case .renew:
            expectOwner(write.worker)
            expectCounter(lease)
            advance()
        case .commit(let checkpoint, let epoch, let children):
            expectOwner(write.worker)
            expectCounter(lease)
            advance()
            commit(checkpoint, epoch, children)
        case .evict:
            expectOwner(write.worker)
            advance()
            remove += ["leaseOwner", "checkpointOwner"]
        case .handOver:
            bind("worker", write.worker)
            conditions.append("checkpointOwner = :worker")
            advance()
            remove.append("checkpointOwner")
        }
    }

    private mutating func take(_ lease: Lease, _ worker: String, _ reset: String?) {
        expectOwner(lease.owner)
        bind("worker", worker)
        set.append("leaseOwner = :worker")
        advance()
        remove.append("checkpointOwner")
        if lease.owner != nil, lease.owner != worker { countSwitch() }
        guard let reset else { return }
        if let found = lease.epoch {
            bind("found", found)
            conditions.append("convergeEpoch = :found")
        } else {
            conditions.append("attribute_not_exists(convergeEpoch)")
        }
        write(.trimHorizon, epoch: reset)
        remove.append("childShardIds")
    }

    private mutating func commit(_ checkpoint: LeaseCheckpoint, _ epoch: String?, _ children: [String]) {
        write(checkpoint, epoch: epoch)
        bind("none", 0)
        set.append("ownerSwitchesSinceCheckpoint = :none")
        guard checkpoint == .shardEnd else { return }
        remove.append("leaseOwner")
        guard !children.isEmpty else { return }
        sets.append(("children", children))
        set.append("childShardIds = :children")
    }

    private mutating func write(_ checkpoint: LeaseCheckpoint, epoch: String?) {
        bind("checkpoint", checkpoint.text)
        bind("sub", checkpoint.sub)
        set += ["checkpoint = :checkpoint", "checkpointSubSequenceNumber = :sub"]
        if !life.isEmpty {
            bind("stream", life)
            set.append("convergeStream = :stream")
        }
        remove += ["pendingCheckpoint", "pendingCheckpointSubSequenceNumber", "pendingCheckpointState"]
        if let epoch {
            bind("epoch", epoch)
            set.append("convergeEpoch = :epoch")
        } else {
            remove.append("convergeEpoch")
        }
        if let tables {
            bind("tables", tables)
            set.append("convergeTables = :tables")
        } else {
            remove.append("convergeTables")
        }
    }

    private mutating func advance() {
        bind("one", 1)
        set.append("leaseCounter = leaseCounter + :one")
    }

    private mutating func countSwitch() {
        bind("none", 0)
        set.append("ownerSwitchesSinceCheckpoint = if_not_exists(ownerSwitchesSinceCheckpoint, :none) + :one")
    }

    private mutating func expectCounter(_ lease: Lease) {
        bind("counter", lease.counter)
        conditions.append("leaseCounter = :counter")
    }

    private mutating func expectOwner(_ owner: String?) {
        guard let owner else { return conditions.append("attribute_not_exists(leaseOwner)") }
        bind("owner", owner)
        conditions.append("leaseOwner = :owner")
    }

    private mutating func bind(_ name: String, _ value: String) { texts.append((name, value)) }

    private mutating func bind(_ name: String, _ value: Int64) {
        if !numbers.contains(where: { $0.name == name }) { numbers.append((name, value)) }
    }

    /// Empty where nothing changes.
    var update: String {
        let update = set.isEmpty ? "" : "SET " + set.joined(separator: ", ")
        return remove.isEmpty ? update : update + " REMOVE " + remove.joined(separator: ", ")
    }

    var condition: String { conditions.joined(separator: " AND ") }

    /// The values that they name.
    func writeValues(to json: inout JSONWriter) {
        for (name, value) in texts { json.attribute(":" + name, value) }
        for (name, value) in numbers { json.attribute(":" + name, value) }
        for (name, value) in sets { json.attribute(":" + name, value) }
    }
}
