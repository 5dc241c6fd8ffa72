import Glibc
import Platform

/// The lines that the daemon writes, one at a time, in one buffer that is reused. One thread reads; any other may ``cancel()``.
///
/// Memory: the longest line, up to ``lineBytesMax``. What a long line took beyond ``keptBytesMax`` is given back with the next one.
final class KCLInput: @unchecked Sendable {
    /// A batch of 10,000 records is 22 MB; one of aggregates, taken apart, may be many times that.
    static let lineBytesMax = 1 << 30
    private static let keptBytesMax = 64 << 20
    private static let readBytesMin = 64 << 10

    private let descriptor: Int32
    private let cancelling: (reading: Int32, writing: Int32)
    private let lineBytesMax: Int
    private var buffer = ByteBuffer(capacity: KCLInput.readBytesMin)
    /// The end of the last line that was handed over, its line break included.
    private var consumed = 0

    /// Takes the descriptor over and closes it in the end.
    init(_ descriptor: Int32, lineBytesMax: Int = KCLInput.lineBytesMax) throws(KCLError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw KCLInput.failure() }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        self.descriptor = descriptor
        self.lineBytesMax = lineBytesMax
        cancelling = (ends[0], ends[1])
    }

    deinit {
        for end in [descriptor, cancelling.reading, cancelling.writing] { close(end) }
    }

    /// The next line that is not empty, without its line break; nil at the end of the input, whatever is left of a line there, and after
    /// ``cancel()``.
    func next() throws(KCLError) -> ByteView? {
        drop()
        var searched = 0
        while true {
            if let lineBreak = buffer.bytes.firstOffset(of: UInt8(ascii: "\n"), from: searched) {
                let line = buffer.bytes.slice(consumed, lineBreak - consumed)
                consumed = lineBreak + 1
                searched = consumed
                if !line.isEmpty { return line }
                continue
            }
            searched = buffer.count
            guard buffer.count - consumed <= lineBytesMax else { throw .lineTooLong(limitBytes: lineBytesMax) }
            guard try fill() else { return nil }
        }
    }

    /// Lets ``next()`` return nil, now and ever after. From any thread.
    func cancel() {
        var byte: UInt8 = 0
        write(cancelling.writing, &byte, 1)
    }

    /// Whether the other end is closed. There may be lines left all the same.
    var isClosed: Bool {
        var poll = pollfd(fd: descriptor, events: 0, revents: 0)
        return Glibc.poll(&poll, 1, 0) > 0 && Int32(poll.revents) & (POLLHUP | POLLERR | POLLNVAL) != 0
    }

    /// Forgets what was handed over; what follows it moves to the front.
    private func drop() {
        let left = buffer.count - consumed
        if left == 0, buffer.capacity > KCLInput.keptBytesMax { buffer = ByteBuffer(capacity: KCLInput.readBytesMin) }
        if left > 0, consumed > 0 { buffer.base.copyMemory(from: buffer.base + consumed, byteCount: left) }
        buffer.truncate(to: left)
        consumed = 0
    }

    /// False at the end.
    private func fill() throws(KCLError) -> Bool {
        while true {
            var polls = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: cancelling.reading, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&polls, 2, -1) >= 0 else {
                if errno == EINTR { continue }
                throw KCLInput.failure()
            }
            if polls[1].revents != 0 { return false }
            buffer.reserve(KCLInput.readBytesMin)
            let got = read(descriptor, buffer.base + buffer.count, buffer.capacity - buffer.count)
            if got < 0, errno == EINTR || errno == EAGAIN { continue }
            guard got >= 0 else { throw KCLInput.failure() }
            _ = buffer.extend(by: got)
            return got > 0
        }
    }

    private static func failure() -> KCLError { .pipe(action: "read", reason: String(cString: strerror(errno))) }
}
