import HTTPClient
public import Platform
import Synchronization

/// Sends operations to one service of one Region: signs, retries, corrects its clock by the service's, renews credentials that
/// have expired under way, and tells errors apart.
///
///     let dynamoDB = try session.client(.dynamoDB)
///     let names = try dynamoDB.perform(DynamoDB.ListTables()).names
///
/// What is here sends operations by name and bytes; ``AWSOperation`` is how the rest of the program names them.
/// Use one for all requests to a service: the retry quota, the rate limit and the clock's offset belong to it. At most
/// ``callsMax`` operations are in progress, those between two attempts included; one more is refused as overload.
public final class ServiceClient: Sendable {
    public static let callsMax = 4096

    public typealias Completion = @Sendable (Result<HTTPResponse, AWSError>) -> Void

    public let service: AWSService
    public let region: String
    let endpoint: HTTPURL
    private let contentType: HTTPHeader
    let http: HTTPClient
    /// Nil sends requests unsigned.
    let credentials: CredentialsProvider?
    let timeouts: HTTPTimeouts
    let keys = Mutex(SigningKeys())
    let skew = Mutex(ClockSkew())
    let retry: Mutex<Retry>
    private let calls = Mutex(0)
    private let started = ContinuousClock.now

    /// `credentials` nil sends requests unsigned, as AssumeRoleWithWebIdentity's are.
    public init(
        _ service: AWSService, region: String, endpoint: HTTPURL, http: HTTPClient, credentials: CredentialsProvider?,
        retry: RetryOptions = .init(), timeouts: HTTPTimeouts = .init()
    ) {
        self.service = service
        self.region = region
        self.endpoint = endpoint
        contentType =
            switch service.wire {
            case .json(let version, _): HTTPHeader("Content-Type", "application/x-amz-json-\(version)")
            case .query: HTTPHeader("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
            case .restJSON: HTTPHeader("Content-Type", "application/json")
            case .restXML: HTTPHeader("Content-Type", "application/xml")
            }
        self.http = http
        self.credentials = credentials
        self.timeouts = timeouts
        self.retry = Mutex(Retry(retry, now: .zero))
    }

    /// Starts an operation from any thread. `input` is its body: JSON or XML, or of a query service its ``QueryForm/bytes``.
    /// `onChunk` receives the body of a success as it comes; once it has been called, nothing is retried any more. `completion`
    /// is called once: on the HTTP client's thread, on the one that renews credentials, or before this returns.
    @discardableResult
    public func submit(
        _ operation: String, _ input: [UInt8], _ line: RequestLine? = nil, _ limits: SendLimits = .init(),
        onChunk: HTTPClient.ChunkReceiver? = nil, completion: @escaping Completion
    ) -> ServiceCall {
        let call = ServiceCall(self, operation, input, line, limits, onChunk, completion)
        let isFree = calls.withLock { calls in
            calls += 1
            return calls <= ServiceClient.callsMax
        }
        if isFree {
            call.attempt()
        } else {
            let reason = "\(ServiceClient.callsMax) operations are in progress"
            call.fail(.noAnswer(HTTPError(.overloaded, endpoint.origin, reason)), .permanent)
        }
        return call
    }

    /// Calls `body` on the HTTP client's thread after `delay`: see ``HTTPClient/after(_:_:)``.
    public func after(_ delay: Duration, _ body: @escaping @Sendable () -> Void) { http.after(delay, body) }

    /// An operation has ended, whichever way.
    func callEnded() { calls.withLock { $0 -= 1 } }

    /// Runs an operation and waits. Not on a callback's thread.
    public func perform(
        _ operation: String, _ input: [UInt8], _ line: RequestLine? = nil, _ limits: SendLimits = .init()
    ) throws(AWSError) -> HTTPResponse {
        let answer = Awaited<Result<HTTPResponse, AWSError>>()
        submit(operation, input, line, limits) { answer.bring($0) }
        return try answer.wait().get()
    }

    /// Tokens left for retries, of 500.
    public var retryQuotaTokens: Int { retry.withLock { $0.quotaTokens } }

    /// Requests a second that are let through; nil while nothing is limited.
    public var rateLimit: Double? { retry.withLock { $0.rateLimit } }

    /// This machine's time as the service has it.
    public var serviceTime: Timestamp { serviceTime(of: .now) }

    private func serviceTime(of moment: Timestamp) -> Timestamp { skew.withLock { $0.corrected(moment) } }

    /// Of the retry rules' clock.
    var elapsed: Duration { ContinuousClock.now - started }

    /// Whether the endpoint is on this machine: an emulator, or a proxy.
    public var isOnThisMachine: Bool {
        endpoint.host == "localhost" || endpoint.host == "[::1]"
            || endpoint.host.hasPrefix("127.")
                && endpoint.host.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 == UInt8(ascii: ".") }
    }

    /// The request of an operation, signed unless `credentials` is nil.
    func request(
        _ operation: String, _ input: [UInt8], _ credentials: AWSCredentials?, _ line: RequestLine? = nil,
        _ limits: SendLimits = .init()
    ) -> HTTPRequest {
        var request = HTTPRequest(line?.method ?? .post, line?.url(below: endpoint) ?? endpoint, timeouts: timeouts)
        request.isDirect = service.isDirect && !limits.sendsOnce
        request.isFresh = limits.sendsOnce
        if let remaining = limits.remaining { request.timeouts.connect = min(request.timeouts.connect, remaining) }
        // Those of the service, and what a signature adds: three.
        request.headers.reserveCapacity(6)
        if !input.isEmpty || !service.wire.isREST { request.headers.append(contentType) }
        switch service.wire {
        case .json(_, let prefix):
            request.headers.append(HTTPHeader("X-Amz-Target", prefix + "." + operation))
            request.body = input
        case .query(let version):
            request.body = Array("Action=\(operation)&Version=\(version)".utf8) + input
        case .restJSON, .restXML: request.body = input
        }
        request.headers.append(HTTPHeader("User-Agent", "converge"))
        if let credentials {
            let moment = serviceTime(of: limits.signedAt ?? .now)
            let key = keys.withLock {
                $0.key(credentials, region: region, service: service.signingName, at: moment)
            }
            SigV4.sign(&request, with: key, at: moment)
        }
        return request
    }
}
