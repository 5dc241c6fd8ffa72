import EngineCore
import Platform
import Synchronization

/// One file, read block by block: opened at the first one, closed behind the last one.
///
/// Invariant behind `@unchecked Sendable`: everything that changes is touched with `lock` held, except `framing`, which is
/// atomic because ``describe(ordinal:)`` takes no lock.
final class FileReader: @unchecked Sendable {
    let file: CaptureFile

    private enum State {
        case unopened
        case open(any Contents, Framing)
        case ended
        /// Repeats, so that no thread reads on behind a failure.
        case failed(FileSourceError)
    }

    private let lock = Mutex(())
    private let blockBytes: Int
    private let recordBytesMax: Int
    private let progress: ByteProgress
    private let framing = Atomic<UInt8>(Framing.lines.rawValue)

    private var state = State.unopened
    private var position: Position
    private var sequence = 0
    private var recordCount = 0
    /// The start of the record that the last block broke off in.
    private var carry = ByteBuffer(capacity: 16)
    private var isAtEnd = false
    /// The last byte consumed that is not blank; 0 before the first.
    private var lastByte: UInt8 = 0
    /// Whether the file ended inside a record, or in a line without a line break.
    private let endsOpen = Atomic<Bool>(false)
    /// Whether the file ended where it had been cut off, as it may.
    let isCutOff = Atomic<Bool>(false)

    init(_ file: CaptureFile, from position: Position, blockBytes: Int, recordBytesMax: Int, progress: ByteProgress) {
        self.file = file
        self.position = position
        self.blockBytes = blockBytes
        self.recordBytesMax = recordBytesMax
        self.progress = progress
    }

    /// What tells the file when it is found again, once it has ended also how.
    var identity: String {
        var identity = file.identity
        identity.isOpen = endsOpen.load(ordering: .relaxed)
        return identity.description
    }

    /// `path:LINE`, or `path#RECORD` where the file has no lines.
    func describe(ordinal: Int) -> String {
        framing.load(ordering: .relaxed) == Framing.lines.rawValue ? "\(file.path):\(ordinal)" : "\(file.path)#\(ordinal)"
    }

    /// Fills the block with the next records. False, and nothing in it, where the file had already ended.
    func read(into block: RecordBlock) throws(FileSourceError) -> Bool {
        try lock.withLock { (_) throws(FileSourceError) -> Bool in
            if case .failed(let error) = state { throw error }
            if case .ended = state { return false }
            do throws(InputFailure) {
                try fill(block)
                return true
            } catch {
                let error = describe(error)
                finish(.failed(error))
                throw error
            }
        }
    }

    private func fill(_ block: RecordBlock) throws(InputFailure) {
        block.removeAll()
        guard case .open(let contents, let framing) = state else {
            let (contents, framing) = try open(&block.text)
            state = .open(contents, framing)
            self.framing.store(framing.rawValue, ordering: .relaxed)
            return try fill(block, from: contents, framing, isFresh: true)
        }
        block.text.append(carry.bytes)
        try fill(block, from: contents, framing, isFresh: false)
    }

    // MARK: - Opening

    /// Opens the file, decides its framing and moves to ``position``. Leaves in `text` what was read behind it.
    private func open(_ text: inout ByteBuffer) throws(InputFailure) -> (any Contents, Framing) {
        let input =
            if let start = file.standardInputStart {
                FileInput(standardInputBehind: start, progress: progress)
            } else {
                try FileInput(path: file.realPath, size: file.size, progress: progress)
            }
        let contents = try file.compression.contents(of: input, mayBeCutOff: file.mayBeCutOff)
        var decided: Framing?
        while decided == nil {
            do {
                isAtEnd = try !contents.fill(&text, upTo: max(blockBytes, text.count))
            } catch {
                // What is there is handed over first; the failure comes back with the next fill.
                if text.count == 0 { throw error }
                decided = Framing.decide(text.bytes, isEnd: true)
                break
            }
            decided = Framing.decide(text.bytes, isEnd: isAtEnd || text.count > recordBytesMax)
        }
        if position.offset > 0 { try skip(to: position.offset, contents, isArray: decided == .elements, &text) }
        return (contents, decided ?? .lines)
    }

    private func skip(
        to offset: Int, _ contents: any Contents, isArray: Bool, _ text: inout ByteBuffer
    ) throws(InputFailure) {
        if isArray { try noteEnd(before: offset, contents) }
        if try contents.seek(to: offset) {
            text.removeAll()
            isAtEnd = false
            return
        }
        var before = offset
        while before > text.count {
            guard !isAtEnd else { throw .changed(size: offset - before + text.count) }
            before -= text.count
            note(text.bytes)
            text.removeAll()
            isAtEnd = try !contents.fill(&text, upTo: blockBytes)
        }
        note(text.bytes.slice(0, before))
        carry.removeAll()
        carry.append(text.bytes.slice(before, text.count - before))
        text.removeAll()
        text.append(carry.bytes)
    }

    /// Looks back at what stands before the position, which tells whether an array was closed there. Does nothing where that takes
    /// reading everything before it, which is then noted on the way.
    private func noteEnd(before offset: Int, _ contents: any Contents) throws(InputFailure) {
        var length = 4096
        while lastByte == 0 {
            let start = max(0, offset - length)
            guard try contents.seek(to: start) else { return }
            var text = ByteBuffer(capacity: offset - start)
            _ = try contents.fill(&text, upTo: offset - start)
            note(text.bytes)
            if start == 0 { return }
            length *= 2
        }
    }

    // MARK: - Filling a block

    /// Reads until there is a record or the end, cuts, and keeps what is incomplete. `isFresh` says that the block's text was
    /// read just now and not looked at.
    private func fill(
        _ block: RecordBlock, from contents: any Contents, _ framing: Framing, isFresh: Bool
    ) throws(InputFailure) {
        let start = isFresh && position.offset == 0 ? Framing.byteOrderMarkLength(block.text.bytes) : 0
        var lines = LineCutter(start: start, searched: isFresh ? 0 : block.text.count, recordBytesMax: recordBytesMax)
        var documents = DocumentCutter(isArray: framing == .elements, from: start, recordBytesMax: recordBytesMax)
        var cut = Cut(consumed: 0, ordinals: 0)
        var isRead = isFresh && (isAtEnd || block.text.count > 0)
        repeat {
            if !isRead {
                isAtEnd = try !contents.fill(&block.text, upTo: readSize(held: block.text.count))
            }
            isRead = false
            switch framing {
            // Where the file is cut off, so is the last line.
            case .lines: cut = lines.cut(block, linesBefore: position.ordinal, isEnd: isAtEnd && !contents.isCutOff)
            case .documents, .elements: cut = documents.cut(block, recordsBefore: position.ordinal, isEnd: isAtEnd)
            case .whole: cut = cutWhole(block)
            }
        } while cut.consumed == 0 && !isAtEnd && !cut.isTooLong
        if contents.isCutOff { isCutOff.store(true, ordering: .relaxed) }
        note(block.text.bytes.slice(0, cut.consumed))
        finish(block, cut, isArray: framing == .elements)
    }

    /// The file as one record, once all of it is there.
    private func cutWhole(_ block: RecordBlock) -> Cut {
        let count = block.text.count
        guard isAtEnd, count <= recordBytesMax else {
            return Cut(consumed: 0, ordinals: 0, isTooLong: count > recordBytesMax)
        }
        if count > 0 { block.records.append(RecordBlock.Record(offset: 0, length: count, ordinal: position.ordinal + 1)) }
        return Cut(consumed: count, ordinals: 1, isOpen: true)
    }

    /// Notes what stands at the end of text that was consumed.
    private func note(_ text: ByteView) {
        let end = text.startOfBlank(before: text.count, after: 0)
        if end > 0 { lastByte = text[end - 1] }
    }

    /// A whole block at first, where what is carried leaves room; then as much again, so that a long record grows fast.
    private func readSize(held: Int) -> Int { held <= blockBytes / 2 ? blockBytes - held : max(blockBytes, held) }

    private func finish(_ block: RecordBlock, _ cut: Cut, isArray: Bool) {
        position = Position(offset: position.offset + cut.consumed, ordinal: position.ordinal + cut.ordinals)
        recordCount += block.records.count
        block.sequence = sequence
        block.end = position
        sequence += 1
        if cut.isTooLong {
            block.isLast = false
            finish(.failed(.recordTooLong(record: describe(ordinal: position.ordinal + 1), limitBytes: recordBytesMax)))
        } else if isAtEnd, isArray, !cut.isOpen, lastByte != UInt8(ascii: "]") {
            block.isLast = false
            finish(.failed(.cutOff(path: file.path, recordsBefore: position.ordinal)))
        } else if isAtEnd {
            endsOpen.store(cut.isOpen, ordering: .relaxed)
            block.isLast = true
            finish(.ended)
        } else {
            carry.removeAll()
            carry.append(block.text.bytes.slice(cut.consumed, block.text.count - cut.consumed))
        }
        block.text.truncate(to: cut.consumed)
    }

    private func finish(_ last: State) {
        state = last
        carry = ByteBuffer(capacity: 16)
    }

    private func describe(_ failure: InputFailure) -> FileSourceError {
        switch failure {
        case .unavailable(let reason): .unavailable(path: file.path, action: "open", reason: reason)
        case .unreadable(let offset, let reason): .unreadable(path: file.path, offset: offset, reason: reason)
        case .changed(let size): .changed(path: file.path, expected: "\(file.size) bytes", found: "\(size) bytes")
        case .corrupt(let compression, let offset, let reason):
            .corrupt(
                path: file.path, compression: compression, offset: offset, reason: reason, recordsBefore: recordCount)
        }
    }
}
