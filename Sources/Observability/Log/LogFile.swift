import Glibc
import Platform
import Synchronization

/// A file, pipe or terminal that lines are written to by a thread of its own, so that whoever logs never waits for it.
///
/// At most `bytesMax` bytes wait to be written. A line that does not fit is dropped and counted; once there is room again, a line
/// tells how many were. What cannot be written (a full disk) is dropped and counted as well; standard error says so once, and again when
/// lines can be written.
/// Lives until ``end(withinMilliseconds:)``, whoever still holds it.
public final class LogFile: LogSink {
    /// Lines that were not written, since the start.
    public var droppedLines: Int { dropped.load(ordering: .relaxed) }

    /// False from the first line that could not be written to the next that was, and while more than half of what may wait waits.
    public var isWriting: Bool {
        trouble.withLock { $0.failed == 0 } && queue.withLock { !$0.isClosing && $0.bytes <= bytesMax / 2 }
    }

    private struct Queue {
        var lines: [[UInt8]] = []
        var bytes = 0
        /// Dropped since the last line that told so.
        var untold = 0
        var shallReopen = false
        var isClosing = false
        var isWriting = false
    }

    /// Since the last line that was written.
    private struct Trouble {
        var failed = 0
        /// The last line is there in part.
        var isCutOff = false
    }

    private let queue = Mutex(Queue())
    /// One byte wakes the writer; closing it ends its wait.
    private let wakeEnd: Int32
    private let sleepEnd: Int32
    private let dropped = Atomic<Int>(0)
    private let giveUp = Atomic<Bool>(false)
    private let path: String?
    private let bytesMax: Int
    private let format: LogFormat
    private let alarm: @Sendable (String) -> Void
    /// Only the writer's thread touches it.
    private let trouble = Mutex(Trouble())
    private let thread = Mutex<pthread_t?>(nil)
    /// Only the writer's thread touches it after the start.
    private let descriptor: Atomic<Int32>

    /// - `path`: created if need be, for its owner alone, and appended to; nil: standard error.
    /// - `bytesMax`: of lines that wait.
    /// - `format`: of the line that tells of dropped ones.
    /// - `alarm`: is told when a file cannot be written, and when it can be again; nil: standard error.
    public init(
        path: String?, format: LogFormat, bytesMax: Int = 1 << 20, alarm: (@Sendable (String) -> Void)? = nil
    ) throws(FileError) {
        self.alarm =
            alarm ?? { text in
                let bytes = Array(text.utf8)
                _ = write(STDERR_FILENO, bytes, bytes.count)
            }
        self.path = path
        self.bytesMax = bytesMax
        self.format = format
        let opened = try path.map { path throws(FileError) in try openLog(path) } ?? STDERR_FILENO
        descriptor = Atomic(opened)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else {
            throw FileError(description: "cannot create a pipe for the log: \(errorText(errno))")
        }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        (sleepEnd, wakeEnd) = (ends[0], ends[1])
        var started = pthread_t()
        let this = Unmanaged.passRetained(self)
        guard pthread_create(&started, nil, writeLog, this.toOpaque()) == 0 else {
            this.release()
            throw FileError(description: "cannot start a thread for the log")
        }
        thread.withLock { $0 = started }
    }

    deinit {
        close(wakeEnd)
        close(sleepEnd)
        let last = descriptor.load(ordering: .relaxed)
        if path != nil, last >= 0 { close(last) }
    }

    public func put(_ line: [UInt8]) {
        let taken = queue.withLock { queue in
            guard !queue.isClosing, queue.bytes + line.count <= bytesMax else {
                queue.untold += 1
                return false
            }
            queue.lines.append(line)
            queue.bytes += line.count
            return true
        }
        if taken { wake() } else { dropped.add(1, ordering: .relaxed) }
    }

    /// Closes the file and opens its path again, for whoever has moved it away (logrotate). Does nothing on standard error. Where it
    /// cannot be opened, lines go on into the old one. Takes a lock: not to be called in a signal's own function.
    public func reopen() {
        queue.withLock { $0.shallReopen = true }
        wake()
    }

    /// Writes what waits, for at most so long, and ends the thread. Later lines are dropped. Again does nothing.
    public func end(withinMilliseconds limit: Int) {
        queue.withLock { $0.isClosing = true }
        wake()
        guard let running = thread.withLock({ $0.take() }) else { return }
        var waited = 0
        while waited < limit, queue.withLock({ !$0.lines.isEmpty || $0.isWriting || $0.shallReopen }) {
            usleep(1000)
            waited += 1
        }
        giveUp.store(true, ordering: .relaxed)
        wake()
        pthread_join(running, nil)
    }

    private func wake() {
        var byte: UInt8 = 1
        // A full pipe wakes just as well.
        _ = write(wakeEnd, &byte, 1)
    }

    // MARK: The writer's thread

    fileprivate func writeUntilClosed() {
        while true {
            let (lines, shallReopen, untold, isClosing) = queue.withLock { queue in
                defer {
                    queue.lines.removeAll()
                    queue.bytes = 0
                    queue.untold = 0
                    queue.shallReopen = false
                }
                queue.isWriting = !queue.lines.isEmpty || queue.untold > 0
                return (queue.lines, queue.shallReopen, queue.untold, queue.isClosing)
            }
            // Lines that were logged before the call belong into the old file.
            var told = lines
            if untold > 0 { told.append(note(untold)) }
            for line in told { writeOrCount(line) }
            if shallReopen { reopenNow() }
            queue.withLock { $0.isWriting = false }
            if giveUp.load(ordering: .relaxed) || (isClosing && told.isEmpty && !shallReopen) { return }
            if told.isEmpty { waitForLine() }
        }
    }

    private func writeOrCount(_ line: [UInt8]) {
        let before = trouble.withLock { $0 }
        // What stands there in part gets an end, so that the next line is one.
        var line = line
        if before.failed > 0 {
            let told = note(before.failed, "log lines were dropped because they could not be written")
            line = (before.isCutOff ? [UInt8(ascii: "\n")] : []) + told + line
        }
        var (written, cause) = (0, Int32(0))
        if writeWhole(line, &written, &cause) {
            guard before.failed > 0 else { return }
            trouble.withLock { $0 = Trouble() }
            if let path {
                alarm("converge: the log \(printable(path)) is writable again; \(before.failed) lines are missing\n")
            }
            return
        }
        dropped.add(1, ordering: .relaxed)
        trouble.withLock { trouble in
            trouble.failed += 1
            trouble.isCutOff = trouble.isCutOff || written > 0
        }
        if before.failed == 0, let path, !giveUp.load(ordering: .relaxed) {
            alarm(
                "converge: cannot write the log \(printable(path)): \(errorText(cause)); lines are dropped and counted until it is writable again\n"
            )
        }
    }

    private func note(_ count: Int, _ message: String = "log lines were dropped because they could not be written fast enough")
        -> [UInt8]
    {
        LogRecord(
            time: .now, level: .warning, event: "log.dropped", message: message,
            fields: [("lines", .integer(count))]
        ).line(format)
    }

    private func reopenNow() {
        guard let path else { return }
        do throws(FileError) {
            let opened = try openLog(path)
            close(descriptor.exchange(opened, ordering: .relaxed))
        } catch {
            let record = LogRecord(
                time: .now, level: .error, event: "log.reopen.failed", message: error.description, fields: [])
            writeOrCount(record.line(format))
        }
    }

    /// Waits for a line, at most 100 ms.
    private func waitForLine() {
        var wait = pollfd(fd: sleepEnd, events: Int16(POLLIN), revents: 0)
        guard poll(&wait, 1, 100) > 0 else { return }
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            while read(sleepEnd, buffer.baseAddress, buffer.count) == buffer.count {}
        }
    }

    /// Writes a line in pieces that a pipe with room takes at once, and gives up when told to.
    private func writeWhole(_ line: [UInt8], _ at: inout Int, _ cause: inout Int32) -> Bool {
        let file = descriptor.load(ordering: .relaxed)
        return line.withUnsafeBytes { bytes in
            while at < bytes.count {
                var wait = pollfd(fd: file, events: Int16(POLLOUT), revents: 0)
                let isLast = giveUp.load(ordering: .relaxed)
                if poll(&wait, 1, isLast ? 0 : 50) == 0 {
                    if isLast { return false }
                    continue
                }
                // POSIX's PIPE_BUF on Linux: a pipe that is writable has so much room.
                let piece = min(bytes.count - at, 4096)
                let written = write(file, bytes.baseAddress.unsafelyUnwrapped + at, piece)
                if written < 0, errno == EINTR || errno == EAGAIN { continue }
                if written < 0 {
                    cause = errno
                    return false
                }
                at += written
            }
            return true
        }
    }
}

/// A top-level function, so that it carries no isolation.
private func writeLog(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument { Unmanaged<LogFile>.fromOpaque(argument).takeRetainedValue().writeUntilClosed() }
    return nil
}

private func openLog(_ path: String) throws(FileError) -> Int32 {
    let opened = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o600)
    guard opened >= 0 else { throw FileError(description: "cannot open the log \(printable(path)): \(errorText(errno))") }
    return opened
}
