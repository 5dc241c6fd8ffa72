import CMicroHTTPD
import Glibc
import Platform
import Synchronization

/// Accepts connections, looks at what they ask for, and hands each to the service that it is for. Closes those whose time is over.
///
/// Never waits for anybody but in `poll`. At most ``silentMax`` connections have not said yet what they want; one more takes the place of the oldest. At
/// most ``guestsMax`` are nobody's, those included that wait for a place at the service; of more the oldest is told 503.
///
/// Invariant (`@unchecked Sendable`): everything but `isClosed` and `arrivals` is its own
/// thread's.
final class HTTPAcceptor: @unchecked Sendable {
    private static let silentMax = 128
    private static let guestsMax = 4096

    /// A connection that is nobody's yet.
    private struct Guest {
        var descriptor: Int32
        var deadline: Int64
        var peer: sockaddr_storage
        var isEncrypted: Bool
        /// It has said something: there is nothing to poll it for.
        var hasSpoken = false
        /// It has said that it is not for health.
        var isForRest = false
    }

    private enum Wish { case nothing, unclear, health, rest, gone }

    let services: [HTTPService]
    private let listener: Int32
    private let rest: HTTPService
    private let health: HTTPService
    private let gate: TLSGate?
    private let idleMilliseconds: Int64
    /// Connections that the gate has let through.
    private let arrivals = Mutex<[(descriptor: Int32, peer: sockaddr_storage)]>([])
    private let bell: Int32
    private let isClosed = Atomic<Bool>(false)
    private let thread = Mutex<SystemThread?>(nil)

    /// The listener is its own from here on. Nil where there is no thread left.
    init?(_ listener: Int32, _ limits: HTTPLimits, rest: HTTPService, health: HTTPService, gate: TLSGate?) {
        self.listener = listener
        self.gate = gate
        bell = converge_http_bell(-1)
        self.rest = rest
        self.health = health
        services = [rest, health]
        idleMilliseconds = Int64(max(1, limits.idleSecondsMax)) * 1000
        gate?.start { [weak self] descriptor, peer in self?.arrive(descriptor, peer) ?? HTTPAcceptor.close(descriptor) }
        guard bell >= 0, let worker = SystemThread({ [self] in serve() }) else { return nil }
        thread.withLock { $0 = worker }
    }

    deinit { if bell >= 0 { HTTPAcceptor.close(bell) } }

    /// A connection whose TLS the gate ends.
    private func arrive(_ descriptor: Int32, _ peer: sockaddr_storage) {
        arrivals.withLock { $0.append((descriptor, peer)) }
        var one: UInt64 = 1
        _ = write(bell, &one, 8)
    }

    /// Accepts no more; connections that nobody has are closed.
    func close() {
        isClosed.store(true, ordering: .releasing)
        // Wakes the thread.
        shutdown(listener, Int32(SHUT_RDWR))
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    private func serve() {
        var guests: [Guest] = []
        while !isClosed.load(ordering: .acquiring) {
            wait(guests)
            let now = monotonicMilliseconds()
            accept(into: &guests, now)
            for (descriptor, peer) in takeArrivals() { admit(descriptor, peer, isEncrypted: true, into: &guests, now) }
            guests = guests.compactMap { see(to: $0, now) }
            for service in services { service.closeOverdue(now) }
        }
        for guest in guests { Self.close(guest.descriptor) }
        for (descriptor, _) in takeArrivals() { Self.close(descriptor) }
        Self.close(listener)
    }

    private func wait(_ guests: [Guest]) {
        var polled = [listener, bell].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        polled += guests.filter { !$0.hasSpoken }.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        poll(&polled, nfds_t(polled.count), polled.count < guests.count + 2 ? 5 : 100)
    }

    private func accept(into guests: inout [Guest], _ now: Int64) {
        for _ in 0..<HTTPAcceptor.silentMax {
            var peer = sockaddr_storage()
            let descriptor = nextConnection(from: &peer)
            guard descriptor >= 0 else {
                // No file is left, for instance: not at once again.
                if errno != EAGAIN, errno != ECONNABORTED, errno != EINTR { usleep(5_000) }
                return
            }
            if let gate {
                gate.take(descriptor, peer: peer)
            } else {
                admit(descriptor, peer, isEncrypted: false, into: &guests, now)
            }
        }
    }

    private func admit(
        _ descriptor: Int32, _ peer: sockaddr_storage, isEncrypted: Bool, into guests: inout [Guest], _ now: Int64
    ) {
        if guests.count >= HTTPAcceptor.guestsMax {
            refuse(guests.removeFirst().descriptor)
        } else if guests.count >= HTTPAcceptor.silentMax, guests.count(where: { !$0.isForRest }) >= HTTPAcceptor.silentMax,
            let oldest = guests.firstIndex(where: { !$0.isForRest })
        {
            Self.close(guests.remove(at: oldest).descriptor)
        }
        guests.append(Guest(descriptor: descriptor, deadline: now + idleMilliseconds, peer: peer, isEncrypted: isEncrypted))
    }

    private func takeArrivals() -> [(descriptor: Int32, peer: sockaddr_storage)] {
        var rings: UInt64 = 0
        _ = read(bell, &rings, 8)
        return arrivals.withLock { arrivals in
            defer { arrivals = [] }
            return arrivals
        }
    }

    private func nextConnection(from peer: inout sockaddr_storage) -> Int32 {
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let descriptor = withUnsafeMutablePointer(to: &peer) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.accept(listener, $0, &length) }
        }
        guard descriptor >= 0 else { return descriptor }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        return descriptor
    }

    /// Hands it over, closes it, or gives it back.
    private func see(to guest: Guest, _ now: Int64) -> Guest? {
        var guest = guest
        switch guest.isForRest ? .rest : wish(guest.descriptor) {
        case .gone: Self.close(guest.descriptor)
        case .health:
            health.take(guest.descriptor, from: guest.peer, isEncrypted: guest.isEncrypted, until: guest.deadline)
        case .rest where rest.hasRoom():
            rest.take(guest.descriptor, from: guest.peer, isEncrypted: guest.isEncrypted, until: guest.deadline)
        case .rest where now >= guest.deadline: refuse(guest.descriptor)
        case .nothing where now >= guest.deadline, .unclear where now >= guest.deadline: Self.close(guest.descriptor)
        case .nothing: return guest
        case .unclear:
            guest.hasSpoken = true
            return guest
        case .rest:
            guest.hasSpoken = true
            guest.isForRest = true
            return guest
        }
        return nil
    }

    private func wish(_ descriptor: Int32) -> Wish {
        var bytes = [UInt8](repeating: 0, count: 13)
        let count = converge_http_peek(descriptor, &bytes, bytes.count)
        guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) ? .nothing : .gone }
        for start in ["GET /health/", "HEAD /health/"] {
            let start = Array(start.utf8)
            if bytes[..<min(count, start.count)].elementsEqual(start[..<min(count, start.count)]) {
                return count >= start.count ? .health : .unclear
            }
        }
        return .rest
    }

    /// All connections are being answered, and have been for long.
    private func refuse(_ descriptor: Int32) {
        let answer =
            "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConverge-Time: \(Timestamp.now.milliseconds)\r\n"
            + "Content-Length: 0\r\nConnection: close\r\n\r\n"
        _ = answer.utf8CString.withUnsafeBytes { converge_http_send(descriptor, $0.baseAddress, $0.count - 1) }
        Self.close(descriptor)
    }

    private static func close(_ descriptor: Int32) { Glibc.close(descriptor) }
}
