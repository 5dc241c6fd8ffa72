import CMicroHTTPD
import Glibc
import Platform
import Synchronization

/// Ends TLS before the door: what comes out of it is served like a connection without TLS, streams and health included.
///
///     client -> door accepts -> gate: handshake, then bytes both ways -> pair of sockets -> door: looks at the first bytes
///
/// One thread does all handshakes and all encryption; a client that stalls costs its buffers, 32 KiB, and nobody's time.
///
/// Invariant (`@unchecked Sendable`): `connections` and `certificate` are the thread's own; `thread` is set once, before anybody else has
/// the object.
final class TLSGate: @unchecked Sendable {
    private static let eventsMax = 256
    /// Bytes between the gate and what is behind it, each way; the system doubles them.
    private static let pairBytesMax: Int32 = 32_768

    private let connectionsMax: Int
    private let handshakeMilliseconds: Int64
    private let stallMilliseconds: UInt32
    private let certificate: TLSCertificate
    private let poller: Int32
    private let bell: Int32
    private let isClosed = Atomic<Bool>(false)
    /// Accepted, and not yet seen by the thread.
    private let accepted = Mutex<[(socket: Int32, peer: sockaddr_storage)]>([])
    private let count = Atomic<Int>(0)
    private let passOn = Mutex<(@Sendable (Int32, sockaddr_storage) -> Void)?>(nil)
    private var connections: [UInt64: TLSConnection] = [:]
    private var next: UInt64 = 1
    private var thread: SystemThread?

    init(_ files: HTTPTLS, _ limits: HTTPLimits) throws(HTTPServerError) {
        certificate = try TLSCertificate(files)
        connectionsMax = max(1, limits.encryptedConnectionsMax)
        handshakeMilliseconds = Int64(max(1, limits.idleSecondsMax)) * 1000
        stallMilliseconds = UInt32(clamping: max(1, limits.streamStallSecondsMax) * 1000)
        poller = epoll_create1(Int32(EPOLL_CLOEXEC))
        bell = converge_http_bell(poller)
        guard poller >= 0, bell >= 0 else {
            throw HTTPServerError(description: "cannot serve TLS: \(errorText(errno)); let the process open more files")
        }
        thread = SystemThread { [unowned self] in serve() }
        guard thread != nil else { throw HTTPServerError(description: "cannot serve TLS: the system has no thread left") }
    }

    deinit {
        stop()
        if bell >= 0 { close(bell) }
        if poller >= 0 { close(poller) }
    }

    /// `passOn` is given the far end of each connection whose handshake is done, on the gate's thread. Before the first ``take(_:peer:)``.
    func start(_ passOn: @escaping @Sendable (Int32, sockaddr_storage) -> Void) { self.passOn.withLock { $0 = passOn } }

    /// The socket is the gate's from here on. One too many is closed.
    func take(_ socket: Int32, peer: sockaddr_storage) {
        guard count.load(ordering: .acquiring) < connectionsMax, !isClosed.load(ordering: .acquiring) else {
            close(socket)
            return
        }
        count.add(1, ordering: .acquiringAndReleasing)
        accepted.withLock { $0.append((socket, peer)) }
        ring()
    }

    /// Closes all connections. Again does nothing.
    func stop() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        ring()
        thread?.join()
        for (socket, _) in accepted.withLock({ $0 }) { close(socket) }
        passOn.withLock { $0 = nil }
    }

    /// Connections that are not over: a drain waits for what they have yet to send.
    var active: Int { count.load(ordering: .acquiring) }

    private func ring() {
        var one: UInt64 = 1
        _ = write(bell, &one, 8)
    }

    // MARK: The thread

    private func serve() {
        var numbers = [UInt64](repeating: 0, count: TLSGate.eventsMax)
        var more: [UInt64] = []
        var swept: Int64 = 0
        while !isClosed.load(ordering: .acquiring) {
            let count = Int(converge_http_wait(poller, &numbers, Int32(TLSGate.eventsMax), more.isEmpty ? 1000 : 0))
            let now = monotonicMilliseconds()
            var turns = Set(more)
            more = []
            for number in numbers.prefix(max(0, count)) { if number == 0 { admit(now) } else { turns.insert(number) } }
            for number in turns where advance(number) { more.append(number) }
            guard now - swept >= 1000 else { continue }
            swept = now
            for (number, connection) in connections where !connection.isSafe && connection.deadline <= now { forget(number) }
        }
        connections = [:]
    }

    private func admit(_ now: Int64) {
        var rings: UInt64 = 0
        _ = read(bell, &rings, 8)
        let sockets = accepted.withLock { accepted in
            defer { accepted = [] }
            return accepted
        }
        for (socket, peer) in sockets {
            converge_http_bound_stream(socket, TLSGate.pairBytesMax, stallMilliseconds)
            guard let session = certificate.begin(socket, now: now) else {
                close(socket)
                count.subtract(1, ordering: .acquiringAndReleasing)
                continue
            }
            connections[next] = TLSConnection(socket, session, peer: peer, deadline: now + handshakeMilliseconds)
            if converge_http_watch(poller, socket, next) != 0 { forget(next) }
            next += 1
        }
    }

    /// Whether it has more to do at once.
    private func advance(_ number: UInt64) -> Bool {
        guard let connection = connections[number] else { return false }
        switch connection.advance() {
        case .waits: return false
        case .hasMore: return true
        case .over:
            forget(number)
            return false
        case .isSafe:
            var pair: [Int32] = [-1, -1]
            guard converge_http_pair(&pair, TLSGate.pairBytesMax) == 0 else {
                forget(number)
                return false
            }
            connection.connect(pair[0])
            let pass = passOn.withLock { $0 }
            if let pass { pass(pair[1], connection.peer) } else { close(pair[1]) }
            if converge_http_watch(poller, pair[0], number) != 0 { forget(number) }
            return true
        }
    }

    private func forget(_ number: UInt64) {
        if connections.removeValue(forKey: number) != nil { count.subtract(1, ordering: .acquiringAndReleasing) }
    }
}
