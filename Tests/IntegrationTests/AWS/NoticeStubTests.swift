import Foundation
import Servers
import TestSupport
import Testing

extension ProgramTests {
    @Suite("the stubs of routing controls, of AWS Health and of a receiver of webhooks, as tests see them")
    struct NoticeStubTests {
        /// The status that curl has for a POST; 000: no answer.
        private func post(_ url: String, _ body: String) throws -> String {
            let curl = Process()
            curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            curl.arguments = ["curl", "-s", "--max-time", "60", "-o", "/dev/null", "-w", "%{http_code}", "-d", body, url]
            let output = Pipe()
            curl.standardOutput = output
            try curl.runBound()
            let data = output.fileHandleForReading.readDataToEndOfFile()
            curl.waitUntilExit()
            return String(decoding: data, as: UTF8.self)
        }

        @Test("routing controls are a name each, one of them on, at five endpoints that can be away")
        func controls() throws {
            let stub = try RoutingControls()
            #expect(Set(stub.endpoints.keys) == Set(RoutingControls.endpointRegions))
            #expect(Set(stub.arns.keys) == Set(TwoRegions.names))
            #expect(try stub.areOn() == ["us-east-1": true, "us-west-2": false])
            try stub.flipByHand("us-west-2", on: true)
            #expect(try stub.areOn() == ["us-east-1": true, "us-west-2": true])
            let endpoint = try #require(stub.endpoints["eu-west-1"])
            try stub.set("eu-west-1", .error)
            #expect(try post(endpoint, "{}") == "503")
            try stub.set("eu-west-1", .refuse)
            #expect(try post(endpoint, "{}") == "000")
            try stub.set("eu-west-1", .up)
            #expect(try post(endpoint, "{}") == "403")
            #expect(
                try stub.calls().map(\.code) == [
                    "EndpointTemporarilyUnavailableException", "MissingAuthenticationTokenException",
                ])
        }

        @Test("AWS Health takes events and counts who asks")
        func health() throws {
            let stub = try HealthStub()
            try stub.setIssue(in: "us-east-1", since: 1_767_268_800)
            try stub.set(isSubscribed: false)
            #expect(try post(stub.endpoint, "{}") == "403")
            try stub.set(.reset)
            #expect(try post(stub.endpoint, "{}") == "000")
            #expect(try stub.calls() == 2)
        }

        @Test("a receiver of webhooks remembers requests and answers as it is told")
        func webhooks() throws {
            let receiver = try WebhookReceiver()
            try receiver.answer([.status(500), .reset])
            #expect(try (0..<3).map { try post(receiver.endpoint + "/hook", "body \($0)") } == ["500", "000", "200"])
            let requests = try receiver.requests()
            #expect(requests.map(\.body) == ["body 0", "body 1", "body 2"])
            #expect(requests.allSatisfy { $0.path == "/hook" && $0.headers["content-length"] == "6" })
            try receiver.clear()
            try receiver.answerAll(.status(503))
            #expect(try Set((0..<3).map { _ in try post(receiver.endpoint, "") }) == ["503"])
        }
    }
}
