import Foundation
import Servers
import TestSupport
import Testing

extension ProgramTests {
    @Suite("the test rigs of two Regions")
    struct RigTests {
        /// Runs the tests of a rig, which are in Python as it is, against two emulators of their own.
        @Test("the test servers behave as they describe", arguments: ["test_replicator.py", "test_regions.py"])
        func rigs(name: String) throws {
            let emulators = try TwoRegions.names.map { try Emulator(region: $0) }
            try Script.run(name, emulators.map { "\($0.region)=\($0.port)" }, Emulator.worker)
        }

        /// Runs the tests of stubs that need no emulator.
        @Test(
            "the stubs of services behave as they describe and as botocore's models have them",
            arguments: ["test_connect.py", "test_links.py", "test_notices.py", "test_telephony.py"])
        func stubs(name: String) throws {
            try Script.run(name, [])
        }

        @Test("a link that is cut keeps a request back until it is healed")
        func link() throws {
            let stub = try ConnectStub()
            let links = try Links(["a>connect": try stub.port("us-east-1")])
            let url = try links.base("a>connect") + "/instance/\(stub.instance)"
            try links.set("a>*", .mute)
            let curl = Process()
            curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            curl.arguments = ["curl", "-sf", "--max-time", "120", url]
            try curl.runBound()
            try eventually("the request is there") { try !stub.calls("DescribeInstance").isEmpty }
            #expect(curl.isRunning)
            try links.set("a>*", .up)
            curl.waitUntilExit()
            // It was not signed.
            #expect(curl.terminationStatus == 22)
            #expect(try stub.calls("DescribeInstance").map(\.code) == ["MissingAuthenticationTokenException"])
            #expect(try links.accepted("a>connect") == 1)
        }

        @Test("somebody who cannot reach one Region reaches the other, and others reach both")
        func vantage() throws {
            let stub = try ConnectStub()
            let links = try Links()
            let gateways = try ["a", "b"].map { try links.gateway($0, to: "connect", stub.ports()) }
            try links.set("a>connect/us-east-1", .reset)

            /// The status of a request that is signed for a Region, some time ago; 000: no answer.
            func ask(_ gateway: Gateway, _ region: String) throws -> String {
                let scope = "Credential=AKIA/20260101/\(region)/connect/aws4_request"
                let curl = Process()
                curl.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                curl.arguments = [
                    "curl", "-s", "--max-time", "60", "-o", "/dev/null", "-w", "%{http_code}", "-H",
                    "X-Amz-Date: 20260101T000000Z",
                    "-H", "Authorization: AWS4-HMAC-SHA256 \(scope), SignedHeaders=host, Signature=0",
                    "\(gateway.base)/instance/\(stub.instance)",
                ]
                let output = Pipe()
                curl.standardOutput = output
                try curl.runBound()
                let data = output.fileHandleForReading.readDataToEndOfFile()
                curl.waitUntilExit()
                return String(decoding: data, as: UTF8.self)
            }

            let answers = try gateways.map { gateway in try stub.regions.map { try ask(gateway, $0) } }
            #expect(answers == [["000", "403"], ["403", "403"]])
            #expect(try stub.calls().map(\.door) == ["us-west-2", "us-east-1", "us-west-2"])
        }

        @Test("a restarted emulator still has its tables, streams and users")
        func restart() throws {
            let emulator = try Emulator()
            let environment = emulator.environment().merging(Emulator.worker) { $1 }
            let scratch = try Scratch()
            try scratch.write("lines.jsonl", Captures.small.get().prefix(300).jsonLines)
            try Script.run("feed.py", ["tables", "--prefix", "converge", "us-east-1"], environment)
            try Script.run("feed.py", ["stream", "--stream", "events", "us-east-1"], environment)
            let put = ["put", "--stream", "events", "us-east-1=\(scratch.path("lines.jsonl"))"]
            #expect(try Script.objects("feed.py", put, environment).first as? [String: Int] == ["us-east-1": 300])
            emulator.stop()
            try emulator.start()
            let items = try Script.objects("feed.py", ["items", "--prefix", "converge", "us-east-1"], environment)
            #expect(items.first?["agent"] as? Int == 0)
            #expect(try Script.objects("feed.py", put, environment).first as? [String: Int] == ["us-east-1": 300])
        }

        @Test("faults injected by another program reach a client as requested")
        func microburst() throws {
            let emulator = try Emulator()
            let gateway = try Gateway(emulator)
            let burst = try Microburst(gateway.base)
            try burst.set(rules: [
                ["service": "kinesis", "operation": "CreateStream", "times": 2, "error": ["code": "LimitExceededException"]]
            ])
            let environment = emulator.environment().merging(["AWS_ENDPOINT_URL": burst.base]) { $1 }
            try Script.run("feed.py", ["stream", "--stream", "events", "us-east-1"], environment)
            #expect(try burst.fired().map { $0["operation"] as? String } == ["CreateStream", "CreateStream"])
            #expect(try gateway.requests() == ["us-east-1 kinesis CreateStream": 1])
        }
    }
}
