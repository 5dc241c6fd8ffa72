import CMicroHTTPD
import Glibc
import Platform
import Synchronization

/// An answer that goes on: what is sent to it goes to its client, until one of the two ends it.
///
///     let stream = HTTPStream()
///     stream.onEnd { feed.forget(client) }
///     feed.add(client, stream)
///     return HTTPResponse(contentType: "text/event-stream", stream: stream)
///
/// Everything may be called from any thread at any time, also before the answer is returned, and never waits. What the client does not take
/// is kept: at most ``bytesMax`` bytes. One that leaves more lying is cut off, so that it costs nobody else anything, and comes again.
public final class HTTPStream: Sendable {
    private enum Phase { case waiting, open, ending, over }

    private struct State {
        var phase = Phase.waiting
        /// The stream's own from when it is open until it is over: used and closed under the lock alone.
        var descriptor: Int32 = -1
        var isChunked = false
        /// What has to go out, from `sent` on.
        var pending: [UInt8] = []
        var sent = 0
        /// How many bytes of these the writer counts.
        var counted = 0
        /// What the client has sent, which nobody reads.
        var received = 0
        /// When it is ended, on the clock that never goes back.
        var time = Int64.max
        var observers: [@Sendable () -> Void] = []
        var writer: StreamWriter?
        var number: UInt64 = 0

        var lying: Int { pending.count - sent }
    }

    /// Bytes that a client may send on a stream, which is for listening.
    private static let receivedMax = 65_536
    /// Bytes of an empty queue's memory that are kept for the next message.
    private static let keptMax = 1024

    public let bytesMax: Int
    private let state = Mutex(State())

    /// - Parameter bytesMax: Bytes that the client may leave lying, beside what the system's buffers hold.
    public init(bytesMax: Int = 262_144) { self.bytesMax = bytesMax }

    /// Sends `bytes` after what was sent before. What the client does not take now goes out when it does.
    /// - Returns: False where nothing can be sent any more: it was ended, or the client is gone or too slow.
    @discardableResult
    public func send(_ bytes: [UInt8]) -> Bool {
        change { state in
            guard !bytes.isEmpty else { return true }
            let wasEmpty = state.lying == 0
            HTTPStream.append(bytes[...], to: &state)
            return state.phase == .waiting || !wasEmpty || HTTPStream.flush(&state)
        }
    }

    /// Ends it once all that was sent is taken. Again does nothing.
    public func end() {
        change { state in
            let isOpen = state.phase == .open
            state.phase = .ending
            guard isOpen else { return true }
            if state.isChunked { state.pending += "0\r\n\r\n".utf8 }
            return HTTPStream.flush(&state)
        }
    }

    /// Ends it in so many milliseconds, a second late at most, where it does not end before: the token of who listens is good for so long.
    public func end(inMilliseconds left: Int64) {
        let time = monotonicMilliseconds() + max(0, min(left, Int64.max / 2))
        state.withLock { $0.time = min($0.time, time) }
    }

    /// Calls `body` once when it is over, whoever ended it and however; at once where it is. On any thread: `body` must not wait.
    public func onEnd(_ body: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            guard state.phase != .over else { return true }
            state.observers.append(body)
            return false
        }
        if isOver { body() }
    }

    // MARK: The writer's side

    /// From here on `descriptor` is the stream's, whatever comes of it, which begins with `head`. False where it was answered before.
    func open(_ descriptor: Int32, number: UInt64, head: [UInt8], isChunked: Bool, _ writer: StreamWriter) -> Bool {
        let isOpened = state.withLock { state in
            guard state.descriptor < 0, state.phase == .waiting || state.phase == .ending else { return false }
            (state.descriptor, state.number, state.isChunked, state.writer) = (descriptor, number, isChunked, writer)
            let early = state.pending
            state.pending = head
            if !early.isEmpty { HTTPStream.append(early[...], to: &state) }
            if state.phase == .waiting { state.phase = .open } else if isChunked { state.pending += "0\r\n\r\n".utf8 }
            return true
        }
        if !isOpened { close(descriptor) }
        return isOpened
    }

    /// Its client takes bytes again, or has sent some.
    func stir() { settle { HTTPStream.drain(&$0) && HTTPStream.flush(&$0) } }

    /// Ends it where its time has come.
    func look(_ now: Int64) { if state.withLock({ $0.time <= now }) { end() } }

    /// Ends it now, whatever lies.
    func cut() { settle { _ in false } }

    // MARK: Inside

    /// False where it takes no more.
    @discardableResult
    private func change(_ body: (inout State) -> Bool) -> Bool {
        var isTaken = false
        settle { state in
            guard state.phase == .waiting || state.phase == .open else { return true }
            isTaken = body(&state)
            // No more than may lie, and of all streams together not more than theirs.
            isTaken =
                isTaken && state.lying <= bytesMax
                && (state.writer?.isBearable(state.lying, more: state.lying - state.counted) ?? true)
            return isTaken
        }
        return isTaken
    }

    /// `body` tells whether it lives on.
    private func settle(_ body: (inout State) -> Bool) {
        let observers = state.withLock { state -> [@Sendable () -> Void] in
            guard state.phase != .over else { return [] }
            guard body(&state) else { return HTTPStream.finish(&state) }
            state.writer?.count(state.lying - state.counted)
            state.counted = state.lying
            return []
        }
        for observer in observers { observer() }
    }

    private static func finish(_ state: inout State) -> [@Sendable () -> Void] {
        if state.descriptor >= 0 { close(state.descriptor) }
        state.writer?.count(-state.counted)
        state.writer?.forget(state.number)
        defer {
            state = State()
            state.phase = .over
        }
        return state.observers
    }

    private static func append(_ bytes: ArraySlice<UInt8>, to state: inout State) {
        if state.sent > 0, state.sent * 2 > state.pending.count {
            state.pending.removeFirst(state.sent)
            state.sent = 0
        }
        guard state.isChunked else {
            state.pending += bytes
            return
        }
        state.pending += String(bytes.count, radix: 16).utf8
        state.pending += "\r\n".utf8
        state.pending += bytes
        state.pending += "\r\n".utf8
    }

    /// Sends what the client takes. False where it is gone, or all is sent and nothing follows.
    private static func flush(_ state: inout State) -> Bool {
        while state.lying > 0 {
            let count = state.pending.withUnsafeBytes {
                converge_http_send(state.descriptor, $0.baseAddress?.advanced(by: state.sent), $0.count - state.sent)
            }
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                return count < 0 && errno == EAGAIN
            }
            state.sent += count
        }
        state.sent = 0
        if state.pending.capacity > keptMax { state.pending = [] } else { state.pending.removeAll(keepingCapacity: true) }
        return state.phase != .ending
    }

    /// Drops what the client has sent. False where it has left, or talks too much.
    private static func drain(_ state: inout State) -> Bool {
        var bytes = (UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0), UInt64(0))
        while state.received <= receivedMax {
            let count = withUnsafeMutableBytes(of: &bytes) {
                converge_http_receive(state.descriptor, $0.baseAddress, $0.count)
            }
            guard count > 0 else {
                if count < 0, errno == EINTR { continue }
                return count < 0 && errno == EAGAIN
            }
            state.received += count
        }
        return false
    }
}
