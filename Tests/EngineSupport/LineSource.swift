import EngineCore
import Synchronization
import TestSupport

struct SourceFailure: Error, Equatable {}

/// Lines in memory as a source: blocks of random sizes, some of them empty, of random partitions, and now and then nothing.
///
/// A position is the number of lines before it.
final class LineSource: Source, @unchecked Sendable {
    let partitions: [Partition]
    private let lines: [[Line]]
    private let failAfterBlocks: Int?
    private let isOpen: @Sendable (Int) -> Bool
    private let blockLinesMax: Int
    private let state: Mutex<Cursor>

    private struct Cursor {
        var dice: Dice
        /// By partition: lines handed over, blocks handed over, whether that was all.
        var next: [Int]
        var sequence: [Int]
        var ended: [Bool]
        var blocks = 0
    }

    /// `checkpoints`: where an earlier run came to. `failAfterBlocks`: every read after so many blocks throws. `isOpen`: whether
    /// a partition has its lines already.
    init(
        _ lines: [[Line]], from checkpoints: [Checkpoint] = [], seed: UInt64 = 1, blockLinesMax: Int = 40,
        failAfterBlocks: Int? = nil, isOpen: @escaping @Sendable (Int) -> Bool = { _ in true }
    ) {
        partitions = lines.indices.map { LineSource.partition($0) }
        self.lines = lines
        self.failAfterBlocks = failAfterBlocks
        self.blockLinesMax = blockLinesMax
        self.isOpen = isOpen
        var cursor = Cursor(
            dice: Dice(seed: seed), next: lines.map { _ in 0 }, sequence: lines.map { _ in 0 }, ended: lines.map { _ in false })
        for checkpoint in checkpoints {
            guard let partition = partitions.firstIndex(of: checkpoint.partition) else { continue }
            cursor.next[partition] = checkpoint.position.offset
            cursor.ended[partition] = checkpoint.ended
        }
        state = Mutex(cursor)
    }

    static func partition(_ index: Int) -> Partition { Partition(source: "test", stream: "lines", name: "\(index)") }

    /// Lines handed over so far, by partition.
    var handedOver: [Int] { state.withLock { $0.next } }

    func read(into block: RecordBlock) throws -> SourceStatus {
        try state.withLock { cursor in
            if let failAfterBlocks, cursor.blocks >= failAfterBlocks { throw SourceFailure() }
            let left = partitions.indices.filter { !cursor.ended[$0] }
            if left.isEmpty { return .ended }
            let partition = left[cursor.dice.below(left.count)]
            if cursor.dice.chance(8) || !isOpen(partition) { return .idle }
            fill(block, partition, &cursor)
            return .records
        }
    }

    private func fill(_ block: RecordBlock, _ partition: Int, _ cursor: inout Cursor) {
        let from = cursor.next[partition]
        let count = cursor.dice.chance(6) ? 0 : 1 + cursor.dice.below(blockLinesMax)
        let to = min(from + count, lines[partition].count)
        for number in from..<to {
            let line = lines[partition][number]
            block.records.append(
                RecordBlock.Record(
                    offset: block.text.count, length: line.bytes.count, ordinal: number + 1, arrival: line.arrival))
            line.bytes.withUnsafeBytes { block.text.append($0) }
        }
        block.partition = partition
        block.sequence = cursor.sequence[partition]
        block.end = Position(offset: to, ordinal: to)
        // The end may be told with the last lines or later, by a block of its own.
        block.isLast = to == lines[partition].count && cursor.dice.chance(2)
        cursor.next[partition] = to
        cursor.sequence[partition] += 1
        cursor.ended[partition] = block.isLast
        cursor.blocks += 1
    }

    /// Hands over nothing more of a partition.
    func giveUp(_ partition: Int) { state.withLock { $0.ended[partition] = true } }

    func partition(_ index: Int) -> Partition { partitions[index] }
    func identity(partition: Int) -> String { "lines of \(partition)" }
}
