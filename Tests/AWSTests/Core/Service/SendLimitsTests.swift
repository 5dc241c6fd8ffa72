import Servers
import Synchronization
import TestSupport
import Testing

@testable import AWS
@testable import HTTPClient
@testable import Platform

/// Operations that must not be sent twice or late.
@Suite("limits of sending", .waiting(minutes: 5))
struct SendLimitsTests {
    private let http: HTTPClient

    init() throws { http = try HTTPClient() }

    private static let credentials = AWSCredentials(accessKeyID: "AKID", secretAccessKey: Secret("hush"))

    private static var once: SendLimits {
        var limits = SendLimits()
        limits.sendsOnce = true
        return limits
    }

    private func client(_ path: String, _ provider: CredentialsProvider = .init(credentials)) throws -> ServiceClient {
        ServiceClient(
            .dynamoDB, region: "eu-west-1", endpoint: try LoopbackServer.url("/service/" + path), http: http,
            credentials: provider)
    }

    private func failure(_ client: ServiceClient, _ limits: SendLimits) -> AWSError? {
        do throws(AWSError) {
            _ = try client.perform("PutItem", Array("{}".utf8), nil, limits)
            return nil
        } catch {
            return error
        }
    }

    private func attempts(_ key: String) throws -> Int64? {
        try http.perform(HTTPRequest(.get, LoopbackServer.url("/count/\(key)"))).readJSON { $0.member("count")?.integer } ?? nil
    }

    @Test(
        "what is sent once is not retried, whatever the answer",
        arguments: [
            ("throttled", ErrorClass.throttling, false), ("unwell", .transient, true), ("reset", .transient, true),
            ("denied", .permanent, false),
        ])
    func once(scenario: String, errorClass: ErrorClass, mayBeDone: Bool) throws {
        let error = try #require(failure(client("\(scenario)/once-\(scenario)/1"), Self.once))
        #expect(error.attempts == 1 && error.errorClass == errorClass && error.mayBeDone == mayBeDone, "\(error)")
        #expect(try attempts("once-\(scenario)") == 1)
    }

    @Test("a kept connection that is dead costs a request that is sent once nothing: it has one of its own")
    func fresh() throws {
        // The server answers once on a connection, and ends it at the next request.
        let client = ServiceClient(
            .connect, region: "us-east-1", endpoint: try LoopbackServer.url("/once/kept"), http: http,
            credentials: .init(Self.credentials))
        for _ in 0..<3 { _ = try client.perform("UpdateTrafficDistribution", [], nil, Self.once) }
        #expect(try attempts("kept") == 3)
    }

    @Test(
        "a clock that is off is learned of, but a request that is sent once is not signed anew",
        arguments: ["skewed", "mistrusted"])
    func skew(scenario: String) throws {
        let client = try client("\(scenario)/once-\(scenario)/3600")
        #expect(failure(client, Self.once) != nil)
        #expect(try attempts("once-\(scenario)") == 1)
        #expect(failure(client, Self.once) == nil)
    }

    @Test("credentials that have expired are renewed for the next request")
    func expired() throws {
        let number = Mutex(0)
        let source = NumberedKeys {
            number.withLock {
                $0 += 1
                return $0
            }
        }
        let client = try client("expired/once-expired/2", CredentialsProvider([source]))
        let error = failure(client, Self.once)
        #expect(error?.errorClass == .expiredCredentials && error?.mayBeDone == false)
        #expect(failure(client, Self.once) == nil)
        #expect(try attempts("once-expired") == 2)
    }

    @Test("after its deadline nothing is sent, and the error says so")
    func deadline() throws {
        var limits = Self.once
        limits.deadline = .now
        let error = try #require(failure(client("plain/late/0"), limits))
        guard case .tooLate = error.cause else {
            Issue.record("\(error)")
            return
        }
        #expect(error.attempts == 0 && !error.mayBeDone && error.connect == .unsent)
        #expect(error.description.contains("its deadline passed; nothing was sent"))
        #expect(try attempts("late") == 0)
        limits.deadline = .now + .seconds(600)
        #expect(failure(try client("plain/early/0"), limits) == nil)
    }

    @Test("a deadline that passes while credentials are fetched holds the request back")
    func slowCredentials() throws {
        var limits = SendLimits()
        limits.deadline = .now + .milliseconds(20)
        let passed = limits.deadline ?? .now
        let client = try client("plain/waited/0", CredentialsProvider([LateKeys(until: passed)]))
        guard case .tooLate = failure(client, limits)?.cause else {
            Issue.record("it was sent")
            return
        }
        #expect(try attempts("waited") == 0)
    }

    @Test("connecting takes no longer than until the deadline")
    func connecting() throws {
        var limits = SendLimits()
        limits.deadline = .now + .seconds(1)
        let request = try client("plain/x/0").request("PutItem", [], nil, nil, limits)
        #expect(request.timeouts.connect <= .seconds(1) && !request.isFresh && request.isDirect)
        let once = try client("plain/x/0").request("PutItem", [], nil, nil, Self.once)
        #expect(once.isFresh && !once.isDirect && once.timeouts.connect == HTTPTimeouts().connect)
    }

    @Test("a request is signed at the time that is asked for, also one of another day")
    func signingTime() throws {
        var limits = SendLimits()
        limits.signedAt = Timestamp("2026-11-30T23:59:58.900Z")
        let request = try client("plain/x/0").request("PutItem", [], Self.credentials, nil, limits)
        #expect(request.headers.filter { $0.name == "X-Amz-Date" }.map(\.value) == ["20261130T235958Z"])
        #expect(request.headers.contains { $0.value.contains("Credential=AKID/20261130/eu-west-1/dynamodb/aws4_request") })
    }

    @Test(
        "what never left this machine was not done, what got no answer may have been",
        arguments: [
            (.noAnswer(HTTPError(.cannotConnect, "x", "")), 1, false), (.noAnswer(HTTPError(.cannotConnect, "x", "")), 2, true),
            (.noAnswer(HTTPError(.timedOut(.connect), "x", "")), 1, false),
            (.noAnswer(HTTPError(.timedOut(.firstByte), "x", "")), 1, true),
            (.noAnswer(HTTPError(.overloaded, "x", "")), 0, false),
            (.noAnswer(HTTPError(.connectionLost, "x", "")), 1, true), (.unreadable("x"), 1, true), (.tooLate, 0, false),
            (.tooLate, 1, true),
        ] as [(AWSError.Cause, Int, Bool)])
    func mayBeDone(cause: AWSError.Cause, attempts: Int, expected: Bool) {
        let error = AWSError(
            service: .connect, operation: "x", region: "us-east-1", cause: cause, errorClass: .permanent, attempts: attempts)
        #expect(error.mayBeDone == expected)
        #expect(error.connect == (expected ? .unknown : .unsent))
    }

    @Test(
        "a request line is put below the endpoint's own path, its names encoded",
        arguments: [
            ("http://h:1", "http://h:1/a%2Fb/c?q=x%20y&r=1"), ("http://h/", "http://h/a%2Fb/c?q=x%20y&r=1"),
            ("http://h/base", "http://h/base/a%2Fb/c?q=x%20y&r=1"), ("http://h/base/", "http://h/base/a%2Fb/c?q=x%20y&r=1"),
        ])
    func lines(endpoint: String, url: String) throws {
        var line = RequestLine(.get, "/\(RequestLine.label("a/b"))/c")
        line.append("q", "x y")
        line.append("none", nil)
        line.append("r", "1")
        let base = try #require(HTTPURL(endpoint))
        #expect(line.url(below: base).text == url)
        #expect(RequestLine(.post, "/").url(below: base) == base)
    }

    @Test("an error names the resource of a request line")
    func subject() throws {
        let client = try client("denied/subject/0")
        let line = RequestLine(.get, "/x", subject: "group g")
        let error = #expect(throws: AWSError.self) { try client.perform("GetIt", [], line) }
        #expect(error?.description.contains("GetIt on group g in eu-west-1") == true, "\(error?.description ?? "")")
    }
}

private struct NumberedKeys: CredentialsSource {
    let next: @Sendable () -> Int

    func load() -> AWSCredentials? { AWSCredentials(accessKeyID: "AKID\(next())", secretAccessKey: Secret("hush")) }
}

/// Has them when a moment is over.
private struct LateKeys: CredentialsSource {
    let until: ContinuousClock.Instant

    func load() -> AWSCredentials? {
        try? eventually("the moment is over") { ContinuousClock.now >= until }
        return AWSCredentials(accessKeyID: "AKID", secretAccessKey: Secret("hush"))
    }
}
