import Foundation
import Servers
import Synchronization
import TestSupport
import Testing

@testable import AWS
@testable import HTTPClient
@testable import JSON
@testable import Platform

/// Operations against a server that refuses in the ways services do.
@Suite("the service client", .waiting(minutes: 5))
struct ServiceClientTests {
    private let http: HTTPClient

    init() throws { http = try HTTPClient() }

    private static let credentials = AWSCredentials(
        accessKeyID: "AKID", secretAccessKey: Secret("hush"), sessionToken: Secret("hush-token"))

    private func client(
        _ path: String, _ provider: CredentialsProvider? = CredentialsProvider(credentials), retry: RetryOptions = .init(),
        timeouts: HTTPTimeouts = .init()
    ) throws -> ServiceClient {
        ServiceClient(
            .dynamoDB, region: "eu-west-1", endpoint: try LoopbackServer.url("/service/" + path), http: http,
            credentials: provider, retry: retry, timeouts: timeouts)
    }

    private func failure(_ client: ServiceClient, _ operation: String = "PutItem") -> AWSError? {
        do throws(AWSError) {
            _ = try client.perform(operation, Array("{}".utf8))
            return nil
        } catch {
            return error
        }
    }

    private func attempts(_ key: String) throws -> Int64? {
        try http.perform(HTTPRequest(.get, LoopbackServer.url("/count/\(key)"))).readJSON { $0.member("count")?.integer } ?? nil
    }

    @Test("an operation is sent with its input and a signature, and its response is returned")
    func operation() throws {
        var json = JSONWriter()
        json.object { $0.member("TableName", "t") }
        let response = try client("plain/operation/0").perform("DescribeTable", json.bytes)
        try response.readJSON { root in
            #expect(root.text("operation") == "DynamoDB_20120810.DescribeTable")
            #expect(root.text("input") == #"{"TableName":"t"}"#)
            #expect(root.text("type") == "application/x-amz-json-1.0")
            #expect(
                root.text("authorization")?.contains(
                    "/eu-west-1/dynamodb/aws4_request, SignedHeaders=content-type;host;x-amz-date;")
                    == true)
        }
        #expect(response.header("x-amzn-requestid") == "request-4")
    }

    @Test(
        "throttled requests, server errors and lost connections are retried, and cost tokens",
        arguments: ["throttled", "unwell", "reset"])
    func retries(scenario: String) throws {
        let client = try client("\(scenario)/retries-\(scenario)/1")
        let answer = try client.perform("PutItem", Array("{}".utf8))
        #expect(try answer.readJSON { $0.member("attempt")?.integer } == 2)
        #expect(client.retryQuotaTokens == 500)
    }

    @Test("after the last attempt the error contains the number of attempts")
    func givesUp() throws {
        let client = try client("throttled/gives-up/9", retry: RetryOptions(attemptsMax: 2))
        let error = try #require(failure(client))
        #expect(error.attempts == 2 && error.errorClass == .throttling)
        #expect(error.code == "ProvisionedThroughputExceededException")
        #expect(error.description.contains("DynamoDB PutItem in eu-west-1 failed after 2 attempts"))
        #expect(error.description.contains("request request-3"))
        #expect(try attempts("gives-up") == 2)
        #expect(client.retryQuotaTokens == 495)
    }

    @Test(
        "an error contains the resource of the request",
        arguments: [
            (#"{"TableName":"converge-agent","Key":{}}"#, " on table converge-agent in "),
            (#"{"StreamName":"events"}"#, " on stream events in "),
            (
                #"{"ShardIterator":"x","StreamARN":"arn:aws:kinesis:us-east-1:1:stream/e"}"#,
                " on stream arn:aws:kinesis:us-east-1:1:stream/e in "
            ),
            (#"{"RequestItems":{"b":{},"a":{}}}"#, " on tables a, b in "),
            (#"{"TransactItems":[{"Put":{"TableName":"t"}},{"Put":{"TableName":"t"}}]}"#, " on table t in "),
            (#"{}"#, "DynamoDB PutItem in "), ("Action=x", "DynamoDB PutItem in "),
        ])
    func subject(input: String, words: String) throws {
        let client = try client("denied/subject/1")
        let error = #expect(throws: AWSError.self) { try client.perform("PutItem", Array(input.utf8)) }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test("adaptive mode limits the rate after throttling")
    func adaptive() throws {
        let client = try client("throttled/adaptive/1", retry: RetryOptions(mode: .adaptive))
        #expect(client.rateLimit == nil)
        _ = try client.perform("PutItem", [])
        #expect(client.rateLimit != nil)
    }

    @Test("a refused request is not retried, and the error contains the missing permission")
    func denied() throws {
        let error = try #require(failure(client("denied/denied/0")))
        #expect(error.attempts == 1 && error.code == "AccessDeniedException" && error.refusal?.requestID == "request-3")
        #expect(
            error.advice
                == "missing permission: allow dynamodb:PutItem on arn:aws:dynamodb:eu-west-1:1:table/t to "
                + "arn:aws:sts::1:assumed-role/r/s")
        #expect(try attempts("denied") == 1)
    }

    @Test("after a clock error the request is repeated with the service's time, in both directions", arguments: [3600, -86400])
    func skew(seconds: Int) throws {
        for scenario in ["skewed", "mistrusted"] {
            let key = "\(scenario)\(seconds)"
            let client = try client("\(scenario)/\(key)/\(seconds)")
            for _ in 0..<3 { _ = try client.perform("PutItem", []) }
            // The first request was refused once, the others were right from the start.
            #expect(try attempts(key) == 4)
            let offset = client.serviceTime.milliseconds - Timestamp.now.milliseconds
            #expect(abs(offset - Int64(seconds) * 1000) < 60_000)
        }
    }

    @Test("new credentials are fetched if the service reports expired ones")
    func expired() throws {
        let number = Mutex(0)
        let source = NumberedCredentials {
            number.withLock {
                $0 += 1; return $0
            }
        }
        let client = try client("expired/expired/2", CredentialsProvider([source]))
        _ = try client.perform("PutItem", [])
        #expect(number.withLock { $0 } == 2)
        // Others that have expired as well are an error.
        let hopeless = try self.client("expired/hopeless/9")
        let error = failure(hopeless)
        #expect(error?.errorClass == .expiredCredentials)
        #expect(
            error?.description.contains("the session of the credentials from program has expired") == true,
            "\(error?.description ?? "")")
        #expect(try attempts("hopeless") == 2)
    }

    @Test("no error contains a secret, even if the service's response does")
    func hidden() throws {
        let error = try #require(failure(client("talkative/talkative/0")))
        #expect(error.description.contains("x-amz-security-token:[secret]"), "\(error)")
        #expect(!error.description.contains("hush"))
    }

    @Test("a response that does not come from the service is an error with its status")
    func nonsense() throws {
        let error = try #require(failure(client("nonsense/nonsense/0")))
        #expect(error.code.isEmpty && error.description.contains("HTTP 400"))
    }

    @Test("timeouts and closed ports are network errors")
    func network() throws {
        let nowhere = ServiceClient(
            .kinesis, region: "r", endpoint: .init(scheme: .http, host: "127.0.0.1", port: 1), http: http,
            credentials: CredentialsProvider(Self.credentials), retry: RetryOptions(attemptsMax: 2))
        let error = try #require(failure(nowhere, "ListShards"))
        guard case .noAnswer(let reason) = error.cause else {
            Issue.record("\(error)")
            return
        }
        #expect(reason.kind == .cannotConnect && error.attempts == 2)
        #expect(error.description.contains("Kinesis ListShards in r failed after 2 attempts"))
    }

    @Test("a cancelled operation ends")
    func cancel() throws {
        let hanging = ServiceClient(
            .dynamoDB, region: "r", endpoint: try LoopbackServer.url("/hang"), http: http,
            credentials: CredentialsProvider(Self.credentials))
        let ended = Awaited<HTTPError.Kind?>()
        let call = hanging.submit("PutItem", []) { result in
            if case .failure(let error) = result, case .noAnswer(let reason) = error.cause {
                ended.bring(reason.kind)
            } else {
                ended.bring(nil)
            }
        }
        call.cancel()
        #expect(ended.wait() == .cancelled)
    }

    @Test("operations beyond the limit are refused, including those that wait for credentials")
    func bounded() throws {
        let gate = DispatchSemaphore(value: 0)
        let client = try client("plain/bounded/0", CredentialsProvider([GatedCredentials(gate: gate)]))
        let tally = Mutex((done: 0, good: 0))
        let all = Awaited<Bool>()
        for _ in 0...ServiceClient.callsMax {
            client.submit("PutItem", []) { result in
                let isLast = tally.withLock { tally in
                    tally.done += 1
                    if case .success = result { tally.good += 1 }
                    return tally.done == ServiceClient.callsMax + 1
                }
                if isLast { all.bring(true) }
            }
        }
        #expect(tally.withLock { $0.done } == 1)
        gate.signal()
        #expect(all.wait())
        #expect(tally.withLock { $0.good } == ServiceClient.callsMax)
        _ = try client.perform("PutItem", [])
    }

    @Test("without credentials no request is sent")
    func noCredentials() throws {
        let client = try client("plain/unsent/0", CredentialsProvider([]))
        let error = try #require(failure(client))
        guard case .noCredentials = error.cause else {
            Issue.record("\(error)")
            return
        }
        #expect(try attempts("unsent") == 0)
    }

    @Test("an incomplete streamed response is not retried")
    func brokenStream() throws {
        let client = ServiceClient(
            .kinesis, region: "r", endpoint: try LoopbackServer.url("/short"), http: http,
            credentials: CredentialsProvider(Self.credentials))
        let bytes = Mutex(0)
        let ended = Awaited<Int>()
        client.submit(
            "SubscribeToShard", [],
            onChunk: { _, chunk in
                bytes.withLock { $0 += chunk.count }
                return .more
            },
            completion: { result in
                if case .failure(let error) = result { ended.bring(error.attempts) } else { ended.bring(0) }
            })
        #expect(ended.wait() == 1)
        #expect(bytes.withLock { $0 } == 10)
    }

    @Test(
        "retry settings are read from the environment and the profile",
        arguments: [
            ([:], "", RetryOptions()),
            (["AWS_RETRY_MODE": "adaptive", "AWS_MAX_ATTEMPTS": "7"], "", .init(mode: .adaptive, attemptsMax: 7)),
            ([:], "[default]\nretry_mode = legacy\nmax_attempts = 1", .init(mode: .standard, attemptsMax: 1)),
        ] as [([String: String], String, RetryOptions)])
    func settings(variables: [String: String], config: String, expected: RetryOptions) throws {
        let scratch = try Scratch()
        #expect(try AWSSession(scratch.environment(config: config, variables)).retryOptions() == expected)
    }
}

private struct GatedCredentials: CredentialsSource {
    let gate: DispatchSemaphore

    func load() -> AWSCredentials? {
        gate.wait()
        return AWSCredentials(accessKeyID: "AKID", secretAccessKey: Secret("hush"))
    }
}

private struct NumberedCredentials: CredentialsSource {
    let next: @Sendable () -> Int

    func load() -> AWSCredentials? { AWSCredentials(accessKeyID: "AKID\(next())", secretAccessKey: Secret("hush")) }
}
