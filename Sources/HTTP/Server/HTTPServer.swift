import Glibc
import Platform
import Synchronization

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
/// With a certificate it speaks TLS alone (``TLSGate``): what comes out of that goes the same way. A handshake waits for others' handshakes,
/// so a probe of health that must wait for nobody asks a second server, without TLS, on loopback.
///
/// The standard address is loopback; what is to be reached from elsewhere needs TLS and middleware that asks who it is. On loopback it answers 421 to requests under a name that is not loopback's (``LoopbackHost``).
public final class HTTPServer: Sendable {
    /// Reached from this machine alone.
    public static let defaultAddress = "127.0.0.1"

    /// As asked for.
    public let address: String
    /// As asked for, or what the system chose for 0.
    public let port: Int

    private let door: HTTPAcceptor
    private let streams: StreamWriter
    private let gate: TLSGate?
    private let isStopped = Mutex(false)

    /// - `address`: IPv4 or IPv6, in digits.
    /// - `port`: 0 to 65535; 0 is any that is free.
    /// - `tls`: Nil: without TLS. With it nothing else is spoken.
    public init(
        address: String = HTTPServer.defaultAddress, port: Int, limits: HTTPLimits = HTTPLimits(), tls: HTTPTLS? = nil,
        router: HTTPRouter
    ) throws(HTTPServerError) {
        var gate: TLSGate?
        if let tls { gate = try TLSGate(tls, limits) }
        self.gate = gate
        let listener = try HTTPListener(address: address, port: port, backlog: max(1024, limits.connectionsMax))
        self.address = address
        self.port = listener.port
        let isLoopback = LoopbackHost.isLoopback(address: address)
        let streams = StreamWriter(limits)
        let services = [false, true].compactMap { isHealth in
            streams.flatMap { HTTPService(router: router, limits, $0, isLoopback: isLoopback, isHealth: isHealth) }
        }
        guard let streams, services.count == 2,
            let door = HTTPAcceptor(listener.descriptor, limits, rest: services[0], health: services[1], gate: gate)
        else {
            let reason = errorText(errno)
            close(listener.descriptor)
            for service in services { service.stop() }
            throw HTTPServerError(description: "cannot serve HTTP on \(address) port \(listener.port): \(reason)")
        }
        self.door = door
        self.streams = streams
    }

    deinit { stop() }

    /// Whether only this machine reaches an address: one of loopback, in digits.
    public static func isLoopback(address: String) -> Bool { LoopbackHost.isLoopback(address: address) }

    /// Accepts no more, ends all streams, lets answers under way and what was sent to streams go out for at most `graceMilliseconds`, and
    /// closes all connections. Clients of streams find that theirs has ended, and come to another server. Again does nothing. Not to be
    /// called from a route or an observer of a stream.
    public func stop(graceMilliseconds: Int = 1000) {
        let isFirst = isStopped.withLock { isStopped in
            defer { isStopped = true }
            return !isStopped
        }
        guard isFirst else { return }
        door.close()
        for service in door.services { service.drain() }
        streams.end()
        let end = monotonicMilliseconds() + Int64(graceMilliseconds)
        while monotonicMilliseconds() < end, isBusy {
            usleep(1000)
            // A route may have opened one since.
            streams.end()
        }
        for service in door.services { service.stop() }
        streams.stop()
        gate?.stop()
    }

    /// Whether anything has yet to go out.
    private var isBusy: Bool {
        streams.count > 0 || (gate?.active ?? 0) > 0 || door.services.contains { $0.active > 0 }
    }
}
