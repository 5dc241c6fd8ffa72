import TestSupport
import Testing

@testable import EngineCore

@Suite("a commit", .limited)
struct CommitCycleTests {
    private func sealed(_ partition: Int, _ offset: Int) -> CheckpointLedger.Sealed {
        .init(partition: partition, position: Position(offset: offset, ordinal: 0), ended: false)
    }

    /// One that is about to ask for the epoch.
    private func confirming(_ positions: [CheckpointLedger.Sealed]) -> CommitCycle {
        var cycle = CommitCycle(interval: 1_000, idleInterval: 5_000)
        cycle.add(positions)
        cycle.begin(now: 0)
        cycle.takeConfirming()
        return cycle
    }

    @Test("a commit confirms the epoch, carries what that was, and rests")
    func order() {
        var cycle = confirming([sealed(2, 7), sealed(1, 5)])
        #expect(cycle.phase == .confirming && !cycle.isEmpty)
        cycle.confirmed(epoch: "a")
        #expect(cycle.phase == .committing && cycle.epoch == "a")
        #expect(cycle.sealed == [sealed(1, 5), sealed(2, 7)])
        cycle.takeCommitting()
        cycle.committed()
        #expect(cycle.isEmpty)
    }

    @Test("the first commit is due at once, and then one an interval after the last one began")
    func clock() {
        var cycle = CommitCycle(interval: 1_000, idleInterval: nil)
        #expect(cycle.due == nil)
        cycle.add([sealed(1, 5)])
        #expect(cycle.due == .min)
        cycle.begin(now: 10_000)
        cycle.takeConfirming()
        #expect(cycle.due == nil, "somebody is at it")
        cycle.confirmed(epoch: nil)
        cycle.takeCommitting()
        cycle.committed()
        cycle.add([sealed(1, 6)])
        #expect(cycle.due == 11_000)
        cycle.request()
        #expect(cycle.due == .min)
    }

    @Test("without anything to commit the epoch is confirmed each idle interval, and nothing committed")
    func idle() {
        var cycle = CommitCycle(interval: 1_000, idleInterval: 5_000)
        #expect(cycle.due == 5_000)
        cycle.begin(now: 5_000)
        cycle.takeConfirming()
        cycle.confirmed(epoch: "a")
        #expect(cycle.isEmpty && cycle.due == 10_000)
    }

    @Test("what comes after the confirmation was sent waits for the next commit, unless it is sent once more")
    func late() {
        var cycle = confirming([sealed(1, 5)])
        cycle.add([sealed(1, 6), sealed(2, 1)])
        cycle.confirmed(epoch: "a")
        #expect(cycle.sealed == [sealed(1, 5)] && cycle.pending == [sealed(1, 6), sealed(2, 1)])

        cycle = confirming([sealed(1, 5), sealed(3, 9)])
        cycle.add([sealed(1, 6), sealed(2, 1)])
        cycle.failed(now: 0)
        #expect(cycle.due == 100)
        cycle.takeConfirming()
        cycle.confirmed(epoch: "a")
        #expect(cycle.sealed == [sealed(1, 6), sealed(2, 1), sealed(3, 9)] && cycle.pending.isEmpty)
    }

    @Test("a request that comes during a commit holds for the next one")
    func requestedLate() {
        var cycle = confirming([sealed(1, 5)])
        cycle.request()
        cycle.add([sealed(1, 6)])
        cycle.confirmed(epoch: "a")
        cycle.takeCommitting()
        cycle.committed()
        #expect(cycle.due == .min)
    }

    @Test("a partition is named until its position is committed, and forgotten when it is dropped before that")
    func partitions() {
        var cycle = confirming([sealed(1, 5)])
        cycle.add([sealed(2, 1), sealed(3, 1)])
        #expect((0...4).map { cycle.contains(partition: $0) } == [false, true, true, true, false])
        cycle.drop(partition: 2)
        #expect(!cycle.contains(partition: 2) && cycle.partitionCount == 1)
        cycle.confirmed(epoch: "a")
        cycle.takeCommitting()
        cycle.committed()
        #expect(!cycle.contains(partition: 1) && cycle.pending == [sealed(3, 1)])
    }

    @Test("a failed step is retried after pauses that double up to 20 s, and a success resets them", arguments: [false, true])
    func waits(isCommitting: Bool) {
        var cycle = confirming([sealed(1, 5)])
        if isCommitting {
            cycle.confirmed(epoch: "a")
            cycle.takeCommitting()
        }
        var waits: [Int64] = []
        for attempt in 0..<12 {
            cycle.failed(now: Int64(attempt) * 100_000)
            waits.append(cycle.notBefore - Int64(attempt) * 100_000)
        }
        #expect(waits == [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 20_000, 20_000, 20_000, 20_000])
        if isCommitting { cycle.committed() } else { cycle.confirmed(epoch: "a") }
        #expect(cycle.notBefore == 0)
    }
}
