import CMicroHTTPD
import Glibc
import Platform
import Synchronization

/// Connections that a router answers, with the threads of libmicrohttpd: one a connection, or for health one for all.
final class HTTPService: Sendable {
    /// What is known of a connection that is served.
    private struct Place {
        /// The library has begun with it, and tells when it ends.
        var isServed = false
        /// When it is closed; nil while a route answers.
        var deadline: Int64?
        /// It was, and the library has yet to see that.
        var isClosing = false
    }

    let bodyBytesMax: Int
    private let connectionsMax: Int
    private let idleMilliseconds: Int64
    private let answerMilliseconds: Int64
    private let router: HTTPRouter
    private let isLoopback: Bool
    private let isHealth: Bool
    private let requests = Atomic<Int>(0)
    private let places = Mutex<[Int32: Place]>([:])
    /// The library's, as a number; 0 before and after.
    private let daemon = Atomic<UInt>(0)

    /// Nil where the library does not start.
    init?(router: HTTPRouter, _ limits: HTTPLimits, isLoopback: Bool, isHealth: Bool) {
        self.router = router
        self.isLoopback = isLoopback
        self.isHealth = isHealth
        bodyBytesMax = limits.bodyBytesMax
        connectionsMax = max(1, isHealth ? limits.healthConnectionsMax : limits.connectionsMax)
        idleMilliseconds = Int64(max(1, limits.idleSecondsMax)) * 1000
        answerMilliseconds = Int64(max(1, limits.answerSecondsMax)) * 1000
        // The bound is kept here: the library's own would drop a connection without a word.
        let started = converge_http_start(
            isHealth ? 0 : 1, UInt32(connectionsMax * 2 + 16), limits.headerBytesMax, UInt32(max(1, limits.idleSecondsMax)),
            beginRequest, answerRequest, endRequest, connectionChanged, Unmanaged.passUnretained(self).toOpaque())
        guard let started else { return nil }
        daemon.store(UInt(bitPattern: started), ordering: .releasing)
    }

    /// Requests that have begun and not ended.
    var active: Int { requests.load(ordering: .acquiring) }

    /// Closes all connections and waits for routes that answer. Again does nothing.
    func stop() {
        if let running = OpaquePointer(bitPattern: daemon.exchange(0, ordering: .acquiringAndReleasing)) {
            MHD_stop_daemon(running)
        }
    }

    // MARK: Connections

    /// Whether another one can be taken, now or once the one that has waited longest is closed, which it is here.
    func hasRoom() -> Bool {
        places.withLock { places in
            guard places.count >= connectionsMax else { return true }
            // One at a time: its place is free in a moment.
            if !places.values.contains(where: \.isClosing) { HTTPService.closeFirst(&places) }
            return false
        }
    }

    /// Of those that no route answers. It goes from `places` when the library tells of its end.
    private static func closeFirst(_ places: inout [Int32: Place]) {
        let waiting = places.filter { $0.value.isServed && !$0.value.isClosing && $0.value.deadline != nil }
        guard let first = waiting.min(by: { $0.value.deadline ?? 0 < $1.value.deadline ?? 0 }) else { return }
        shutdown(first.key, Int32(SHUT_RDWR))
        places[first.key]?.isClosing = true
    }

    /// `deadline`: for the first request to have come.
    func take(_ descriptor: Int32, until deadline: Int64) {
        places.withLock { places in
            if places.values.count(where: { !$0.isClosing }) >= connectionsMax { HTTPService.closeFirst(&places) }
            places[descriptor] = Place(deadline: deadline)
        }
        var address = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let taken = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                getpeername(descriptor, address, &length)
                // The socket is the library's from here on, whatever it answers.
                let running = OpaquePointer(bitPattern: daemon.load(ordering: .acquiring))
                return running.map { MHD_add_connection($0, descriptor, address, length) }
            }
        }
        if taken != .YES { places.withLock { $0[descriptor] = nil } }
        if taken == nil { close(descriptor) }
    }

    fileprivate func changed(_ descriptor: Int32, isServed: Bool) {
        places.withLock { places in
            if isServed { places[descriptor]?.isServed = true } else { places[descriptor] = nil }
        }
    }

    /// Closes those whose time is over: the library sees that their client has left.
    func closeOverdue(_ now: Int64) {
        places.withLock { places in
            for (descriptor, place) in places where !place.isClosing && place.deadline.map({ $0 <= now }) ?? false {
                guard place.isServed else {
                    places[descriptor] = nil
                    continue
                }
                shutdown(descriptor, Int32(SHUT_RDWR))
                places[descriptor]?.isClosing = true
            }
        }
    }

    fileprivate func wait(_ descriptor: Int32, milliseconds: Int64?) {
        let deadline = milliseconds.map { monotonicMilliseconds() + $0 }
        places.withLock { $0[descriptor]?.deadline = deadline }
    }

    // MARK: Requests

    fileprivate func begin() { requests.add(1, ordering: .acquiringAndReleasing) }
    fileprivate func end(_ descriptor: Int32) {
        requests.subtract(1, ordering: .acquiringAndReleasing)
        wait(descriptor, milliseconds: idleMilliseconds)
    }

    /// `host`: the header, nil where there is none, as before HTTP/1.1.
    fileprivate func answer(_ descriptor: Int32, method: String, target: String, host: String?) -> HTTPResponse {
        wait(descriptor, milliseconds: nil)
        defer { wait(descriptor, milliseconds: answerMilliseconds) }
        var answer = respond(method: method, target: target, host: host)
        if isHealth { answer.headers.append(("Connection", "close")) }
        return answer
    }

    private func respond(method: String, target: String, host: String?) -> HTTPResponse {
        if isLoopback, let host, !LoopbackHost.isLoopback(host: host) {
            return .problem(
                421,
                "this server serves its own machine only, and '\(host)' is not one of its names; use localhost or 127.0.0.1")
        }
        guard let request = HTTPRequest(method: method, target: target) else { return .badTarget }
        // A path that only begins as health's does, such as /health/../state, is not answered on its thread.
        guard !isHealth || request.path.hasPrefix("/health/") else { return .badTarget }
        return router.answer(request)
    }
}

/// A request under way; belongs to one connection, which one thread serves.
private final class HTTPExchange {
    let target: String
    var isBodyNext = false
    var bodyBytes = 0

    init(target: String) { self.target = target }
}

// The library calls these on its own threads: top-level functions, which carry no isolation.

private func descriptor(of connection: OpaquePointer?) -> Int32 { converge_http_descriptor(connection) }

private func connectionChanged(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ place: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ change: MHD_ConnectionNotificationCode
) {
    guard let context else { return }
    // MHD_CONNECTION_NOTIFY_STARTED
    let isServed = change.rawValue == 0
    Unmanaged<HTTPService>.fromOpaque(context).takeUnretainedValue().changed(descriptor(of: connection), isServed: isServed)
}

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
    return send(
        service.answer(descriptor(of: connection), method: String(cString: method), target: exchange.target, host: host),
        connection)
}

private func endRequest(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ code: MHD_RequestTerminationCode
) {
    guard let context, let held = request?.pointee else { return }
    request?.pointee = nil
    Unmanaged<HTTPExchange>.fromOpaque(held).release()
    Unmanaged<HTTPService>.fromOpaque(context).takeUnretainedValue().end(descriptor(of: connection))
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
