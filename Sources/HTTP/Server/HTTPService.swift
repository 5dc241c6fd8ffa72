import CMicroHTTPD
import Glibc
import Platform
import Synchronization

/// Connections that a router answers, with the threads of libmicrohttpd: one a connection, or for health one for all.
final class HTTPService: Sendable {
    /// For the first request to be read before its connection's place may be another's.
    private static let firstMilliseconds: Int64 = 5000

    private let bodyBytesMax: Int
    private let connectionsMax: Int
    private let idleMilliseconds: Int64
    private let answerMilliseconds: Int64
    private let router: HTTPRouter
    private let streams: StreamWriter
    private let isLoopback: Bool
    private let isHealth: Bool
    private let requests = Atomic<Int>(0)
    /// No further request is taken on any connection.
    private let isDraining = Atomic<Bool>(false)
    private let places = Mutex<[Int32: HTTPConnection]>([:])
    /// The library's, as a number; 0 before and after.
    private let daemon = Atomic<UInt>(0)

    /// Nil where the library does not start.
    init?(router: HTTPRouter, _ limits: HTTPLimits, _ streams: StreamWriter, isLoopback: Bool, isHealth: Bool) {
        self.router = router
        self.streams = streams
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

    /// Connections without a request are closed, and the others after their answer.
    func drain() {
        isDraining.store(true, ordering: .releasing)
        places.withLock { places in
            for (descriptor, place) in places
            where place.isServed.load(ordering: .acquiring) && place.isIdle.load(ordering: .acquiring) {
                HTTPService.close(descriptor, place)
            }
        }
    }

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
            if !places.values.contains(where: \.isLeaving) { closeFirst(places) }
            return false
        }
    }

    /// Of those that wait for a further request the one that has for longest; where there is none, of those that no route answers. The first
    /// request of each has a moment to be read: many that come at once must not push each other out. It goes from `places` when the library
    /// tells of its end.
    private func closeFirst(_ places: [Int32: HTTPConnection]) {
        let latest = monotonicMilliseconds() - (isHealth ? 0 : HTTPService.firstMilliseconds)
        let waiting = places.filter { _, place in
            place.isServed.load(ordering: .acquiring) && !place.isLeaving && place.isWaiting
                && (place.isKept || place.since <= latest)
        }
        let first = waiting.min { one, other in
            one.value.isKept == other.value.isKept ? one.value.end < other.value.end : one.value.isKept
        }
        if let first { HTTPService.close(first.key, first.value) }
    }

    private static func close(_ descriptor: Int32, _ place: HTTPConnection) {
        place.isClosing.store(true, ordering: .releasing)
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// `deadline`: for the first request to have come.
    func take(_ descriptor: Int32, from peer: sockaddr_storage, isEncrypted: Bool, until deadline: Int64) {
        var address = peer
        let length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let place = HTTPConnection(peer: HTTPListener.digits(of: peer), isEncrypted: isEncrypted, deadline: deadline)
        places.withLock { places in
            if places.values.count(where: { !$0.isLeaving }) >= connectionsMax { closeFirst(places) }
            places[descriptor] = place
        }
        let taken = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                // The socket is the library's from here on, whatever it answers.
                let running = OpaquePointer(bitPattern: daemon.load(ordering: .acquiring))
                return running.map { MHD_add_connection($0, descriptor, address, length) }
            }
        }
        if taken != .YES { places.withLock { $0[descriptor] = nil } }
        if taken == nil { Glibc.close(descriptor) }
    }

    /// What belongs to a connection from its begin on.
    fileprivate func began(_ descriptor: Int32) -> HTTPConnection? {
        places.withLock { places in
            places[descriptor]?.isServed.store(true, ordering: .releasing)
            return places[descriptor]
        }
    }

    fileprivate func ended(_ descriptor: Int32) { places.withLock { _ = $0.removeValue(forKey: descriptor) } }

    /// Closes those whose time is over: the library sees that their client has left.
    func closeOverdue(_ now: Int64) {
        places.withLock { places in
            for (descriptor, place) in places where !place.isLeaving && place.end <= now {
                guard place.isServed.load(ordering: .acquiring) else {
                    places[descriptor] = nil
                    continue
                }
                HTTPService.close(descriptor, place)
            }
        }
    }

    // MARK: Requests

    fileprivate func begin(_ connection: HTTPConnection?) {
        requests.add(1, ordering: .acquiringAndReleasing)
        connection?.isIdle.store(false, ordering: .releasing)
    }

    fileprivate func end(_ connection: HTTPConnection?) {
        requests.subtract(1, ordering: .acquiringAndReleasing)
        connection?.wait(milliseconds: idleMilliseconds)
        connection?.isAnswered.store(true, ordering: .releasing)
        connection?.isIdle.store(true, ordering: .releasing)
    }

    /// Reads what stands before the body, and finds its route. What is refused at once, without the body.
    fileprivate func receive(
        _ exchange: HTTPExchange, _ method: String, _ headers: HTTPHeaders, from place: HTTPConnection
    ) -> HTTPResponse? {
        exchange.bodyBytesMax = bodyBytesMax
        let named = headers["X-Request-Id"].flatMap { RequestID.isAccepted($0) ? $0 : nil }
        exchange.id = named ?? RequestID.next()
        if let flaw = headers.flaw(isChunkable: exchange.isChunkable) {
            return .problem(400, "the request is malformed: \(flaw)", headers: [("Connection", "close")])
        }
        guard var request = HTTPRequest(method: method, target: exchange.target),
            // A path that only begins as health's does, such as /health/../state, is not answered on its thread.
            !isHealth || request.path.hasPrefix("/health/")
        else {
            exchange.refusal = .badTarget
            return nil
        }
        if isLoopback, let host = headers["Host"], !LoopbackHost.isLoopback(host: host) {
            exchange.refusal = .problem(
                421,
                "this server serves its own machine only, and '\(host)' is not one of its names; use localhost or 127.0.0.1")
            return nil
        }
        if let coding = headers["Content-Encoding"], coding.lowercased() != "identity" {
            exchange.refusal = .problem(
                415, "a body is not unpacked here; send it without Content-Encoding", headers: [("Accept-Encoding", "identity")]
            )
            return nil
        }
        (request.headers, request.peer, request.id) = (headers, place.peer, exchange.id)
        request.isEncrypted = place.isEncrypted
        exchange.place = router.place(of: request)
        if let route = router.route(at: exchange.place) { exchange.bodyBytesMax = route.bodyBytesMax ?? bodyBytesMax }
        exchange.request = request
        guard let length = headers["Content-Length"], Int(length) ?? .max > exchange.bodyBytesMax else { return nil }
        return tooLarge(exchange)
    }

    private func tooLarge(_ exchange: HTTPExchange) -> HTTPResponse {
        let refusal = HTTPResponse.problem(
            413, "a body at \(exchange.request?.path ?? exchange.target) may have \(exchange.bodyBytesMax) bytes; send fewer",
            headers: [("Connection", "close")])
        return exchange.request.map { router.answer($0, with: refusal) } ?? refusal
    }

    /// What is answered to a request that has come whole.
    fileprivate func respond(_ exchange: HTTPExchange, _ place: HTTPConnection) -> HTTPResponse {
        place.wait(milliseconds: nil)
        defer { place.wait(milliseconds: answerMilliseconds) }
        var answer = answer(exchange)
        if isHealth || isDraining.load(ordering: .acquiring) { answer.headers.append(("Connection", "close")) }
        return answer
    }

    private func answer(_ exchange: HTTPExchange) -> HTTPResponse {
        if let refusal = exchange.refusal { return refusal }
        if exchange.isTooLarge { return tooLarge(exchange) }
        guard var request = exchange.request else { return .badTarget }
        exchange.request = nil
        request.body = exchange.body
        return router.answer(request, at: exchange.place)
    }

    /// Answers with a stream. What is said in its place, where that cannot be.
    fileprivate func open(
        _ stream: HTTPStream, _ answer: HTTPResponse, _ exchange: HTTPExchange, _ descriptor: Int32
    ) -> HTTPResponse? {
        guard streams.hasRoom else {
            stream.cut()
            return .problem(
                503, "the maximum number of streams is open; retry later", headers: [("Retry-After", "5")])
        }
        let taken = converge_http_take_over(descriptor)
        guard taken >= 0 else {
            stream.cut()
            return .problem(503, "the system has no file left for a stream; retry later", headers: [("Retry-After", "5")])
        }
        let head = StreamHead.bytes(answer, id: exchange.id, isChunked: exchange.isChunkable)
        streams.take(taken, stream, head: head, isChunked: exchange.isChunkable)
        return nil
    }
}

// The library calls these on its own threads: top-level functions, which carry no isolation.

private func place(of connection: OpaquePointer) -> HTTPConnection? {
    converge_http_context(connection).map { Unmanaged<HTTPConnection>.fromOpaque($0).takeUnretainedValue() }
}

private func connectionChanged(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ place: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ change: MHD_ConnectionNotificationCode
) {
    guard let context, let place else { return }
    let service = Unmanaged<HTTPService>.fromOpaque(context).takeUnretainedValue()
    let descriptor = converge_http_descriptor(connection)
    // MHD_CONNECTION_NOTIFY_STARTED
    if change.rawValue == 0 {
        place.pointee = service.began(descriptor).map { Unmanaged.passRetained($0).toOpaque() }
    } else {
        service.ended(descriptor)
        if let held = place.pointee { Unmanaged<HTTPConnection>.fromOpaque(held).release() }
        place.pointee = nil
    }
}

private func beginRequest(
    _ context: UnsafeMutableRawPointer?, _ uri: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let context, let uri, let connection else { return nil }
    Unmanaged<HTTPService>.fromOpaque(context).takeUnretainedValue().begin(place(of: connection))
    return Unmanaged.passRetained(HTTPExchange(target: String(validatingCString: uri) ?? "")).toOpaque()
}

private func answerRequest(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?,
    _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?, _ uploadSize: UnsafeMutablePointer<Int>?,
    _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let context, let connection, let method, let version, let uploadSize, let held = request?.pointee,
        let place = place(of: connection)
    else { return .NO }
    let service = Unmanaged<HTTPService>.fromOpaque(context).takeUnretainedValue()
    let exchange = Unmanaged<HTTPExchange>.fromOpaque(held).takeUnretainedValue()
    // The first call comes before the body; an answer to it closes the connection.
    guard exchange.isBegun else {
        exchange.isBegun = true
        exchange.isChunkable = strcmp(version, MHD_HTTP_VERSION_1_1) == 0
        exchange.isHead = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0
        var headers = HTTPHeaders()
        withUnsafeMutablePointer(to: &headers) { _ = MHD_get_connection_values(connection, .HEADER_KIND, addHeader, $0) }
        let refusal = service.receive(exchange, String(cString: method), headers, from: place)
        return refusal.map { send($0, exchange, connection) } ?? .YES
    }
    if uploadSize.pointee > 0 {
        let bytes = UnsafeRawBufferPointer(start: upload, count: uploadSize.pointee)
        uploadSize.pointee = 0
        return exchange.take(bytes) ? .YES : .NO
    }
    var answer = service.respond(exchange, place)
    if case .stream(let stream) = answer.body {
        if exchange.isHead {
            stream.cut()
        } else if let refusal = service.open(stream, answer, exchange, converge_http_descriptor(connection)) {
            answer = refusal
        } else {
            // The library closes what it takes for the connection.
            return .NO
        }
    }
    return send(answer, exchange, connection)
}

private func addHeader(
    _ headers: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?, _ value: UnsafePointer<CChar>?
) -> MHD_Result {
    guard let headers, let name else { return .NO }
    headers.assumingMemoryBound(to: HTTPHeaders.self).pointee.append(name: name, value: value)
    return .YES
}

private func endRequest(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ request: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    _ code: MHD_RequestTerminationCode
) {
    guard let context, let connection, let held = request?.pointee else { return }
    request?.pointee = nil
    Unmanaged<HTTPExchange>.fromOpaque(held).release()
    Unmanaged<HTTPService>.fromOpaque(context).takeUnretainedValue().end(place(of: connection))
}

private func send(_ answer: HTTPResponse, _ exchange: HTTPExchange, _ connection: OpaquePointer) -> MHD_Result {
    let response = answer.body.bytes.withUnsafeBytes { bytes in
        // The library copies.
        MHD_create_response_from_buffer(
            bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
    }
    guard let response else { return .NO }
    defer { MHD_destroy_response(response) }
    answer.forEachHeader(id: exchange.id) { _ = MHD_add_response_header(response, $0, $1) }
    return MHD_queue_response(connection, UInt32(answer.status), response)
}
