import Glibc
import Platform
import Synchronization

/// What a server takes on.
public struct HTTPLimits: Sendable {
    /// Connections at a time, each with a thread of its own. One more takes the place of the one that has waited for a request for longest;
    /// where all are being answered it waits, and then is told 503.
    public var connectionsMax = 64
    /// Of these there are so many beside them that ask for `/health/..`; they share a thread that does nothing else.
    public var healthConnectionsMax = 16
    /// Bytes of a request's line and headers; longer ones are answered with 414 or 431.
    public var headerBytesMax = 16_384
    /// Bytes of a body, which no route reads; the connection of a longer one is closed.
    public var bodyBytesMax = 65_536
    /// Seconds for a request to come whole, also where bytes come one by one, and between two requests; then the connection is closed.
    public var idleSecondsMax = 15
    /// Seconds for an answer to go out.
    public var answerSecondsMax = 60

    public init() {}
}

/// Why a server does not start.
public struct HTTPServerError: Error, Equatable, CustomStringConvertible {
    /// Where, why, and what to do.
    public var description: String
}

/// Serves a router over HTTP/1.1, on threads of its own, until it is stopped or released.
///
///     connection -> door: looks at the first bytes -> /health/..: a thread and connections of its own
///                                                  +> anything else: a thread a connection
///
/// So nothing that hangs or waits takes the health's thread or connections. A connection that asked for health is closed after the answer.
///
/// Speaks plain HTTP to whoever can connect: the standard address is loopback, and what is to be reached from elsewhere belongs behind
/// a proxy that asks who it is. On loopback it answers 421 to requests under a name that is not loopback's (``LoopbackHost``).
public final class HTTPServer: Sendable {
    /// Reached from this machine alone.
    public static let defaultAddress = "127.0.0.1"

    /// As asked for.
    public let address: String
    /// As asked for, or what the system chose for 0.
    public let port: Int

    private let door: HTTPAcceptor
    private let isStopped = Mutex(false)

    /// - `address`: IPv4 or IPv6, in digits.
    /// - `port`: 0 to 65535; 0 is any that is free.
    public init(
        address: String = HTTPServer.defaultAddress, port: Int, limits: HTTPLimits = HTTPLimits(), router: HTTPRouter
    ) throws(HTTPServerError) {
        let listener = try HTTPListener(address: address, port: port, backlog: limits.connectionsMax)
        self.address = address
        self.port = listener.port
        let isLoopback = LoopbackHost.isLoopback(address: address)
        let services = [false, true].compactMap {
            HTTPService(router: router, limits, isLoopback: isLoopback, isHealth: $0)
        }
        guard services.count == 2, let door = HTTPAcceptor(listener.descriptor, limits, rest: services[0], health: services[1])
        else {
            let reason = errorText(errno)
            close(listener.descriptor)
            for service in services { service.stop() }
            throw HTTPServerError(description: "cannot serve HTTP on \(address) port \(listener.port): \(reason)")
        }
        self.door = door
    }

    deinit { stop() }

    /// Whether only this machine reaches an address: one of loopback, in digits.
    public static func isLoopback(address: String) -> Bool { LoopbackHost.isLoopback(address: address) }

    /// Accepts no more, lets answers under way go out for at most `graceMilliseconds`, and closes all connections. Again does
    /// nothing. Not to be called from a route.
    public func stop(graceMilliseconds: Int = 1000) {
        let isFirst = isStopped.withLock { isStopped in
            defer { isStopped = true }
            return !isStopped
        }
        guard isFirst else { return }
        door.close()
        var waited = 0
        while waited < graceMilliseconds, door.services.contains(where: { $0.active > 0 }) {
            usleep(1000)
            waited += 1
        }
        for service in door.services { service.stop() }
    }
}
