import HTTPClient
import Platform
import Synchronization

/// An operation under way: the attempts at it, one after the other.
public final class ServiceCall: Sendable {
    private struct State {
        var attempts = Retry.Attempts()
        var sent = 0
        var transfer: HTTPTransfer?
        /// Asked for before the transfer was known here.
        var isResumed = false
        var isCancelled = false
        /// Each of these is answered by signing anew, once.
        var hasCorrectedClock = false
        var hasRenewedCredentials = false
        var hasStreamed = false
        /// Of the credentials that the last attempt was signed with.
        var credentialsSource: String?
    }

    private let client: ServiceClient
    private let operation: String
    private let input: [UInt8]
    private let line: RequestLine?
    private let limits: SendLimits
    private let onChunk: HTTPClient.ChunkReceiver?
    private let completion: ServiceClient.Completion
    private let state = Mutex(State())

    init(
        _ client: ServiceClient, _ operation: String, _ input: [UInt8], _ line: RequestLine?, _ limits: SendLimits,
        _ onChunk: HTTPClient.ChunkReceiver?, _ completion: @escaping ServiceClient.Completion
    ) {
        self.client = client
        self.operation = operation
        self.input = input
        self.line = line
        self.limits = limits
        self.onChunk = onChunk
        self.completion = completion
    }

    /// Ends the operation: it fails as ``HTTPError/Kind/cancelled``, unless it has ended; between two attempts as soon as the
    /// next one is due. The service may have carried it out.
    public func cancel() {
        let transfer = state.withLock { state in
            state.isCancelled = true
            return state.transfer
        }
        transfer?.cancel()
    }

    /// Goes on with a streamed body after ``HTTPClient/ChunkAnswer/pause``.
    public func resume() {
        let transfer = state.withLock { state in
            if state.transfer == nil { state.isResumed = true }
            return state.transfer
        }
        transfer?.resume()
    }

    // MARK: An attempt, step by step

    /// Waits for its turn where the rate is limited, then takes credentials, then sends.
    func attempt() {
        let pause = client.retry.withLock { $0.wait(client.elapsed) }
        if pause > .zero { client.http.after(pause) { self.authorize() } } else { authorize() }
    }

    private func authorize() {
        guard let provider = client.credentials else { return send(nil) }
        provider.withCurrent { result in
            switch result {
            case .success(let credentials): self.send(credentials)
            case .failure(let error): self.fail(.noCredentials(error), .permanent)
            }
        }
    }

    private func send(_ credentials: AWSCredentials?) {
        let request = client.request(operation, input, credentials, line, limits)
        // Last, so that nothing is waited for between this look and the HTTP client.
        if let remaining = limits.remaining, remaining <= .zero { return fail(.tooLate, .permanent) }
        let (number, isCancelled) = state.withLock { state in
            state.sent += 1
            state.transfer = nil
            state.credentialsSource = credentials?.source
            return (state.sent, state.isCancelled)
        }
        if isCancelled { return fail(.noAnswer(HTTPError(.cancelled, request.url.origin, "cancelled")), .permanent) }
        let receiver = onChunk.map { onChunk -> HTTPClient.ChunkReceiver in
            { status, chunk in
                self.state.withLock { $0.hasStreamed = true }
                return onChunk(status, chunk)
            }
        }
        let transfer = client.http.submit(request, onChunk: receiver) { self.answered($0, credentials) }
        // Cancelled between the look above and here; or answered already, and the next attempt on its way.
        let (isLate, isResumed) = state.withLock { state in
            if state.sent == number { state.transfer = transfer }
            return (state.isCancelled, state.isResumed)
        }
        if isLate { transfer.cancel() }
        if isResumed { transfer.resume() }
    }

    private func answered(_ result: Result<HTTPResponse, HTTPError>, _ credentials: AWSCredentials?) {
        switch result {
        case .success(let response) where response.isSuccess:
            let attempts = state.withLock { $0.attempts }
            client.retry.withLock { $0.succeeded(attempts, client.elapsed) }
            client.callEnded()
            completion(.success(response))
        case .success(let response):
            let secrets = [credentials?.secretAccessKey, credentials?.sessionToken].compactMap { $0 }
            refused(AWSError.Refusal(response, client.service.wire, hiding: secrets), response, credentials)
        case .failure(let error):
            let isSpent = state.withLock { $0.hasStreamed }
            retry(.noAnswer(error), isSpent ? .permanent : ErrorClass(error))
        }
    }

    private func refused(_ refusal: AWSError.Refusal, _ response: HTTPResponse, _ credentials: AWSCredentials?) {
        let kind = ErrorClass(status: refusal.status, code: refusal.code)
        let cause = AWSError.Cause.refused(refusal, body: response.body)
        let isSkew = kind == .clockSkew
        if isSkew || ClockSkew.suspiciousCodes.contains(refusal.code), mayOnce(\.hasCorrectedClock),
            let date = response.header("date").flatMap(Timestamp.init(httpDate:)),
            client.skew.withLock({ $0.learn(serverDate: date, local: .now, isCertain: isSkew) }), !limits.sendsOnce
        {
            return attempt()
        }
        if kind == .expiredCredentials, let credentials, let provider = client.credentials, mayOnce(\.hasRenewedCredentials) {
            provider.invalidate(credentials)
            if !limits.sendsOnce { return attempt() }
        }
        retry(cause, kind)
    }

    private func mayOnce(_ flag: WritableKeyPath<State, Bool> & Sendable) -> Bool {
        state.withLock { state in
            defer { state[keyPath: flag] = true }
            return !state[keyPath: flag]
        }
    }

    private func retry(_ cause: AWSError.Cause, _ kind: ErrorClass) {
        let pause = state.withLock { state in
            client.retry.withLock {
                limits.sendsOnce
                    ? $0.ended(kind, client.elapsed)
                    : $0.failed(&state.attempts, kind, client.elapsed, random: .random(in: 0..<1))
            }
        }
        guard let pause else { return fail(cause, kind) }
        client.http.after(pause) { self.attempt() }
    }

    /// Ends the operation.
    func fail(_ cause: AWSError.Cause, _ kind: ErrorClass) {
        client.callEnded()
        let (sent, source) = state.withLock { ($0.sent, $0.credentialsSource) }
        completion(
            .failure(
                AWSError(
                    service: client.service, operation: operation, region: client.region, cause: cause, errorClass: kind,
                    attempts: sent, subject: RequestSubject.text(input, line), credentialsSource: source)))
    }
}
