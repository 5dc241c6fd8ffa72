import Glibc
import Synchronization

/// A line on the terminal that tells how far a long piece of work has come, redrawn a few times a second by a thread of its
/// own. Draws nothing where standard error is no terminal.
public final class Progress: Sendable {
    private let stopped = Atomic<Bool>(false)
    private let drawn = Atomic<Bool>(false)
    private let thread: Mutex<pthread_t?> = Mutex(nil)
    private let line: @Sendable () -> String

    /// `line` says where things stand; it is called from another thread.
    public init(_ line: @escaping @Sendable () -> String) {
        self.line = line
        guard isatty(STDERR_FILENO) == 1 else { return }
        var started = pthread_t()
        let this = Unmanaged.passRetained(self)
        if pthread_create(&started, nil, drawProgress, this.toOpaque()) == 0 {
            thread.withLock { $0 = started }
        } else {
            this.release()
        }
    }

    /// Takes the line away. Again does nothing.
    public func stop() {
        stopped.store(true, ordering: .relaxed)
        guard let started = thread.withLock({ $0.take() }) else { return }
        pthread_join(started, nil)
        if drawn.load(ordering: .relaxed) { writeError("\r\u{1B}[K") }
    }

    fileprivate func draw() {
        var ticks = 0
        while !stopped.load(ordering: .relaxed) {
            usleep(50_000)
            ticks += 1
            // Quick work shows nothing.
            guard ticks % 4 == 0, ticks >= 8 else { continue }
            drawn.store(true, ordering: .relaxed)
            writeError("\r\u{1B}[K" + line())
        }
    }

    /// `[#####.....]`
    public static func bar(_ share: Double) -> String {
        let width = 30
        let full = Int(min(max(share, 0), 1) * Double(width))
        return "[" + String(repeating: "#", count: full) + String(repeating: ".", count: width - full) + "]"
    }
}

private func drawProgress(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument { Unmanaged<Progress>.fromOpaque(argument).takeRetainedValue().draw() }
    return nil
}

/// Writes text to standard error, whole, as far as there is one.
public func writeError(_ text: String) { _ = writeAll(text, to: STDERR_FILENO) }

/// Writes text to standard output, whole, or ends the process with code 1: quietly where the reader has gone away (`| head`),
/// as any tool does, else saying why. Only for results: by then whatever has to be durable is.
public func writeOutput(_ text: String) {
    let failure = writeAll(text, to: STDOUT_FILENO)
    if failure == 0 { return }
    if failure != EPIPE { writeError("converge: cannot write to standard output: \(String(cString: strerror(failure)))\n") }
    _exit(1)
}

/// Zero, or the `errno` of what went wrong.
private func writeAll(_ text: String, to descriptor: Int32) -> Int32 {
    var text = text
    return text.withUTF8 { bytes in
        var at = 0
        while at < bytes.count {
            let written = write(descriptor, bytes.baseAddress.unsafelyUnwrapped + at, bytes.count - at)
            if written < 0, errno == EINTR { continue }
            if written < 0 { return errno }
            at += written
        }
        return 0
    }
}

/// A number that one thread writes and the progress line reads.
public final class Counter: Sendable {
    private let count = Atomic<Int>(0)
    public init() {}

    public var value: Int {
        get { count.load(ordering: .relaxed) }
        set { count.store(newValue, ordering: .relaxed) }
    }
}
