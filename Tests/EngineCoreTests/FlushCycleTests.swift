import TestSupport
import Testing

@testable import EngineCore
@testable import EngineSupport

@Suite("a flush", .limited)
struct FlushCycleTests {
    private let sealed = [CheckpointLedger.Sealed(partition: 0, position: Position(offset: 3, ordinal: 3), ended: false)]
    private let checkpoints = [
        Checkpoint(
            partition: Partition(source: "test", stream: "lines"), position: Position(offset: 3, ordinal: 3), ended: false)
    ]

    private func rows(_ numbers: Int...) -> RowBatch {
        let rows = RowBatch()
        for number in numbers { contactKey(number).withUnsafeBytes { rows.append(key: $0, entity: $0) } }
        return rows
    }

    private func keys(_ flush: Flush) -> [[UInt8]] { flush.rows.joined().map { Array($0.key) } }

    /// A flush of two shards with a row each, at the securing of dead letters.
    private func securing(_ first: RowBatch, _ second: RowBatch, isMoved: Bool = true) -> FlushCycle {
        var cycle = FlushCycle(shards: 2)
        cycle.begin()
        cycle.gathered(shard: 0, rows: first)
        cycle.gathered(shard: 1, rows: second)
        cycle.seal(isMoved ? sealed : [], checkpoints: isMoved ? checkpoints : [])
        return cycle
    }

    /// The same, once the rows are on their way.
    private func writing() -> FlushCycle {
        var cycle = securing(rows(1), rows(2))
        cycle.secured()
        cycle.take()
        return cycle
    }

    @Test("a flush gathers from every state shard, secures dead letters, writes, is over and rests")
    func order() {
        var cycle = FlushCycle(shards: 2)
        #expect(cycle.phase == .resting)
        cycle.begin()
        cycle.gathered(shard: 1, rows: rows(2))
        #expect(cycle.phase == .gathering(isFirst: true) && !cycle.isGathered)
        #expect(cycle.wanted(of: 0) != nil && cycle.wanted(of: 1) == nil)
        cycle.gathered(shard: 0, rows: rows(1))
        #expect(cycle.phase == .gathering(isFirst: true) && cycle.isGathered)
        cycle.seal(sealed, checkpoints: checkpoints)
        #expect(cycle.phase == .securing)
        cycle.secured()
        #expect(cycle.phase == .writing)
        #expect(keys(cycle.flush) == [contactKey(2), contactKey(1)])
        #expect(cycle.flush.checkpoints == checkpoints)
        cycle.wrote(refused: [nil, nil], now: 0)
        #expect(cycle.phase == .over && !cycle.isDue(0))
        #expect(cycle.end() == sealed)
        #expect(cycle.phase == .resting)
        #expect(cycle.flush.rows.isEmpty && cycle.sealed.isEmpty)
    }

    @Test(
        "a flush without rows and positions only secures dead letters",
        arguments: [
            (hasRows: true, isMoved: true, [FlushCycle.Phase.writing, .over, .resting]),
            (true, false, [.writing, .over, .resting]),
            (false, true, [.writing, .over, .resting]), (false, false, [.over, .resting]),
        ])
    func leftOut(hasRows: Bool, isMoved: Bool, expected: [FlushCycle.Phase]) {
        var cycle = securing(hasRows ? rows(1) : rows(), rows(), isMoved: isMoved)
        var phases: [FlushCycle.Phase] = []
        cycle.secured()
        while true {
            phases.append(cycle.phase)
            switch cycle.phase {
            case .writing: cycle.wrote(refused: [nil, nil], now: 0)
            case .over: _ = cycle.end()
            default:
                #expect(phases == expected)
                return
            }
        }
    }

    @Test("a step is given to one thread only, and offered again some time after it failed")
    func taken() {
        var cycle = securing(rows(1), rows())
        #expect(cycle.isDue(0))
        cycle.take()
        #expect(!cycle.isDue(0))
        cycle.failed(now: 1_000)
        #expect(cycle.phase == .securing)
        #expect(!cycle.isDue(1_099))
        #expect(cycle.isDue(1_100))
    }

    @Test(
        "a failed step is retried after pauses that double up to 20 s, and a success resets them",
        arguments: [FlushCycle.Phase.gathering(isFirst: true), .securing, .writing])
    func waits(phase: FlushCycle.Phase) {
        var cycle = FlushCycle(shards: 1)
        cycle.begin()
        let steps: [(inout FlushCycle) -> Void] = [
            { $0.gathered(shard: 0, rows: rows(1)) }, { $0.seal(sealed, checkpoints: checkpoints) }, { $0.secured() },
        ]
        for step in steps where cycle.phase != phase { step(&cycle) }
        #expect(cycle.phase == phase)
        var waits: [Int64] = []
        for attempt in 0..<12 {
            cycle.failed(now: Int64(attempt) * 100_000)
            waits.append(cycle.notBefore - Int64(attempt) * 100_000)
            #expect(cycle.phase == phase)
        }
        #expect(waits == [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 20_000, 20_000, 20_000, 20_000])
        switch phase {
        case .gathering: cycle.gathered(shard: 0, rows: rows(1))
        case .securing: cycle.secured()
        default: cycle.wrote(refused: [nil], now: 0)
        }
        #expect(cycle.notBefore == 0)
        #expect(cycle.phase != phase || cycle.isGathered)
    }

    @Test("refused rows are requested from their state shards only, and only they are written again")
    func refused() {
        var cycle = writing()
        cycle.wrote(refused: [nil, rows(2)], now: 0)
        #expect(cycle.phase == .gathering(isFirst: false))
        #expect(cycle.wanted(of: 0) == nil)
        #expect(cycle.wanted(of: 1)?.refused?.map { Array($0.key) } == [contactKey(2)])
        cycle.gathered(shard: 1, rows: rows(2))
        #expect(cycle.phase == .writing)
        #expect(keys(cycle.flush) == [contactKey(2)])
        #expect(cycle.flush.checkpoints == checkpoints)
        #expect(cycle.sealed == sealed)
        cycle.wrote(refused: [nil, nil], now: 0)
        #expect(cycle.phase == .over)
    }

    @Test("refused rows that the table already has unchanged need no further write")
    func foundWritten() {
        var cycle = writing()
        cycle.wrote(refused: [rows(1), rows(2)], now: 0)
        cycle.gathered(shard: 1, rows: rows())
        #expect(cycle.phase == .gathering(isFirst: false))
        cycle.gathered(shard: 0, rows: rows())
        #expect(cycle.phase == .over)
    }

    @Test("repeatedly refused rows wait from the third time on, at most 5 s, and only in this flush")
    func rounds() {
        var cycle = writing()
        var waits: [Int64] = []
        for _ in 0..<12 {
            cycle.wrote(refused: [rows(1), nil], now: 1_000)
            waits.append(max(cycle.notBefore - 1_000, 0))
            cycle.gathered(shard: 0, rows: rows(1))
            #expect(cycle.notBefore == 0)
        }
        #expect(waits == [0, 0, 40, 80, 160, 320, 640, 1_280, 2_560, 5_000, 5_000, 5_000])
        cycle.wrote(refused: [nil, nil], now: 0)
        _ = cycle.end()
        cycle.begin()
        for shard in 0...1 { cycle.gathered(shard: shard, rows: rows(shard)) }
        cycle.seal([], checkpoints: [])
        cycle.secured()
        cycle.wrote(refused: [rows(1), nil], now: 1_000)
        #expect(cycle.notBefore == 0)
    }

    @Test("after a failed read in a later round the refused rows are still requested")
    func failedAgain() {
        var cycle = writing()
        cycle.wrote(refused: [rows(1), nil], now: 0)
        cycle.failed(now: 0)
        #expect(cycle.notBefore == 100)
        #expect(cycle.wanted(of: 0)?.refused?.map { Array($0.key) } == [contactKey(1)])
    }

    @Test("rows that become dead letters in a write are durable before the flush is over")
    func buriedByWrite() {
        var cycle = writing()
        cycle.buried()
        cycle.wrote(refused: [rows(1), nil], now: 0)
        #expect(cycle.phase == .gathering(isFirst: false), "first everything is written that can be")
        cycle.gathered(shard: 0, rows: rows(1))
        cycle.wrote(refused: [nil, nil], now: 0)
        #expect(cycle.phase == .securing)
        cycle.failed(now: 0)
        #expect(cycle.phase == .securing)
        cycle.secured()
        #expect(cycle.phase == .over, "nothing is written twice")
    }

    @Test("rows that become dead letters while they are gathered are secured, first with all dead letters and later alone")
    func buriedByGathering() {
        var cycle = FlushCycle(shards: 2)
        cycle.begin()
        cycle.buried()
        cycle.gathered(shard: 0, rows: rows(1))
        cycle.gathered(shard: 1, rows: rows(2))
        cycle.seal(sealed, checkpoints: checkpoints)
        #expect(cycle.phase == .securing)
        cycle.secured()
        #expect(cycle.phase == .writing)
        cycle.wrote(refused: [rows(1), nil], now: 0)
        cycle.buried()
        cycle.gathered(shard: 0, rows: rows())
        #expect(cycle.phase == .securing)
        cycle.secured()
        #expect(cycle.phase == .over)
        _ = cycle.end()
        // The next flush owes nothing.
        cycle.begin()
        for shard in 0...1 { cycle.gathered(shard: shard, rows: rows(shard)) }
        cycle.seal([], checkpoints: [])
        cycle.secured()
        cycle.wrote(refused: [nil, nil], now: 0)
        #expect(cycle.phase == .over)
    }
}
