public import EngineCore
import Glibc
import JSON
public import Platform
import Synchronization

/// Writes what is read, raw, to a directory: JSON Lines in the capture form, compressed with Zstandard, which `replay` reads back.
///
///     let writer = try CaptureWriter(path: "captures", fileBytesMax: 256 << 20, bytesMax: 10 << 30, clock: { .now })
///     writer.append(block, of: partition)
///     writer.writeThrough()     // now a kill of the process takes none of it away
///
/// A frame ends about once a second; between, ``writeThrough()`` completes a block of it, so that all of it can be read although the
/// frame goes on. A worker that is killed leaves a frame without end, in a file whose name says so (``CaptureDirectory``): whoever reads
/// it takes what is there. The files together stay within `bytesMax`: the oldest go.
///
/// It is no part of the delivery. Where it cannot be written, it ends for good, says so once, and whoever appends goes on.
///
/// From any thread; one appends at a time. Memory: 2 MB, and the longest record twice.
public final class CaptureWriter: Sendable {
    private struct State: ~Copyable {
        var directory: CaptureDirectory
        let frame: ZstdFrame
        var descriptor: Int32 = -1
        var figures = CaptureFigures()
        var line = JSONWriter(capacity: 4096)
        /// Compressed and not written.
        var packed = ByteBuffer(capacity: CaptureWriter.packedBytesMax * 2)
        /// Of the frame under way: bytes before compression, and when it began.
        var frameBytes = 0
        var frameBegan: Int64 = 0
        /// Whether there is something that ``CaptureWriter/writeThrough()`` has to write.
        var isBehind = false
        var hasFailed = false
        /// To be told once the lock is free.
        var events: [CaptureEvent] = []
    }

    static let frameBytesMax = 8 << 20
    private static let packedBytesMax = 1 << 17
    private static let lineBytesKept = 1 << 20
    /// The fastest of the usual ones: the reading waits for it.
    private static let level: Int32 = 1

    private let fileBytesMax: Int
    private let bytesMax: Int
    private let frameMillisecondsMax: Int64
    private let clock: @Sendable () -> Timestamp
    private let observer: @Sendable (CaptureEvent) -> Void
    private let state: Mutex<State>

    /// Makes the directory and keeps other workers out.
    ///
    /// - `fileBytesMax`: another file is begun after so many bytes. `bytesMax`: of all files; at least twice as many.
    /// - `frameMillisecondsMax`: how old a frame may become. `clock`: of the time of day, for names.
    public init(
        path: String, fileBytesMax: Int, bytesMax: Int, frameMillisecondsMax: Int64 = 1_000,
        clock: @escaping @Sendable () -> Timestamp, observer: @escaping @Sendable (CaptureEvent) -> Void = { _ in }
    ) throws(CaptureError) {
        let directory = try CaptureDirectory(path)
        guard let frame = ZstdFrame(level: CaptureWriter.level) else {
            throw CaptureError(path: path, action: "open", reason: "out of memory")
        }
        self.fileBytesMax = fileBytesMax
        self.bytesMax = max(bytesMax, 2 * fileBytesMax)
        self.frameMillisecondsMax = frameMillisecondsMax
        self.clock = clock
        self.observer = observer
        state = Mutex(State(directory: directory, frame: frame))
    }

    public var figures: CaptureFigures {
        state.withLock { state in
            var figures = state.figures
            figures.bytesOnDisk = state.directory.bytes
            return figures
        }
    }

    /// Takes the records of a block.
    public func append(_ block: RecordBlock, of partition: Partition) {
        working { (state) throws(CaptureError) in
            guard !state.hasFailed else { return state.figures.recordsMissed += block.records.count }
            for record in block.records {
                try openFile(&state)
                state.line.captureLine(
                    block.bytes(of: record), of: partition, position: "\(record.ordinal)",
                    arrival: record.arrival)
                try add(&state)
                state.figures.records += 1
            }
        }
    }

    /// Returns when all that was appended is with the system: the end of this process takes none of it away.
    public func writeThrough() {
        working { (state) throws(CaptureError) in
            guard state.isBehind else { return }
            if state.frameBytes > 0 { try pack(&state, isOld(state) ? .end : .all) }
            try write(&state)
            state.isBehind = false
        }
    }

    /// To be called about twice a second: ends a frame that is a second old.
    public func tick() {
        working { (state) throws(CaptureError) in
            guard state.frameBytes > 0, isOld(state) else { return }
            try pack(&state, .end)
            try write(&state)
            state.isBehind = false
        }
    }

    /// Nothing more comes. Again does nothing.
    public func end() { working { (state) throws(CaptureError) in try endFile(&state) } }

    // MARK: Under the lock

    private func working(_ body: (inout State) throws(CaptureError) -> Void) {
        let events = state.withLock { state in
            do throws(CaptureError) { try body(&state) } catch { fail(&state, error) }
            defer { state.events = [] }
            return state.events
        }
        for event in events { observer(event) }
    }

    private func isOld(_ state: borrowing State) -> Bool {
        monotonicMilliseconds() - state.frameBegan >= frameMillisecondsMax
    }

    /// Begins a file where there is none or it is large enough.
    private func openFile(_ state: inout State) throws(CaptureError) {
        if state.descriptor >= 0, (state.directory.files.last?.bytes ?? 0) + state.packed.count >= fileBytesMax {
            try endFile(&state)
        }
        if state.descriptor < 0 { state.descriptor = try state.directory.create(at: clock()) }
    }

    /// Adds the line to the frame.
    private func add(_ state: inout State) throws(CaptureError) {
        if state.frameBytes == 0 { state.frameBegan = monotonicMilliseconds() }
        state.frameBytes += state.line.buffer.count
        state.isBehind = true
        try pack(&state, state.frameBytes >= CaptureWriter.frameBytesMax ? .end : .some)
        if state.packed.count >= CaptureWriter.packedBytesMax { try write(&state) }
        if state.line.buffer.capacity > CaptureWriter.lineBytesKept { state.line = JSONWriter(capacity: 4096) }
    }

    /// Compresses the line, if there is one.
    private func pack(_ state: inout State, _ step: ZstdFrame.Step) throws(CaptureError) {
        guard state.frame.add(state.line.buffer.bytes, step, to: &state.packed) else {
            throw CaptureError(path: state.directory.path, action: "compress", reason: "out of memory")
        }
        state.line.removeAll()
        if step == .end { state.frameBytes = 0 }
    }

    private func write(_ state: inout State) throws(CaptureError) {
        while state.directory.bytes + state.packed.count > bytesMax, let file = try state.directory.removeOldest() {
            state.figures.filesRemoved += 1
            state.events.append(.removed(file: file.name, bytes: file.bytes))
        }
        var written = 0
        while written < state.packed.count {
            let got = Glibc.write(state.descriptor, state.packed.base + written, state.packed.count - written)
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw .system(state.directory.path, "write") }
            written += got
            state.directory.grow(by: got)
            state.figures.bytesWritten += got
        }
        state.packed.removeAll()
        if state.packed.capacity > 8 * CaptureWriter.packedBytesMax {
            state.packed = ByteBuffer(capacity: CaptureWriter.packedBytesMax * 2)
        }
    }

    private func endFile(_ state: inout State) throws(CaptureError) {
        guard state.descriptor >= 0 else { return }
        if state.frameBytes > 0 { try pack(&state, .end) }
        try write(&state)
        close(state.descriptor)
        state.descriptor = -1
        state.isBehind = false
        try state.directory.closeLast()
    }

    /// Ends the capture for good. What was written stays as it is, in a file that is still called open.
    private func fail(_ state: inout State, _ error: CaptureError) {
        guard !state.hasFailed else { return }
        state.hasFailed = true
        state.figures.errors += 1
        state.figures.failure = LastAnswer.Failure(reason: "\(error)", since: monotonicMilliseconds(), isFinal: true)
        state.events.append(.failed(error))
        if state.descriptor >= 0 { close(state.descriptor) }
        state.descriptor = -1
        state.packed = ByteBuffer(capacity: 16)
        state.line = JSONWriter(capacity: 16)
        (state.frameBytes, state.isBehind) = (0, false)
    }
}
