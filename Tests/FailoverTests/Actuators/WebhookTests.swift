import FailoverCore
import Foundation
import HTTPClient
import Servers
import Synchronization
import TestSupport
import Testing

@testable import AWS
@testable import Failover
@testable import Platform

@Suite("A webhook", .waiting(minutes: 5))
struct WebhookTests {
    /// A file with secrets that ends with the test.
    final class SecretFile {
        let path = NSTemporaryDirectory() + "converge-secret-" + UUID().uuidString

        init(_ text: String) throws { try write(text) }

        func write(_ text: String) throws { try Data(text.utf8).write(to: URL(fileURLWithPath: path)) }

        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    static let secret = "a secret of enough bytes"

    static func webhook(
        _ receiver: WebhookReceiver, _ file: SecretFile, limit: Duration = .seconds(60)
    ) throws -> Webhook {
        let url = try #require(HTTPURL(receiver.endpoint + "/hook"))
        return Webhook(
            try HTTPClient(), url: url, secretFile: file.path,
            timeouts: HTTPTimeouts(connect: limit, firstByte: limit, idle: limit, total: limit))
    }

    static let event = NoticeEvent(Notice(committed: Intents.to(west: 100, term: 7)), region: Intents.west)

    /// What a receiver does that has one of the secrets: a check by another library's HMAC.
    static func isSigned(_ request: WebhookReceiver.Request, by secret: String) throws -> Bool {
        let parts = (request.headers["converge-signature"] ?? "").split(separator: ",")
        let time = try #require(parts.first { $0.hasPrefix("t=") }?.dropFirst(2))
        let program = Process()
        program.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        program.arguments = ["openssl", "dgst", "-sha256", "-hmac", secret, "-r"]
        let (input, output) = (Pipe(), Pipe())
        (program.standardInput, program.standardOutput) = (input, output)
        try program.runBound()
        input.fileHandleForWriting.write(Data("\(time).\(request.body)".utf8))
        try input.fileHandleForWriting.close()
        let tag = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self).prefix(64)
        program.waitUntilExit()
        return parts.contains("v1=\(tag)")
    }

    @Test("what is posted is a CloudEvent, signed with the time of sending, with a key that repetitions share")
    func posts() throws {
        let (receiver, file) = (try WebhookReceiver(), try SecretFile(Self.secret + "\n"))
        let webhook = try Self.webhook(receiver, file)
        #expect(webhook.send(Self.event) == .delivered)
        #expect(webhook.send(Self.event) == .delivered)
        let requests = try receiver.requests()
        #expect(requests.map(\.method) == ["POST", "POST"])
        for request in requests {
            #expect(request.path == "/hook")
            #expect(request.headers["content-type"] == "application/cloudevents+json")
            #expect(request.headers["idempotency-key"] == "7-committed")
            #expect(request.body == String(decoding: Self.event.json, as: UTF8.self))
            #expect(try Self.isSigned(request, by: Self.secret))
            #expect(try !Self.isSigned(request, by: "another secret of enough bytes"))
        }
    }

    @Test("the code of docs/actuators.md tells what is genuine, and its example is a message as it is sent")
    func receivers() throws {
        let (receiver, file) = (try WebhookReceiver(), try SecretFile("\(Self.secret)\nan older secret of enough bytes"))
        #expect(try Self.webhook(receiver, file).send(Self.event) == .delivered)
        let request = try #require(receiver.requests().first)
        let (signature, body) = (request.headers["converge-signature"] ?? "", request.body)
        func isGenuine(_ secret: String, _ signature: String, _ body: String, now: String = "None") throws -> Bool {
            let given = [secret, signature, body].map { "'''\($0)'''" }
            let call = "print(is_genuine(\(given[0]).encode(), \(given[1]), \(given[2]).encode(), \(now)))"
            let printed = try Page.python(
                Page.block("python", 1) + "\n" + call)
            try #require(printed == "True\n" || printed == "False\n", "\(printed)")
            return printed == "True\n"
        }
        for secret in [Self.secret, "an older secret of enough bytes"] { #expect(try isGenuine(secret, signature, body)) }
        #expect(try !isGenuine("somebody else's secret", signature, body))
        #expect(try !isGenuine(Self.secret, signature, body + " "))
        #expect(try !isGenuine(Self.secret, "", body))
        #expect(try !isGenuine(Self.secret, signature, body, now: "time.time() + 301"))

        let intent = Intents.to(west: 100, term: 7, at: 1_764_500_000_000)
        func object(_ text: String) throws -> NSDictionary {
            try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary)
        }
        let sent = NoticeEvent(Notice(committed: intent), region: Intents.west).json
        #expect(try object(Page.block("json", 0)) == object(String(decoding: sent, as: UTF8.self)))
    }

    @Test("while two secrets stand in the file both sign, and a new one counts without a restart")
    func rotation() throws {
        let (receiver, file) = (try WebhookReceiver(), try SecretFile(Self.secret))
        let webhook = try Self.webhook(receiver, file)
        let newer = "the next secret, as long"
        for text in [Self.secret, "\(newer)\n\(Self.secret)\n", newer] {
            try file.write(text)
            #expect(webhook.send(Self.event) == .delivered)
        }
        let requests = try receiver.requests()
        #expect(try requests.map { try Self.isSigned($0, by: Self.secret) } == [true, true, false])
        #expect(try requests.map { try Self.isSigned($0, by: newer) } == [false, true, true])
    }

    @Test("an answer says whether to try again")
    func answers() throws {
        let (receiver, file) = (try WebhookReceiver(), try SecretFile(Self.secret))
        let webhook = try Self.webhook(receiver, file)
        for status in [200, 202, 204] {
            try receiver.answer([.status(status)])
            #expect(webhook.send(Self.event) == .delivered)
        }
        for status in [401, 403, 404, 408, 409, 425, 429, 500, 503] {
            try receiver.answer([.status(status)])
            #expect(webhook.send(Self.event) == .failed("\(receiver.endpoint)/hook answered \(status)"))
        }
        for status in [301, 308, 400, 405, 410, 413, 415, 422] {
            try receiver.answer([.status(status)])
            guard case .refused(let why) = webhook.send(Self.event) else {
                Issue.record("\(status) is tried again")
                continue
            }
            #expect(why.contains("answered \(status)"))
        }
    }

    @Test("one that is reset, or not answered, is tried again with the same key until it is taken")
    func triesAgain() throws {
        let (receiver, file) = (try WebhookReceiver(), try SecretFile(Self.secret))
        var policy = NoticeQueue.Policy()
        policy.backoff = Backoff(first: 1, ceilingMax: 10)
        let said = Mutex<[String]>([])
        // What hangs is waited for a while; the answers after it have to come within it.
        let actuator = TellingActuator(
            try Self.webhook(receiver, file, limit: .seconds(5)), region: Intents.west, policy: policy
        ) { line in
            said.withLock { $0.append(line) }
        }
        // One of them may be an exercise's.
        try receiver.answer([.reset, .status(503), .status(429), .status(409), .hang])
        actuator.follow(Intents.view([Intents.to(west: 100, term: 7)]))
        #expect(actuator.start())
        defer { actuator.stop() }
        try eventually("it is taken: \(actuator.status)") { actuator.status.appliedTerm == 7 }
        let posts = try receiver.requests().filter { $0.method == "POST" }
        #expect(posts.count >= 5)
        #expect(Set(posts.map { $0.headers["idempotency-key"] }) == ["7-committed"])
        #expect(Set(posts.map(\.body)).count == 1)
        #expect(actuator.status.failures == 0)
        #expect(said.withLock { $0 }.contains("webhook: term 7 is applied"))
    }

    @Test("an exercise looks at the server and the secrets, and sends no message")
    func exercises() throws {
        let (receiver, file) = (try WebhookReceiver(), try SecretFile(Self.secret))
        let webhook = try Self.webhook(receiver, file)
        for status in [200, 404, 405] {
            try receiver.answer([.status(status)])
            #expect(webhook.exercise() == [])
        }
        try receiver.answer([.status(502)])
        #expect(webhook.exercise() == ["\(receiver.endpoint)/hook answered 502 to HEAD"])
        #expect(try receiver.requests().allSatisfy { $0.method == "HEAD" && $0.body.isEmpty })
        for (text, says) in [
            ("", "has 0 lines"), ("short", "under 16 bytes"), ("\(Self.secret)\n\(Self.secret)\n\(Self.secret)", "has 3 lines"),
        ] {
            try file.write(text)
            let problems = webhook.exercise()
            #expect(problems.count == 1 && problems[0].contains(says) && problems[0].contains(file.path), "\(problems)")
            guard case .failed = webhook.send(Self.event) else {
                Issue.record("sent without a secret")
                return
            }
        }
    }

    @Test("a certificate that nobody vouches for is not accepted")
    func verifies() throws {
        let file = try SecretFile(Self.secret)
        let receiver = try WebhookReceiver()
        // Whoever answers there speaks no TLS; and would have no certificate.
        let url = try #require(HTTPURL(receiver.endpoint.replacingOccurrences(of: "http:", with: "https:")))
        let webhook = Webhook(try HTTPClient(), url: url, secretFile: file.path)
        guard case .failed = webhook.send(Self.event) else {
            Issue.record("sent")
            return
        }
        #expect(try receiver.requests().isEmpty)
    }
}
