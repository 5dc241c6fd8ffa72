import CCurl

/// The direct connections to one origin, and the requests on them: one at a time on each.
///
/// Bounds: at most `connectionsPerHostMax` connections; how many requests wait for one is the loop's to bound. An idle connection is closed
/// after ``idleMax``, before the servers and address translators on the way forget it.
///
/// Invariant: only the client's thread touches it.
final class DirectLane {
    static let idleMax = Duration.seconds(60)

    let origin: HTTPURL
    /// The time of the loop's turn.
    var now = ContinuousClock.now
    private unowned let loop: HTTPLoop
    /// Connections with a request, by its identity; those that are being made among them.
    private var busy: [UInt64: DirectConnection] = [:]
    /// The one that has rested the longest first.
    private var idle: [DirectConnection] = []
    /// In their order, behind as many connections as there may be.
    private var waiting: [HTTPLoop.Submission] = []
    private let scratch = UnsafeMutableRawPointer.allocate(byteCount: 16 << 10, alignment: 16)

    init(_ origin: HTTPURL, _ loop: HTTPLoop) {
        self.origin = origin
        self.loop = loop
    }

    deinit { scratch.deallocate() }

    func serves(_ url: HTTPURL) -> Bool {
        url.scheme == origin.scheme && url.port == origin.port && url.host == origin.host
    }

    // MARK: - Requests

    func start(_ submission: HTTPLoop.Submission) {
        if let connection = idle.popLast() { return begin(connection, submission) }
        guard busy.count < loop.options.connectionsPerHostMax else { return waiting.append(submission) }
        connect(submission)
    }

    private func begin(_ connection: DirectConnection, _ submission: HTTPLoop.Submission) {
        busy[submission.identity] = connection
        connection.take(submission, loop.options)
        act(connection, connection.send(loop.sockets))
    }

    private func connect(_ submission: HTTPLoop.Submission) {
        guard let connection = DirectConnection(self, loop.pool) else {
            return loop.ended(submission, .failure(HTTPError(.other, origin.origin, "libcurl has no handle left")))
        }
        busy[submission.identity] = connection
        connection.prepare(submission, loop.options)
        if curl_multi_add_handle(loop.multi, connection.easy) != CURLM_OK {
            fail(connection, connection.error(.other, "libcurl accepts no more transfers"))
        }
    }

    /// libcurl has made a connection, or could not.
    func connected(_ connection: DirectConnection, _ code: CURLcode) {
        guard code == CURLE_OK else { return fail(connection, connection.error(code)) }
        guard connection.connected(loop.sockets) else {
            return fail(connection, connection.error(.connectionLost, "the connection ended at once"))
        }
        act(connection, connection.send(loop.sockets))
    }

    /// The socket of a connection is ready.
    func ready(_ connection: DirectConnection) { act(connection, connection.advance(loop.sockets, scratch)) }

    private func act(_ connection: DirectConnection, _ outcome: DirectConnection.Outcome) {
        switch outcome {
        case .underWay: break
        case .failed(let error): fail(connection, error)
        case .whole(let response):
            guard let submission = connection.finish() else { return }
            busy[submission.identity] = nil
            if connection.isReusable { rest(connection) } else { close(connection) }
            loop.ended(submission, .success(response))
        case .stale:
            guard let submission = connection.finish() else {
                idle.removeAll { $0 === connection }
                return close(connection)
            }
            busy[submission.identity] = nil
            close(connection)
            connect(submission)
        }
    }

    func fail(_ connection: DirectConnection, _ error: HTTPError) {
        guard let submission = connection.finish() else { return }
        busy[submission.identity] = nil
        close(connection)
        loop.ended(submission, .failure(error))
    }

    private func rest(_ connection: DirectConnection) {
        if waiting.isEmpty {
            connection.rested = now
            idle.append(connection)
        } else {
            begin(connection, waiting.removeFirst())
        }
    }

    private func close(_ connection: DirectConnection) {
        connection.leave(loop.sockets)
        curl_multi_remove_handle(loop.multi, connection.easy)
        if !waiting.isEmpty, busy.count < loop.options.connectionsPerHostMax { connect(waiting.removeFirst()) }
    }

    // MARK: - Ends

    /// Whether the request was here.
    func cancel(_ identity: UInt64) -> Bool {
        if let connection = busy[identity] {
            fail(connection, connection.error(.cancelled, "cancelled"))
            return true
        }
        guard let at = waiting.firstIndex(where: { $0.identity == identity }) else { return false }
        loop.ended(waiting.remove(at: at), .failure(HTTPError(.cancelled, origin.origin, "cancelled")))
        return true
    }

    /// Ends what is past a deadline, and closes what has rested for long.
    func sweep() {
        for connection in busy.values {
            if let error = connection.overdue(now) { fail(connection, error) }
        }
        let expired = waiting.filter { now - $0.submitted > $0.request.timeouts.total }
        if !expired.isEmpty {
            waiting.removeAll { now - $0.submitted > $0.request.timeouts.total }
            for submission in expired { loop.ended(submission, .failure(submission.waitedTooLong)) }
        }
        while let first = idle.first, now - first.rested > DirectLane.idleMax { close(idle.removeFirst()) }
    }

    func endAll() {
        let waited = waiting
        waiting = []
        for connection in busy.values { fail(connection, connection.error(.cancelled, "the client was closed")) }
        for submission in waited {
            loop.ended(submission, .failure(HTTPError(.cancelled, origin.origin, "the client was closed")))
        }
        for connection in idle { close(connection) }
        idle = []
    }
}
