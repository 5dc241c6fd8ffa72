import CMicroHTTPD
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a server takes on.
public struct HTTPLimits: Sendable {
    /// Connections at a time, shared out evenly among the threads; further ones wait in the system's queue until one ends.
    public var connectionsMax = 64
    /// Bytes of a request's line and headers; longer ones are answered with 414 or 431.
    public var headerBytesMax = 16_384
    /// Bytes of a body, which no route reads; the connection of a longer one is closed.
    public var bodyBytesMax = 65_536
    /// Seconds without a byte after which a connection is closed.
    public var idleSecondsMax = 15
    /// Threads that answer.
    public var threads = 2

    public init() {}
}

/// Why a server does not start.
public struct HTTPServerError: Error, Equatable, CustomStringConvertible {
    /// Where, why, and what to do.
    public var description: String
}

/// Serves a router over HTTP/1.1, on threads of its own, until it is stopped or released.
///
/// Speaks plain HTTP to whoever can connect: the standard address is loopback, and what is to be reached from elsewhere belongs behind
/// a proxy that asks who it is. On loopback it answers 421 to requests under a name that is not loopback's (``LoopbackHost``).
public final class HTTPServer: Sendable {
    /// As asked for.
    public let address: String
    /// As asked for, or what the system chose for 0.
    public let port: Int

    private let daemon: Mutex<OpaquePointer?>
    private let service: HTTPService

    /// - `address`: IPv4 or IPv6, in digits.
    /// - `port`: 0 to 65535; 0 is any that is free.
    public init(address: String = "127.0.0.1", port: Int, limits: HTTPLimits = HTTPLimits(), router: HTTPRouter)
        throws(HTTPServerError)
    {
        let listener = try HTTPListener(address: address, port: port, backlog: limits.connectionsMax)
        self.address = address
        self.port = listener.port
        service = HTTPService(
            router: router, bodyBytesMax: limits.bodyBytesMax, isLoopback: LoopbackHost.isLoopback(address: address))
        let threads = max(1, limits.threads)
        let started = converge_http_start(
            listener.descriptor, UInt32(threads), UInt32(max(threads, limits.connectionsMax)), limits.headerBytesMax,
            UInt32(max(1, limits.idleSecondsMax)), beginRequest, answerRequest, endRequest,
            Unmanaged.passUnretained(service).toOpaque())
        guard started != nil else {
            // The socket stays open: on some ways to fail the library has closed it, and its number may be another file's by now.
            let reason = errorText(errno)
            throw HTTPServerError(description: "cannot serve HTTP on \(address) port \(listener.port): \(reason)")
        }
        daemon = Mutex(started)
    }

    deinit { stop() }

    /// Accepts no more, lets answers under way go out for at most `graceMilliseconds`, and closes all connections. Again does
    /// nothing. Not to be called from a route.
    public func stop(graceMilliseconds: Int = 1000) {
        guard
            let running = daemon.withLock({ daemon in
                defer { daemon = nil }
                return daemon
            })
        else { return }
        let listening = MHD_quiesce_daemon(running)
        var waited = 0
        while waited < graceMilliseconds, service.active > 0 {
            usleep(1000)
            waited += 1
        }
        MHD_stop_daemon(running)
        if listening >= 0 { close(listening) }
    }
}

/// A socket that listens.
private struct HTTPListener {
    let descriptor: Int32
    let port: Int

    init(address: String, port: Int, backlog: Int) throws(HTTPServerError) {
        guard let wanted = UInt16(exactly: port) else {
            throw HTTPServerError(description: "http.port: \(port) is no port; give one from 0 to 65535")
        }
        var storage = sockaddr_storage()
        guard let length = HTTPListener.fill(&storage, address, wanted) else {
            throw HTTPServerError(
                description:
                    "http.address: '\(printable(address))' is no IPv4 or IPv6 address; give one such as 127.0.0.1 or ::1")
        }
        let family = Int32(storage.ss_family)
        let opened = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard opened >= 0 else { throw HTTPListener.failure(address, port, errno) }
        var on: Int32 = 1
        setsockopt(opened, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        let bound = withUnsafePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(opened, $0, length) }
        }
        guard bound == 0, listen(opened, Int32(clamping: backlog)) == 0 else {
            let code = errno
            close(opened)
            throw HTTPListener.failure(address, port, code)
        }
        descriptor = opened
        self.port = HTTPListener.port(of: opened) ?? port
    }

    private static func fill(_ storage: inout sockaddr_storage, _ address: String, _ port: UInt16) -> socklen_t? {
        withUnsafeMutablePointer(to: &storage) { pointer in
            let raw = UnsafeMutableRawPointer(pointer)
            var four = sockaddr_in()
            if inet_pton(AF_INET, address, &four.sin_addr) == 1 {
                four.sin_family = sa_family_t(AF_INET)
                four.sin_port = port.bigEndian
                raw.copyMemory(from: &four, byteCount: MemoryLayout<sockaddr_in>.size)
                return socklen_t(MemoryLayout<sockaddr_in>.size)
            }
            var six = sockaddr_in6()
            guard inet_pton(AF_INET6, address, &six.sin6_addr) == 1 else { return nil }
            six.sin6_family = sa_family_t(AF_INET6)
            six.sin6_port = port.bigEndian
            raw.copyMemory(from: &six, byteCount: MemoryLayout<sockaddr_in6>.size)
            return socklen_t(MemoryLayout<sockaddr_in6>.size)
        }
    }

    private static func port(of descriptor: Int32) -> Int? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            let result = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            guard result == 0 else { return nil }
            // The port stands at the same place in both.
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { Int(UInt16(bigEndian: $0.pointee.sin_port)) }
        }
    }

    private static func failure(_ address: String, _ port: Int, _ code: Int32) -> HTTPServerError {
        let advice =
            switch code {
            case EADDRINUSE: "the port is in use; stop who listens there, or give another http.port (0: any)"
            case EACCES: "not allowed; give an http.port above 1023"
            case EADDRNOTAVAIL: "no interface of this machine has that address; give another http.address"
            default: errorText(code)
            }
        return HTTPServerError(description: "cannot listen for HTTP on \(address) port \(port): \(advice)")
    }
}

/// What the library's threads share.
private final class HTTPService: Sendable {
    let bodyBytesMax: Int
    private let router: HTTPRouter
    private let isLoopback: Bool
    private let requests = Atomic<Int>(0)

    /// Requests that have begun and not ended.
    var active: Int { requests.load(ordering: .acquiring) }

    init(router: HTTPRouter, bodyBytesMax: Int, isLoopback: Bool) {
        self.router = router
        self.bodyBytesMax = bodyBytesMax
        self.isLoopback = isLoopback
    }

    /// `host`: the header, nil where there is none, as before HTTP/1.1.
    func answer(method: String, target: String, host: String?) -> HTTPResponse {
        if isLoopback, let host, !LoopbackHost.isLoopback(host: host) {
            return .problem(421, "this address serves its own machine, and is not '\(host)'; ask for localhost or 127.0.0.1")
        }
        return HTTPRequest(method: method, target: target).map { router.answer($0) } ?? .badTarget
    }

    func begin() { requests.add(1, ordering: .acquiringAndReleasing) }
    func end() { requests.subtract(1, ordering: .acquiringAndReleasing) }
}

/// A request under way; belongs to one connection, which one thread serves.
private final class HTTPExchange {
    let target: String
    var isBodyNext = false
    var bodyBytes = 0

    init(target: String) { self.target = target }
}

// The library calls these on its own threads: top-level functions, which carry no isolation.

private func beginRequest(
    _ context: UnsafeMutableRawPointer?, _ uri: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let context, let uri else { return nil }
    Unmanaged<HTTPService>.fromOpaque(context).takeUnretainedValue().begin()
    return Unmanaged.passRetained(HTTPExchange(target: String(cString: uri))).toOpaque()
}

private func answerRequest(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?,
    _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?, _ uploadSize: UnsafeMutablePointer<Int>?,
    _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context, let connection, let method, let uploadSize, let held = request?.pointee else { return .NO }
    let service = Unmanaged<HTTPService>.fromOpaque(context).takeUnretainedValue()
    let exchange = Unmanaged<HTTPExchange>.fromOpaque(held).takeUnretainedValue()
    // The first call comes before the body; an answer to it would close the connection.
    guard exchange.isBodyNext else {
        exchange.isBodyNext = true
        return .YES
    }
    if uploadSize.pointee > 0 {
        exchange.bodyBytes += uploadSize.pointee
        uploadSize.pointee = 0
        return exchange.bodyBytes <= service.bodyBytesMax ? .YES : .NO
    }
    let host = MHD_lookup_connection_value(connection, .HEADER_KIND, "Host").map { String(cString: $0) }
    return send(service.answer(method: String(cString: method), target: exchange.target, host: host), connection)
}

private func endRequest(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ code: MHD_RequestTerminationCode
) {
    guard let context, let held = request?.pointee else { return }
    request?.pointee = nil
    Unmanaged<HTTPExchange>.fromOpaque(held).release()
    Unmanaged<HTTPService>.fromOpaque(context).takeUnretainedValue().end()
}

private func send(_ answer: HTTPResponse, _ connection: OpaquePointer) -> MHD_Result {
    let response = answer.body.withUnsafeBytes { bytes in
        // The library copies.
        MHD_create_response_from_buffer(
            bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
    }
    guard let response else { return .NO }
    defer { MHD_destroy_response(response) }
    let standard = [
        ("Content-Type", answer.contentType), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"),
    ]
    for (name, value) in standard + answer.headers { _ = MHD_add_response_header(response, name, value) }
    return MHD_queue_response(connection, UInt32(answer.status), response)
}
