public import EngineCore
import Glibc
import JSON
import Platform
import Synchronization

/// Why a dead letter could not be kept. `action` is what was tried: `open`, `write`, ..
public struct DeadLetterFileError: Error, Equatable, Sendable, CustomStringConvertible {
    public var path: String
    public var action: String
    public var reason: String

    public var description: String {
        "cannot \(action) dead letters to \(path): \(reason). Free disk space or correct the permissions, then restart; no record is lost, "
            + "because these records are read again."
    }
}

/// Dead letters in a file, in the capture form: JSON Lines, one letter a line, which `replay` reads back.
///
///     {"arrival":null,"capture":1,"data":"eyJhIg==","detail":"..","partition":"","position":"12","reason":"not-json",
///      "source":"file","stream":"/captures/a.jsonl"}
///
/// The file comes into being with the first letter, readable to its owner only: it holds whole records. Letters are
/// buffered up to 1 MiB. A failure is final and repeats: what was not written must not be taken for durable.
public final class DeadLetterFile: DeadLetterSink {
    /// What it is called where nobody says otherwise; a file of that name in a directory is no capture to read.
    public static let defaultName = "dead-letters.jsonl"

    public let path: String

    private struct State: ~Copyable {
        var descriptor: Int32 = -1
        var lines = JSONWriter(capacity: 4096)
        var isDirty = false
        /// The file was created here, and its name in the directory is not durable yet.
        var isNew = false
        var failure: DeadLetterFileError?

        deinit { if descriptor >= 0 { close(descriptor) } }
    }

    private static let bufferBytesMax = 1 << 20
    private let state = Mutex(State())

    public init(path: String) { self.path = path }

    /// Whether a letter could be kept: that the file can be opened, or made. Leaves nothing behind; what changes later, and a full disk, is found by
    /// the first letter.
    public func probe() throws(DeadLetterFileError) {
        if access(path, F_OK) == 0 {
            let descriptor = Glibc.open(path, O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK)
            guard descriptor >= 0 else { throw failure("open") }
            defer { close(descriptor) }
            guard lseek(descriptor, 0, SEEK_END) >= 0 else { throw failure("append") }
        } else {
            var status = stat()
            guard stat(directory, &status) == 0 else { throw failure("open") }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw DeadLetterFileError(path: path, action: "open", reason: "Not a directory")
            }
            // Permissions alone do not tell: a file is made, of another name, since somebody else may make that one at this moment.
            let other = "\(path).probe-\(getpid())"
            let descriptor = Glibc.open(other, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw failure("open") }
            close(descriptor)
            unlink(other)
        }
    }

    private func failure(_ action: String) -> DeadLetterFileError {
        DeadLetterFileError(path: path, action: action, reason: FileSourceError.reason())
    }

    /// That the file is in.
    private var directory: String {
        let slash = path.lastIndex(of: "/")
        return slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }

    public func append(_ letter: DeadLetter) throws(DeadLetterFileError) {
        try state.withLock { (state) throws(DeadLetterFileError) in
            if let failure = state.failure { throw failure }
            if state.descriptor < 0 { try open(&state) }
            state.lines.captureLine(
                letter.bytes, of: letter.partition, position: letter.position, arrival: letter.arrival,
                why: (letter.reason, letter.detail))
            state.isDirty = true
            if state.lines.buffer.count >= Self.bufferBytesMax { try write(&state) }
        }
    }

    public func makeDurable() throws(DeadLetterFileError) {
        try state.withLock { (state) throws(DeadLetterFileError) in
            if let failure = state.failure { throw failure }
            guard state.isDirty else { return }
            try write(&state)
            guard fsync(state.descriptor) == 0 else { throw fail(&state, "write") }
            if state.isNew { try makeNameDurable(&state) }
            state.isNew = false
            state.isDirty = false
        }
    }

    private func open(_ state: inout State) throws(DeadLetterFileError) {
        state.isNew = access(path, F_OK) != 0
        state.descriptor = Glibc.open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
        guard state.descriptor >= 0 else { throw fail(&state, "open") }
        // A line that a crash cut off stays a line of its own.
        let end = lseek(state.descriptor, 0, SEEK_END)
        guard end >= 0 else { throw fail(&state, "append") }
        guard end > 0 else { return }
        var last: UInt8 = 0
        guard pread(state.descriptor, &last, 1, end - 1) == 1 else { throw fail(&state, "append") }
        if last != UInt8(ascii: "\n") { state.lines.endLine() }
    }

    private func write(_ state: inout State) throws(DeadLetterFileError) {
        var written = 0
        while written < state.lines.buffer.count {
            let (start, count) = (state.lines.buffer.base, state.lines.buffer.count)
            let got = Glibc.write(state.descriptor, start + written, count - written)
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw fail(&state, "write") }
            written += got
        }
        state.lines.removeAll()
    }

    private func makeNameDurable(_ state: inout State) throws(DeadLetterFileError) {
        let descriptor = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fail(&state, "write") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw fail(&state, "write") }
    }

    private func fail(_ state: inout State, _ action: String) -> DeadLetterFileError {
        let failure = failure(action)
        state.failure = failure
        return failure
    }
}
