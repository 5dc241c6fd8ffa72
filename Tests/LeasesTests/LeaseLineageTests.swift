import TestSupport
import Testing

@testable import Leases

/// Two parents that were merged into one child: `a` and `b` into `c`.
@Suite("the lineage of leases", .limited)
struct LeaseLineageTests {
    private static let merged = [
        KinesisShard(id: "a", isClosed: true), KinesisShard(id: "b", isClosed: true),
        KinesisShard(id: "c", parents: ["a", "b"]),
    ]
    private static let reading = LeaseCheckpoint.at(sequence: "5", sub: 0)

    private static func lease(
        _ shard: String, _ checkpoint: LeaseCheckpoint, owner: String? = nil, epoch: String? = "e", children: [String] = []
    ) -> Lease {
        Lease(
            shard: shard, owner: owner, checkpoint: checkpoint, epoch: epoch, parents: shard == "c" ? ["a", "b"] : [],
            children: children)
    }

    /// What a worker does that sees these for the first time, a word a step.
    private func steps(
        _ shards: [KinesisShard], _ leases: [Lease], initial: LeaseCheckpoint = .trimHorizon, listedAt: Int64 = 0,
        answeredAt: Int64? = nil, now: Int64 = 10
    ) -> [String] {
        var book = LeaseBook(LeaseBook.Options(worker: "me", epoch: "e", initial: initial))
        _ = book.addStream()
        book.listed(0, shards, sent: listedAt, now: answeredAt ?? listedAt)
        _ = book.scanned(0, leases, sent: now, now: now)
        var random = Dice(seed: 1)
        return book.steps(now: now, &random).map { step in
            switch step.write.action {
            case .create: "create \(step.key.shard) \(step.write.lease.checkpoint.text)"
            case .take: "take \(step.key.shard)"
            case .delete: "delete \(step.key.shard)"
            default: "\(step.write.action) \(step.key.shard)"
            }
        }.sorted()
    }

    @Test(
        "the child of a merge is read when both parents are finished, not one, whether or not its lease exists already",
        arguments: [
            ("both are finished", [lease("a", .shardEnd), lease("b", .shardEnd)], merged, true),
            ("the second is being read", [lease("a", .shardEnd), lease("b", reading, owner: "other")], merged, false),
            ("the first is being read", [lease("a", reading, owner: "other"), lease("b", .shardEnd)], merged, false),
            ("both are being read", [lease("a", reading, owner: "other"), lease("b", reading, owner: "other")], merged, false),
            (
                "one is finished for another table",
                [lease("a", .shardEnd), lease("b", .shardEnd, owner: "other", epoch: "f")],
                merged, false
            ),
            ("one has neither a lease nor records any more", [lease("a", .shardEnd)], [merged[0], merged[2]], true),
            ("neither has", [], [merged[2]], true),
        ])
    func merge(what: String, parents: [Lease], shards: [KinesisShard], isPassed: Bool) {
        #expect(steps(shards, parents).contains("create c TRIM_HORIZON") == isPassed, "\(what): it is made")
        let there = steps(shards, parents + [Self.lease("c", .trimHorizon)])
        #expect(there.contains("take c") == isPassed, "\(what): it is read")
    }

    @Test("a child that is being read continues if the leases of its parents are deleted, and these are not created again")
    func removed() {
        let shards = Self.merged
        #expect(steps(shards, [Self.lease("c", Self.reading)]) == ["take c"])
        // Not begun, it waits: the parents come first.
        let expected = ["create a TRIM_HORIZON", "create b TRIM_HORIZON"]
        #expect(steps(shards, [Self.lease("c", .trimHorizon)]) == expected)
        // Nor has it begun in this table where another one's worker read it.
        #expect(steps(shards, [Self.lease("c", Self.reading, epoch: "f")]) == expected)
        // A grandchild that has begun counts, too.
        let grandchild = KinesisShard(id: "d", parents: ["c"])
        #expect(steps(shards + [grandchild], [Self.lease("d", Self.reading)]) == ["take d"])
    }

    @Test(
        "in a new application, open shards start at the configured position; later shards start at their beginning, after their parents",
        arguments: [
            (LeaseCheckpoint.trimHorizon, [], ["create a TRIM_HORIZON", "create b TRIM_HORIZON"]),
            (.time, [], ["create a AT_TIMESTAMP", "create b AT_TIMESTAMP"]),
            // At the end: what is closed has its end behind it.
            (.latest, [], ["create c LATEST"]),
            // Others have just made these: it is the beginning still, but not for their children.
            (.latest, [lease("a", .latest, owner: "other"), lease("b", .latest, owner: "third")], []),
            (.latest, [lease("a", .shardEnd), lease("b", .shardEnd)], ["create c TRIM_HORIZON"]),
            (.time, [lease("a", .shardEnd), lease("b", .shardEnd)], ["create c AT_TIMESTAMP"]),
        ] as [(LeaseCheckpoint, [Lease], [String])])
    func beginnings(initial: LeaseCheckpoint, leases: [Lease], expected: [String]) {
        #expect(steps(Self.merged, leases, initial: initial) == expected)
    }

    @Test(
        "the lease of a finished shard is removed once the shard has expired and its children have leases in use",
        arguments: [
            ("all so", [lease("a", .shardEnd), lease("c", reading, owner: "other")], [merged[2]], true),
            ("its child is gone, too", [lease("a", .shardEnd, children: ["c"])], [KinesisShard(id: "z")], true),
            ("the shard is still listed", [lease("a", .shardEnd), lease("c", reading, owner: "other")], merged, false),
            ("no shard is listed", [lease("a", .shardEnd), lease("c", reading, owner: "other")], [], false),
            (
                "it is being read", [lease("a", reading, owner: "other"), lease("c", reading, owner: "other")], [merged[2]],
                false
            ),
            (
                "somebody has it", [lease("a", .shardEnd, owner: "other"), lease("c", reading, owner: "other")], [merged[2]],
                false
            ),
            ("its child has no lease", [lease("a", .shardEnd)], [merged[2]], false),
            ("its row alone names the child", [lease("a", .shardEnd, children: ["z"])], [KinesisShard(id: "z")], false),
            (
                "its child's lease is of another table",
                [lease("a", .shardEnd), lease("c", reading, owner: "other", epoch: "f")],
                [merged[2]], false
            ),
        ])
    func spent(what: String, leases: [Lease], shards: [KinesisShard], isRemoved: Bool) {
        #expect(steps(shards, leases).contains("delete a") == isRemoved, "\(what)")
    }

    @Test(
        "a list of shards that is older than 1.5 seconds neither creates nor removes leases",
        arguments: [1_500, 1_501])
    func stale(age: Int64) {
        let isFresh = age <= 1_500
        #expect(steps([Self.merged[2]], [], listedAt: 1_000, now: 1_000 + age) == (isFresh ? ["create c TRIM_HORIZON"] : []))
        let spent = [Self.lease("a", .shardEnd), Self.lease("c", Self.reading, owner: "other")]
        #expect(steps([Self.merged[2]], spent, listedAt: 1_000, now: 1_000 + age) == (isFresh ? ["delete a"] : []))
    }
    @Test("a list of shards with a slow response creates leases and removes none")
    func slow() {
        let shards = [Self.merged[2]]
        #expect(steps(shards, [], listedAt: 1_000, answeredAt: 6_000, now: 6_010) == ["create c TRIM_HORIZON"])
        let spent = [Self.lease("a", .shardEnd), Self.lease("c", Self.reading, owner: "other")]
        #expect(steps(shards, spent, listedAt: 1_000, answeredAt: 6_000, now: 6_010) == [])
    }
}
