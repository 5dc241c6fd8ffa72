import CMicroHTTPD
import Glibc
import Platform
import Synchronization

/// Streams whose connections are open: one thread hears from the system whose client takes bytes again or has left.
///
/// Whoever sends to a stream writes to its socket; only what the client does not take at once is left to the thread here. So a stream costs
/// a socket and about a kibibyte, and one whose client does nothing costs no time.
///
/// Invariant (`@unchecked Sendable`): `thread` is set once, before anybody else has the object.
final class StreamWriter: @unchecked Sendable {
    private static let eventsMax = 256
    /// Bytes that the system holds for a client; it doubles them.
    private static let systemBytesMax: Int32 = 32_768

    private let streamsMax: Int
    private let bytesMax: Int
    private let stallMilliseconds: UInt32
    private let poller: Int32
    private let bell: Int32
    private let isClosed = Atomic<Bool>(false)
    private let lying = Atomic<Int>(0)
    private let streams = Mutex<(next: UInt64, open: [UInt64: HTTPStream])>((1, [:]))
    private var thread: SystemThread?

    /// Nil where the system has no thread or file left.
    init?(_ limits: HTTPLimits) {
        streamsMax = max(1, limits.streamsMax)
        bytesMax = max(0, limits.streamBytesMax)
        stallMilliseconds = UInt32(clamping: max(1, limits.streamStallSecondsMax) * 1000)
        poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        bell = converge_http_bell(poller)
        guard poller >= 0, bell >= 0 else { return nil }
        thread = SystemThread { [unowned self] in serve() }
        guard thread != nil else { return nil }
    }

    deinit {
        stop()
        if bell >= 0 { close(bell) }
        if poller >= 0 { close(poller) }
    }

    /// Streams that are not over.
    var count: Int { streams.withLock { $0.open.count } }

    /// Whether another stream can be taken now.
    var hasRoom: Bool { streams.withLock { $0.open.count < streamsMax } && !isClosed.load(ordering: .acquiring) }

    /// The socket is the stream's from here on, whatever comes of it. `head` goes out first.
    func take(_ descriptor: Int32, _ stream: HTTPStream, head: [UInt8], isChunked: Bool) {
        converge_http_bound_stream(descriptor, StreamWriter.systemBytesMax, stallMilliseconds)
        let number = streams.withLock { streams in
            defer { streams.next += 1 }
            streams.open[streams.next] = stream
            return streams.next
        }
        guard stream.open(descriptor, number: number, head: head, isChunked: isChunked, self) else {
            forget(number)
            return stream.cut()
        }
        // The first event, at once, is that there is room to send.
        if isClosed.load(ordering: .acquiring) || converge_http_watch(poller, descriptor, number) != 0 { stream.cut() }
    }

    /// Ends all, each after what was sent to it before.
    func end() {
        for stream in all { stream.end() }
    }

    /// Cuts all that are left. Again does nothing. Not to be called from an observer of a stream.
    func stop() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        var one: UInt64 = 1
        _ = write(bell, &one, 8)
        thread?.join()
        for stream in all { stream.cut() }
    }

    private var all: [HTTPStream] { streams.withLock { Array($0.open.values) } }

    // MARK: For streams, under their locks

    func count(_ more: Int) { if more != 0 { lying.add(more, ordering: .relaxed) } }

    func forget(_ number: UInt64) { _ = streams.withLock { $0.open.removeValue(forKey: number) } }

    /// Whether a stream may leave so much lying, which is `more` than is counted.
    func isBearable(_ bytes: Int, more: Int) -> Bool {
        bytes <= bytesMax / streamsMax || lying.load(ordering: .relaxed) + more <= bytesMax
    }

    // MARK: The thread

    private func serve() {
        var numbers = [UInt64](repeating: 0, count: StreamWriter.eventsMax)
        var looked: Int64 = 0
        while !isClosed.load(ordering: .acquiring) {
            // A stream that comes wakes it: the first event is that there is room to send.
            let patience: Int32 = self.count > 0 ? 1000 : -1
            let count = Int(converge_http_wait(poller, &numbers, Int32(StreamWriter.eventsMax), patience))
            let now = monotonicMilliseconds()
            if now - looked >= 1000 {
                looked = now
                for stream in all { stream.look(now) }
            }
            for number in numbers.prefix(max(0, count)) where number != 0 {
                // One that has ended meanwhile is nobody's: numbers do not come again, as descriptors do.
                streams.withLock { $0.open[number] }?.stir()
            }
        }
    }
}
