import Glibc
import Platform
import Synchronization

/// Accepts connections, looks at what they ask for, and hands each to the service that it is for. Closes those whose time is over.
///
/// Never waits for anybody but in `poll`. At most ``guestsMax`` connections have not said yet what they want; one more takes the place of the
/// oldest. Invariant (`@unchecked Sendable`): everything but `isClosed` is its own thread's.
final class HTTPAcceptor: @unchecked Sendable {
    private static let guestsMax = 128

    /// A connection that is nobody's yet.
    private struct Guest {
        var descriptor: Int32
        var deadline: Int64
        /// It has said something: there is nothing to poll it for.
        var hasSpoken = false
    }

    private enum Wish { case nothing, unclear, health, rest, gone }

    let services: [HTTPService]
    private let listener: Int32
    private let rest: HTTPService
    private let health: HTTPService
    private let idleMilliseconds: Int64
    private let isClosed = Atomic<Bool>(false)
    private let thread = Mutex<SystemThread?>(nil)

    /// The listener is its own from here on. Nil where there is no thread left.
    init?(_ listener: Int32, _ limits: HTTPLimits, rest: HTTPService, health: HTTPService) {
        self.listener = listener
        self.rest = rest
        self.health = health
        services = [rest, health]
        idleMilliseconds = Int64(max(1, limits.idleSecondsMax)) * 1000
        guard let worker = SystemThread({ [self] in serve() }) else { return nil }
        thread.withLock { $0 = worker }
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
            guests = guests.compactMap { see(to: $0, now) }
            for service in services { service.closeOverdue(now) }
        }
        for guest in guests { Self.close(guest.descriptor) }
        Self.close(listener)
    }

    private func wait(_ guests: [Guest]) {
        var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
        polled += guests.filter { !$0.hasSpoken }.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
        poll(&polled, nfds_t(polled.count), polled.count <= guests.count ? 5 : 100)
    }

    private func accept(into guests: inout [Guest], _ now: Int64) {
        for _ in 0..<HTTPAcceptor.guestsMax {
            let descriptor = nextConnection()
            guard descriptor >= 0 else {
                // No file is left, for instance: not at once again.
                if errno != EAGAIN, errno != ECONNABORTED, errno != EINTR { usleep(5_000) }
                return
            }
            if guests.count >= HTTPAcceptor.guestsMax { Self.close(guests.removeFirst().descriptor) }
            guests.append(Guest(descriptor: descriptor, deadline: now + idleMilliseconds))
        }
    }

    private func nextConnection() -> Int32 {
        let descriptor = Glibc.accept(listener, nil, nil)
        guard descriptor >= 0 else { return descriptor }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        return descriptor
    }

    /// Hands it over, closes it, or gives it back.
    private func see(to guest: Guest, _ now: Int64) -> Guest? {
        var guest = guest
        switch wish(guest.descriptor) {
        case .gone: Self.close(guest.descriptor)
        case .health:
            health.take(guest.descriptor, until: guest.deadline)
        case .rest where rest.hasRoom():
            rest.take(guest.descriptor, until: guest.deadline)
        case .rest where now >= guest.deadline: refuse(guest.descriptor)
        case .nothing where now >= guest.deadline, .unclear where now >= guest.deadline: Self.close(guest.descriptor)
        case .nothing: return guest
        case .unclear, .rest:
            guest.hasSpoken = true
            return guest
        }
        return nil
    }

    private func wish(_ descriptor: Int32) -> Wish {
        var bytes = [UInt8](repeating: 0, count: 13)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
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
        let answer = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        _ = answer.utf8CString.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count - 1, Int32(MSG_NOSIGNAL)) }
        Self.close(descriptor)
    }

    private static func close(_ descriptor: Int32) { Glibc.close(descriptor) }
}
