import CCurl
import Platform

/// A connection on which HTTP/1.1 is spoken here. libcurl makes it (addresses, TLS and what that verifies) and carries its bytes.
///
/// Invariants: only the client's thread touches it. libcurl refers to its memory from when it joins the multi handle until it has left it;
/// the lane holds it for as long. Its socket is watched from ``connected(_:)`` until ``leave(_:)``, which comes before it is closed.
final class DirectConnection: CurlHandle {
    /// What has come of a request.
    enum Outcome {
        case underWay
        case whole(HTTPResponse)
        /// The server had ended the connection before it could know of the request: it has not been carried out.
        case stale
        case failed(HTTPError)
    }

    /// Bytes that are received at a time: what a record of TLS holds at most.
    private static let pieceBytes = 16 << 10

    unowned let lane: DirectLane
    /// Since when it has been idle.
    var rested = ContinuousClock.now
    private(set) var submission: HTTPLoop.Submission?
    private let pool: BufferPool
    private var socket: Int32 = -1
    private var upload = ByteBuffer(capacity: 4096)
    private var sent = 0
    private var waitsForRoom = false
    private var reader = AnswerReader(bodyBytesMax: 0)
    private var times = TransferTimes(.now)
    private var head: BufferPool.Block
    private var body: BufferPool.Block
    private var hasAnswered = false

    init?(_ lane: DirectLane, _ pool: BufferPool) {
        self.lane = lane
        self.pool = pool
        head = pool.take()
        body = pool.take()
        super.init()
    }

    var isConnected: Bool { socket >= 0 }

    /// Whether another request may follow.
    var isReusable: Bool { isConnected && reader.keepsConnection }

    // MARK: - Its life

    /// Says how it is to be made, for a first request.
    func prepare(_ submission: HTTPLoop.Submission, _ options: HTTPOptions) {
        set(CURLOPT_URL, submission.request.url.origin + "/")
        setConnection(submission.request, options)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        set(CURLOPT_CONNECT_ONLY, 1)
        take(submission, options)
    }

    /// libcurl has made it, and leaves it alone from now on. False where its socket cannot be had.
    func connected(_ sockets: CurlSockets) -> Bool {
        guard converge_curl_get_socket(easy, &socket) == CURLE_OK, socket >= 0 else { return false }
        // Makes it known to libcurl as in use, so that it is not tidied away as idle.
        var byte: UInt8 = 0
        var count = 0
        guard curl_easy_recv(easy, &byte, 1, &count) == CURLE_AGAIN else { return false }
        return sockets.watch(socket, for: self, room: false)
    }

    /// Ends what the kernel tells of it.
    func leave(_ sockets: CurlSockets) {
        if isConnected { sockets.forget(socket) }
        socket = -1
    }

    // MARK: - A request

    /// Takes a request over; it is sent by ``send(_:)``.
    func take(_ submission: HTTPLoop.Submission, _ options: HTTPOptions) {
        self.submission = submission
        times = TransferTimes(lane.now)
        reader = AnswerReader(bodyBytesMax: options.bodyBytesMax)
        head.buffer.removeAll()
        body.buffer.removeAll()
        upload.removeAll()
        submission.request.append(to: &upload)
        sent = 0
    }

    /// Sends as much of the request as there is room for.
    func send(_ sockets: CurlSockets) -> Outcome {
        while sent < upload.count {
            var count = 0
            let code = curl_easy_send(easy, upload.base + sent, upload.count - sent, &count)
            if code == CURLE_AGAIN {
                setWaitsForRoom(true, sockets)
                return .underWay
            }
            guard code == CURLE_OK else { return lost(error(code)) }
            sent += count
        }
        setWaitsForRoom(false, sockets)
        return .underWay
    }

    private func setWaitsForRoom(_ waits: Bool, _ sockets: CurlSockets) {
        guard waits != waitsForRoom else { return }
        waitsForRoom = waits
        _ = sockets.watch(socket, for: self, room: waits)
    }

    /// Goes on where the socket is ready.
    func advance(_ sockets: CurlSockets, _ scratch: UnsafeMutableRawPointer) -> Outcome {
        if waitsForRoom, case let outcome = send(sockets) {
            guard case .underWay = outcome else { return outcome }
        }
        while true {
            var count = 0
            let code = curl_easy_recv(easy, scratch, DirectConnection.pieceBytes, &count)
            if code == CURLE_AGAIN { return .underWay }
            guard code == CURLE_OK else { return lost(error(code)) }
            // Nothing was asked: the server ends the connection, or talks out of turn.
            guard submission != nil else { return .stale }
            guard count > 0 else { return ended() }
            times.arrived(lane.now)
            switch reader.take(ByteView(start: scratch, count: count), head: &head.buffer, body: &body.buffer) {
            case .more: continue
            case .flawed(let kind, let reason): return .failed(error(kind, reason))
            case .whole(let used):
                // More than the answer, or an answer before the request was sent: what follows would be taken for the next one's.
                if used < count || sent < upload.count { reader.endConnection() }
                return .whole(response())
            }
        }
    }

    /// The server has sent its last byte.
    private func ended() -> Outcome {
        if reader.endsWithConnection { return .whole(response()) }
        return reader.hasBegun
            ? .failed(error(.cutShort, "the connection ended within the response"))
            : lost(error(.connectionLost, "the connection ended without a response"))
    }

    /// As with libcurl: a server may end a connection that is not used, and a request that crosses that is sent again.
    private func lost(_ error: HTTPError) -> Outcome { hasAnswered && !reader.hasBegun ? .stale : .failed(error) }

    private func response() -> HTTPResponse {
        defer {
            head = pool.take()
            body = pool.take()
            hasAnswered = true
        }
        return HTTPResponse(status: reader.status, head: PooledBytes(head, of: pool), body: PooledBytes(body, of: pool))
    }

    /// Which deadline has passed, if one has. libcurl keeps that of connecting itself.
    func overdue(_ now: ContinuousClock.Instant) -> HTTPError? {
        guard let submission, let (kind, reason) = times.overdue(submission, now) else { return nil }
        return error(kind, reason)
    }

    func error(_ kind: HTTPError.Kind, _ reason: String) -> HTTPError {
        HTTPError(kind, lane.origin.origin, reason)
    }

    func error(_ code: CURLcode) -> HTTPError { error(HTTPError.Kind(code), text(of: code)) }

    /// Gives the request up.
    func finish() -> HTTPLoop.Submission? {
        defer { submission = nil }
        return submission
    }
}

extension HTTPRequest {
    /// As it goes over an HTTP/1.1 connection.
    fileprivate func append(to out: inout ByteBuffer) {
        out.append(method.rawValue)
        out.append(" ")
        out.append(url.path)
        if !url.query.isEmpty {
            out.append("?")
            out.append(url.query)
        }
        out.append(" HTTP/1.1\r\n")
        if !headers.contains(where: { $0.isNamed("host") }) { append("Host", url.authority, to: &out) }
        for header in headers { append(header.name, header.value, to: &out) }
        out.append("Content-Length: ")
        out.appendDecimal(Int64(body.count))
        out.append("\r\n\r\n")
        body.withUnsafeBytes { out.append($0) }
    }

    private func append(_ name: String, _ value: String, to out: inout ByteBuffer) {
        name.withBytes { out.append($0) }
        out.append(": ")
        value.withBytes { out.append($0) }
        out.append("\r\n")
    }
}
