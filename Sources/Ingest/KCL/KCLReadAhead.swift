import EngineCore

/// The records of the daemon's batches on their way to the pipeline, in blocks that are filled in place and swapped out: nothing is
/// copied but what base64 stands for, and nothing is allocated once the blocks have grown.
///
/// One thread fills, others take; what both touch is the caller's to guard: ``waiting``, ``spare`` and ``waitingBytes``.
struct KCLReadAhead {
    /// Bounds of a block; one record may exceed the bytes.
    static let blockBytesMax = 1 << 20
    static let blockRecordsMax = 1024
    /// Blocks kept for later, some 1 MiB each.
    private static let sparesMax = 16

    /// Filled, the oldest first.
    private var waiting: [RecordBlock] = []
    private var spare: [RecordBlock] = []
    private(set) var waitingBytes = 0
    /// Blocks handed in so far.
    private(set) var sequence = 0

    /// An empty block to be filled.
    mutating func empty() -> RecordBlock { spare.popLast() ?? RecordBlock(capacity: 1 << 16) }

    mutating func hand(in block: RecordBlock, end: Position, isLast: Bool = false) {
        block.partition = 0
        block.sequence = sequence
        block.end = end
        block.isLast = isLast
        sequence += 1
        waitingBytes += block.text.count
        waiting.append(block)
    }

    /// Puts the oldest block's records into `block`. False where none waits.
    mutating func take(into block: RecordBlock) -> Bool {
        guard !waiting.isEmpty else { return false }
        let oldest = waiting.removeFirst()
        waitingBytes -= oldest.text.count
        block.partition = oldest.partition
        block.sequence = oldest.sequence
        block.end = oldest.end
        block.isLast = oldest.isLast
        swap(&block.text, &oldest.text)
        swap(&block.records, &oldest.records)
        keep(oldest)
        return true
    }

    /// Forgets what waits.
    mutating func drop() {
        for block in waiting { keep(block) }
        waiting = []
        waitingBytes = 0
    }

    mutating func keep(_ block: RecordBlock) {
        // One huge record does not stay.
        guard spare.count < KCLReadAhead.sparesMax, block.text.capacity <= 4 * KCLReadAhead.blockBytesMax else { return }
        block.removeAll()
        spare.append(block)
    }
}

extension RecordBlock {
    /// Whether a record of so many bytes of base64 is one too many.
    func isFull(before base64Count: Int) -> Bool {
        records.count >= KCLReadAhead.blockRecordsMax
            || (!records.isEmpty && text.count + base64Count / 4 * 3 > KCLReadAhead.blockBytesMax)
    }

    /// Adds what the base64 of a record stands for.
    func append(_ record: KCLRecord, ordinal: Int) throws(KCLError) {
        // A record without data is no event.
        guard let data = record.data else { return }
        let offset = text.count
        guard data.isString, !data.hasEscapes, text.appendBase64Decoded(data.rawString) else {
            throw .malformed(reason: "the data of record \(record.position.sequenceNumber) is not Base64")
        }
        records.append(Record(offset: offset, length: text.count - offset, ordinal: ordinal, arrival: record.arrival))
    }
}
