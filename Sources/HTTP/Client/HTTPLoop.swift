import CCurl
import Synchronization

/// The client's thread: takes what other threads ask for, keeps libcurl's transfers going, watches their deadlines.
///
/// `@unchecked Sendable`: `inbox` is for every thread; everything else is touched by the thread in ``run()`` alone, but for the bell of
/// `sockets`, which anybody may ring.
final class HTTPLoop: @unchecked Sendable {
    struct Submission: Sendable {
        let identity: UInt64
        let request: HTTPRequest
        let onChunk: HTTPClient.ChunkReceiver?
        let completion: HTTPClient.Completion
        let submitted: ContinuousClock.Instant

        /// Ends the request, before it was started, or after.
        func fail(_ kind: HTTPError.Kind, _ reason: String) {
            completion(.failure(HTTPError(kind, request.url.origin, reason)))
        }

        /// The total time has passed, and it was not started.
        var waitedTooLong: HTTPError {
            HTTPError(
                .timedOut(.total), request.url.origin, "waited \(request.timeouts.total) for a free connection slot")
        }
    }

    private struct Timer {
        let at: ContinuousClock.Instant
        let body: @Sendable () -> Void
    }

    private struct Inbox {
        var submissions: [Submission] = []
        var cancelled: [UInt64] = []
        var resumed: [UInt64] = []
        var timers: [Timer] = []
        var lastIdentity: UInt64 = 0
        /// Submitted and not ended.
        var outstanding = 0
        var isAsleep = false
        var isStopping = false

        var isEmpty: Bool {
            submissions.isEmpty && cancelled.isEmpty && resumed.isEmpty && timers.isEmpty && !isStopping
        }
    }

    /// How often deadlines are looked at.
    static let tick = Duration.milliseconds(50)
    /// Origins that have direct connections; requests to others go the ordinary way.
    static let lanesMax = 16

    let options: HTTPOptions
    let multi: UnsafeMutableRawPointer
    let sockets: CurlSockets
    let pool = BufferPool()
    private let inbox = Mutex(Inbox())
    /// By identity. At most `inFlightMax`, together with the requests of the lanes.
    private var active: [UInt64: CurlTransfer] = [:]
    /// One for each origin of direct requests, at most ``lanesMax``.
    private var lanes: [DirectLane] = []
    private var inLanes = 0
    /// Behind those, from `waitingAt` on; at most `waitingMax`.
    private var waiting: [Submission] = []
    private var waitingAt = 0
    /// Latest first.
    private var timers: [Timer] = []
    /// Handles to use again. At most `inFlightMax`.
    private var idle: [CurlTransfer] = []
    private var nextSweep = ContinuousClock.now

    init(_ options: HTTPOptions) throws(HTTPError) {
        guard isCurlReady, let sockets = CurlSockets(), let multi = curl_multi_init() else {
            throw HTTPError(.other, "the network", "libcurl cannot be initialised")
        }
        self.options = options
        self.multi = multi
        self.sockets = sockets
        sockets.attach(to: multi)
        let connections = options.inFlightMax
        _ = converge_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, connections)
        // For libcurl direct connections count with its own.
        _ = converge_curl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, 2 * options.connectionsPerHostMax)
        _ = converge_curl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX))
    }

    deinit {
        idle = []
        active = [:]
        lanes = []
        curl_multi_cleanup(multi)
    }

    // MARK: From any thread

    func submit(
        _ request: HTTPRequest, _ onChunk: HTTPClient.ChunkReceiver?, _ completion: @escaping HTTPClient.Completion
    ) -> UInt64 {
        let flaw = request.flaw
        let bound = options.inFlightMax + options.waitingMax
        let (submission, refusal) = inbox.withLock { inbox -> (Submission, HTTPError.Kind?) in
            inbox.lastIdentity += 1
            let submission = Submission(
                identity: inbox.lastIdentity, request: request, onChunk: onChunk, completion: completion,
                submitted: .now)
            if flaw != nil { return (submission, .badRequest) }
            if inbox.isStopping { return (submission, .cancelled) }
            guard inbox.outstanding < bound else { return (submission, .overloaded) }
            inbox.outstanding += 1
            inbox.submissions.append(submission)
            return (submission, nil)
        }
        if let refusal {
            submission.fail(refusal, flaw ?? "\(bound) requests are in progress")
        } else {
            wake()
        }
        return submission.identity
    }

    func cancel(_ identity: UInt64) {
        inbox.withLock { $0.cancelled.append(identity) }
        wake()
    }

    func resume(_ identity: UInt64) {
        inbox.withLock { $0.resumed.append(identity) }
        wake()
    }

    func schedule(_ delay: Duration, _ body: @escaping @Sendable () -> Void) {
        let timer = Timer(at: .now + delay, body: body)
        let isLate = inbox.withLock { inbox in
            if !inbox.isStopping { inbox.timers.append(timer) }
            return inbox.isStopping
        }
        if isLate { body() } else { wake() }
    }

    func stop() {
        inbox.withLock { $0.isStopping = true }
        wake()
    }

    /// A wake-up is a system call, so it is spared where the thread is awake.
    private func wake() {
        let wasAsleep = inbox.withLock { inbox in
            defer { inbox.isAsleep = false }
            return inbox.isAsleep
        }
        if wasAsleep { sockets.ring() }
    }

    // MARK: On the client's thread

    func run() {
        while true {
            let isStopping = takeInbox()
            if isStopping { break }
            for lane in lanes { lane.now = .now }
            startWaiting()
            sockets.act(on: multi)
            takeMessages()
            let now = ContinuousClock.now
            if now >= nextSweep { sweep(now) }
            guard
                inbox.withLock({ inbox in
                    inbox.isAsleep = inbox.isEmpty
                    return inbox.isAsleep
                })
            else { continue }
            if !hasWaiting || inFlight >= options.inFlightMax {
                sockets.wait(milliseconds: pollMilliseconds(now))
            }
            inbox.withLock { $0.isAsleep = false }
        }
        endAll()
    }

    private var hasWaiting: Bool { waitingAt < waiting.count }
    private var inFlight: Int { active.count + inLanes }

    /// How long there is nothing to look at but the network: libcurl minds its own timers within.
    private func pollMilliseconds(_ now: ContinuousClock.Instant) -> Int32 {
        let longest: Double = inFlight == 0 ? 60_000 : HTTPLoop.tick / .milliseconds(1)
        guard let timer = timers.last else { return Int32(longest) }
        return Int32(min(max((timer.at - now) / .milliseconds(1) + 1, 0), longest))
    }

    private func takeInbox() -> Bool {
        let taken = inbox.withLock { inbox in
            let taken = inbox
            inbox.submissions = []
            inbox.cancelled = []
            inbox.resumed = []
            inbox.timers = []
            return taken
        }
        waiting += taken.submissions
        if !taken.timers.isEmpty {
            timers += taken.timers
            timers.sort { $0.at > $1.at }
            nextSweep = min(nextSweep, timers.last?.at ?? nextSweep)
        }
        for identity in taken.cancelled { cancelNow(identity) }
        for identity in taken.resumed { active[identity]?.resume() }
        return taken.isStopping
    }

    private func cancelNow(_ identity: UInt64) {
        if let transfer = active[identity] {
            end(transfer, .failure(transfer.error(.cancelled, "cancelled")))
        } else if lanes.contains(where: { $0.cancel(identity) }) {
            return
        } else if let at = waiting[waitingAt...].firstIndex(where: { $0.identity == identity }) {
            let submission = waiting.remove(at: at)
            leave()
            submission.fail(.cancelled, "cancelled")
        }
    }

    private func startWaiting() {
        while hasWaiting, inFlight < options.inFlightMax {
            let submission = waiting[waitingAt]
            waitingAt += 1
            start(submission)
        }
        if !hasWaiting {
            waiting.removeAll(keepingCapacity: true)
            waitingAt = 0
        } else if waitingAt >= 1024 {
            waiting.removeFirst(waitingAt)
            waitingAt = 0
        }
    }

    private func start(_ submission: Submission) {
        if inFlight == 0 { nextSweep = min(nextSweep, .now + HTTPLoop.tick) }
        if let lane = lane(of: submission) {
            inLanes += 1
            return lane.start(submission)
        }
        guard let transfer = idle.popLast() ?? CurlTransfer(pool) else {
            leave()
            return submission.fail(.other, "libcurl has no handle left")
        }
        transfer.begin(submission, options)
        active[submission.identity] = transfer
        if curl_multi_add_handle(multi, transfer.easy) != CURLM_OK {
            end(transfer, .failure(transfer.error(.other, "libcurl accepts no more transfers")))
        }
    }

    /// The lane of a direct request; nil where it goes the ordinary way.
    private func lane(of submission: Submission) -> DirectLane? {
        let request = submission.request
        guard request.isDirect, request.method == .post, submission.onChunk == nil, options.proxies.proxy(of: request) == nil
        else { return nil }
        if let lane = lanes.first(where: { $0.serves(request.url) }) { return lane }
        guard lanes.count < HTTPLoop.lanesMax else { return nil }
        let lane = DirectLane(
            HTTPURL(scheme: request.url.scheme, host: request.url.host, port: request.url.port), self)
        lanes.append(lane)
        return lane
    }

    /// A request of a lane has ended.
    func ended(_ submission: Submission, _ result: Result<HTTPResponse, HTTPError>) {
        inLanes -= 1
        leave()
        submission.completion(result)
    }

    private func takeMessages() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            let code = message.pointee.data.result
            switch CurlHandle.of(easy) {
            case let transfer as CurlTransfer: end(transfer, transfer.result(code))
            case let connection as DirectConnection: connection.lane.connected(connection, code)
            default: continue
            }
        }
    }

    /// Hands the result over. The transfer is out of libcurl's hands before, so that its memory may be used again.
    private func end(_ transfer: CurlTransfer, _ result: Result<HTTPResponse, HTTPError>) {
        curl_multi_remove_handle(multi, transfer.easy)
        guard let submission = transfer.finish() else { return }
        active[submission.identity] = nil
        if idle.count < options.inFlightMax { idle.append(transfer) }
        leave()
        submission.completion(result)
    }

    private func leave() { inbox.withLock { $0.outstanding -= 1 } }

    /// Ends what is past a deadline and fires timers.
    private func sweep(_ now: ContinuousClock.Instant) {
        nextSweep = now + HTTPLoop.tick
        for transfer in active.values {
            if let error = transfer.overdue(now) { end(transfer, .failure(error)) }
        }
        for lane in lanes {
            lane.now = now
            lane.sweep()
        }
        let expired = waiting[waitingAt...].filter { now - $0.submitted > $0.request.timeouts.total }
        if !expired.isEmpty {
            let identities = Set(expired.map(\.identity))
            waiting.removeFirst(waitingAt)
            waitingAt = 0
            waiting.removeAll { identities.contains($0.identity) }
            for submission in expired {
                leave()
                submission.completion(.failure(submission.waitedTooLong))
            }
        }
        while let timer = timers.last, timer.at <= now {
            timers.removeLast()
            timer.body()
        }
        if let timer = timers.last { nextSweep = min(nextSweep, timer.at) }
    }

    private func endAll() {
        for transfer in active.values { end(transfer, .failure(transfer.error(.cancelled, "the client was closed"))) }
        for lane in lanes { lane.endAll() }
        for submission in waiting[waitingAt...] {
            leave()
            submission.fail(.cancelled, "the client was closed")
        }
        waiting = []
        waitingAt = 0
        for timer in timers { timer.body() }
        timers = []
        // What the callbacks above submitted before they learnt of the end.
        let late = inbox.withLock { inbox in
            defer {
                inbox.submissions = []
                inbox.timers = []
            }
            return (inbox.submissions, inbox.timers)
        }
        for submission in late.0 { submission.fail(.cancelled, "the client was closed") }
        for timer in late.1 { timer.body() }
    }
}

/// Once in a process, before its first handle.
private let isCurlReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
