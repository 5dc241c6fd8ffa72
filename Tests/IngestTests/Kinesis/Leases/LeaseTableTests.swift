import AWS
import Glibc
import Platform
import Servers
import Synchronization
import TestSupport
import Testing

@testable import Ingest
@testable import Leases

@Suite("the lease table in DynamoDB", .waiting(minutes: 5))
struct LeaseTableTests {
    /// A write and what came of it.
    private func make(_ write: LeaseWrite, in table: LeaseTable) -> LeaseOutcome {
        let bell = Bell()
        let outcome = Mutex<LeaseOutcome?>(nil)
        table.write(write) { result, error in
            outcome.withLock { $0 = result }
            if let error { Issue.record("\(error)") }
            bell.ring()
        }
        while true {
            if let outcome = outcome.withLock({ $0 }) { return outcome }
            bell.wait(milliseconds: 1_000)
        }
    }

    private func scan(_ table: LeaseTable) throws -> [String: Lease] {
        Dictionary(try wait { table.scan($0) }.map { ($0.shard, $0) }, uniquingKeysWith: { $1 })
    }

    private func wait<Value: Sendable>(
        _ ask: (@escaping @Sendable (Result<Value, AWSError>) -> Void) -> Void
    ) throws -> Value {
        let bell = Bell()
        let answer = Mutex<Result<Value, AWSError>?>(nil)
        ask { result in
            answer.withLock { $0 = result }
            bell.ring()
        }
        while true {
            if let answer = answer.withLock({ $0 }) { return try answer.get() }
            bell.wait(milliseconds: 1_000)
        }
    }

    private func table(_ name: String, _ session: AWSSession) throws -> LeaseTable {
        let table = try LeaseTable(name, session.client(.dynamoDB, region: "us-east-1"))
        try table.prepare(isOver: { false })
        return table
    }

    private func randomWrite(of shard: String, seen: Lease?, _ random: inout Dice) -> LeaseWrite {
        let worker = ["a", "b", "c"].randomElement(using: &random)!
        let epoch = ["e1", "e2"].randomElement(using: &random)!
        let checkpoint: LeaseCheckpoint = [
            .at(sequence: "49590338271490256608559692538361571095921575989136588898", sub: 3), .trimHorizon, .shardEnd,
        ].randomElement(using: &random)!
        let children = checkpoint == .shardEnd && random.chance(0.5) ? ["shardId-7", "shardId-8"] : []
        let actions: [LeaseWrite.Action] = [
            .create, .take(reset: nil), .take(reset: epoch), .steal(reset: nil), .steal(reset: epoch), .renew,
            .commit(checkpoint, epoch: random.chance(0.7) ? epoch : nil, children: children), .evict,
            .handOver, .delete,
        ]
        var lease =
            seen
            ?? Lease(
                shard: shard, owner: nil, checkpoint: .latest, epoch: epoch, parents: ["shardId-1", "shardId-2"],
                startingHashKey: "0", endingHashKey: "340282366920938463463374607431768211455")
        if random.chance(0.2) { lease.counter += 1 }
        if random.chance(0.1) { lease.owner = worker }
        if random.chance(0.1) { lease.epoch = epoch }
        let isOwners = random.chance(0.6)
        return LeaseWrite(
            action: actions.randomElement(using: &random)!, lease: lease, worker: isOwners ? lease.owner ?? worker : worker)
    }

    @Test("DynamoDB applies or refuses every write of a lease as its condition requires, and returns the row of a refusal")
    func sameAsValue() throws {
        let emulator = try Emulator()
        let table = try table("leases", emulator.session())
        var model: [String: Lease] = [:]
        var random = Dice(seed: 7)
        var done = 0
        for round in 0..<1_500 {
            let shard = "shardId-\(Int.random(in: 0..<4, using: &random))"
            let write = randomWrite(of: shard, seen: model[shard], &random)
            let outcome = make(write, in: table)
            switch (write.applied(to: model[shard]), outcome) {
            case (.written(let expected), .done(let row)):
                #expect(row == expected, "\(write)")
                model[shard] = expected
                done += 1
            case (.deleted, .done(nil)): model[shard] = nil
            case (nil, .refused(let row)): #expect(row == model[shard], "\(write)")
            default: Issue.record("\(write) on \(String(describing: model[shard])): \(outcome)")
            }
            if round % 100 == 0 { #expect(try scan(table) == model) }
        }
        #expect(done > 300)
    }

    @Test(
        "the lease table has the key and index of the Kinesis Client Library, is created once, and another table is refused"
    )
    func schema() throws {
        let emulator = try Emulator()
        let session = try emulator.session()
        _ = try table("leases", session)
        _ = try table("leases", session)
        let text = try session.ask(.dynamoDB, "DescribeTable", #"{"TableName":"leases"}"#)
        for part in ["LeaseOwnerToLeaseKeyIndex", "KEYS_ONLY", "PAY_PER_REQUEST", "leaseKey", "leaseOwner"] {
            #expect(text.contains(part), "\(part)")
        }
        try session.ask(
            .dynamoDB, "CreateTable",
            #"{"TableName":"states","BillingMode":"PAY_PER_REQUEST","#
                + #""AttributeDefinitions":[{"AttributeName":"pk","AttributeType":"S"}],"#
                + #""KeySchema":[{"AttributeName":"pk","KeyType":"HASH"}]}"#)
        #expect(throws: KinesisError.self) { _ = try table("states", session) }
    }

    @Test("unknown attributes and rows in the lease table are not changed")
    func foreign() throws {
        let emulator = try Emulator()
        let session = try emulator.session()
        let table = try table("leases", session)
        func put(_ item: String) throws {
            try session.ask(.dynamoDB, "PutItem", #"{"TableName":"leases","Item":"# + item + "}")
        }
        try put(
            #"{"leaseKey":{"S":"shardId-0"},"leaseOwner":{"S":"kcl"},"leaseCounter":{"N":"5"},"checkpoint":{"S":"LATEST"},"#
                + #""checkpointSubSequenceNumber":{"N":"0"},"ownerSwitchesSinceCheckpoint":{"N":"1"},"#
                + #""throughputKBps":{"N":"1.5"},"#
                + #""pendingCheckpoint":{"S":"12"},"pendingCheckpointSubSequenceNumber":{"N":"0"},"#
                + #""checkpointOwner":{"S":"old"}}"#
        )
        try put(#"{"leaseKey":{"S":"Leader"},"entityType":{"S":"LEADER"},"leaseCounter":{"N":"1"},"checkpoint":{"S":"x"}}"#)
        try put(#"{"leaseKey":{"S":"note"},"text":{"S":"hello"}}"#)
        let rows = try scan(table)
        #expect(rows.keys.sorted() == ["shardId-0"])
        let row = try #require(rows["shardId-0"])
        #expect(row.checkpointOwner == "old" && row.counter == 5 && row.checkpoint == .latest)
        guard case .done(let taken?) = make(LeaseWrite(action: .steal(reset: nil), lease: row, worker: "w"), in: table) else {
            Issue.record("not stolen")
            return
        }
        #expect(taken.switches == 2 && taken.counter == 6 && taken.checkpointOwner == nil)
        let commit = LeaseWrite.Action.commit(.at(sequence: "13", sub: 0), epoch: "e", children: [])
        _ = make(LeaseWrite(action: commit, lease: taken, worker: "w"), in: table)
        let text = try session.ask(.dynamoDB, "GetItem", #"{"TableName":"leases","Key":{"leaseKey":{"S":"shardId-0"}}}"#)
        #expect(text.contains("throughputKBps") && !text.contains("pendingCheckpoint"))
    }
}
