import TestSupport
import Testing

@testable import EngineCore

@Suite("the checkpoint ledger", .limited)
struct CheckpointLedgerTests {
    private func position(_ offset: Int) -> Position { Position(offset: offset, ordinal: offset) }

    @Test("a position waits for an unfinished block, however many later ones are finished")
    func waits() {
        var ledger = CheckpointLedger()
        ledger.finished(partition: 7, sequence: 2, end: position(30), isLast: true)
        ledger.finished(partition: 7, sequence: 1, end: position(20), isLast: false)
        #expect(ledger.seal().isEmpty)
        ledger.finished(partition: 7, sequence: 0, end: position(10), isLast: false)
        #expect(ledger.seal() == [.init(partition: 7, position: position(30), ended: true)])
    }

    @Test("an unfinished block of one partition does not delay other partitions")
    func independent() {
        var ledger = CheckpointLedger()
        ledger.finished(partition: 1, sequence: 1, end: position(20), isLast: true)
        ledger.finished(partition: 0, sequence: 0, end: position(5), isLast: false)
        #expect(ledger.seal() == [.init(partition: 0, position: position(5), ended: false)])
    }

    @Test("a sealed position is not sealed again")
    func once() {
        var ledger = CheckpointLedger()
        ledger.finished(partition: 0, sequence: 0, end: position(5), isLast: false)
        #expect(ledger.seal().count == 1)
        #expect(ledger.seal().isEmpty)
        ledger.finished(partition: 0, sequence: 2, end: position(9), isLast: true)
        #expect(ledger.seal().isEmpty)
    }

    @Test("an empty block that only ends its partition is sealed at the position before it")
    func emptyLast() {
        var ledger = CheckpointLedger()
        ledger.finished(partition: 0, sequence: 0, end: position(5), isLast: false)
        _ = ledger.seal()
        ledger.finished(partition: 0, sequence: 1, end: position(5), isLast: true)
        #expect(ledger.seal() == [.init(partition: 0, position: position(5), ended: true)])
    }

    @Test("a position moves back if a block reports that the partition did, and is sealed there")
    func goesBack() {
        var ledger = CheckpointLedger()
        ledger.finished(partition: 0, sequence: 1, end: position(2), isLast: false, goesBack: true)
        ledger.finished(partition: 0, sequence: 0, end: position(5), isLast: false)
        #expect(ledger.seal() == [.init(partition: 0, position: position(2), ended: false)])
    }

    @Test("a thousand rebalances do not grow the ledger, and no position of a released partition is sealed")
    func rebalances() {
        forAll(20, seed: 7) { dice in
            var ledger = CheckpointLedger()
            var held: [Int] = []
            var reads: [(number: Int, partition: Int, sequence: Int)] = []
            var sequences: [Int: Int] = [:]
            var forgotten: Set<Int> = []
            var rebalances = 0
            var next = 0
            while rebalances < 1_000 || !reads.isEmpty {
                switch dice.below(6) {
                case 0 where rebalances < 1_000:
                    // One comes, and of those that are held one goes.
                    held.append(next)
                    next += 1
                    rebalances += 1
                    if held.count > 4 { ledger.drop(partition: held.remove(at: dice.below(held.count))) }
                case 1..<4 where rebalances < 1_000 && reads.count < 8 && !held.isEmpty:
                    let partition = held[dice.below(held.count)]
                    reads.append((ledger.beginRead(), partition, sequences[partition, default: 0]))
                    sequences[partition, default: 0] += 1
                case 4..<6 where !reads.isEmpty:
                    let read = reads.remove(at: dice.below(reads.count))
                    try demand(!forgotten.contains(read.partition), "\(read.partition) is forgotten, and a block of it comes")
                    ledger.finished(
                        partition: read.partition, sequence: read.sequence, end: position(read.sequence + 1), isLast: false)
                    ledger.endRead(read.number)
                default: break
                }
                for partition in ledger.takeForgotten() {
                    try demand(!held.contains(partition), "\(partition) is held and forgotten")
                    try demand(forgotten.insert(partition).inserted, "\(partition) is forgotten twice")
                }
                if dice.chance(10) {
                    let sealed = ledger.seal().map(\.partition).filter { !held.contains($0) }
                    try demand(sealed.isEmpty, "partitions \(sealed) were given up and are sealed")
                }
            }
            try demand(forgotten.count == next - held.count, "\(forgotten.count) forgotten of \(next - held.count) given up")
            try demand(ledger.partitionCount <= held.count, "\(ledger.partitionCount) are kept for \(held.count)")
        }
    }

    @Test("in any order of finishing, each moved partition is sealed once, at the end of its longest finished run")
    func property() {
        forAll(2_000) { dice in
            let ends: [[Int]] = (0..<(1 + dice.below(6))).map { _ in
                var at = 0
                return (0..<(1 + dice.below(12))).map { _ in
                    at += dice.below(3)
                    return at
                }
            }
            var blocks = ends.indices.flatMap { partition in ends[partition].indices.map { (partition, $0) } }
            blocks.shuffle(using: &dice)
            var ledger = CheckpointLedger()
            var finished = ends.map { _ in Set<Int>() }
            var sealedRun = ends.map { _ in 0 }
            while let (partition, sequence) = blocks.popLast() {
                ledger.finished(
                    partition: partition, sequence: sequence, end: position(ends[partition][sequence]),
                    isLast: sequence == ends[partition].count - 1)
                finished[partition].insert(sequence)
                guard dice.chance(3) || blocks.isEmpty else { continue }
                var expected: [CheckpointLedger.Sealed] = []
                for partition in ends.indices {
                    var run = 0
                    while finished[partition].contains(run) { run += 1 }
                    guard run > sealedRun[partition] else { continue }
                    sealedRun[partition] = run
                    expected.append(
                        .init(
                            partition: partition, position: position(ends[partition][run - 1]),
                            ended: run == ends[partition].count))
                }
                let sealed = ledger.seal()
                try demand(sealed == expected, "sealed \(sealed), expected \(expected)")
            }
            try demand(sealedRun == ends.map(\.count), "not everything was sealed in the end")
        }
    }
}
