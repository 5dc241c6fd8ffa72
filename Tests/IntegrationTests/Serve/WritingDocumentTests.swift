import Foundation
import Servers
import TestSupport
import Testing

extension ProgramTests {
    /// What Schemathesis makes up, written by several callers through a real worker into Kafka.
    @Suite("writing over HTTP keeps to docs/openapi.yaml", .waiting(minutes: 15))
    struct WritingDocumentTests {
        private static let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

        private let scratch: Scratch
        private let provider: TokenProvider

        init() throws {
            (scratch, provider) = (try Scratch(), try TokenProvider())
            // Here a token is needed.
            let document = try String(
                contentsOf: Self.here.appendingPathComponent("../../../docs/openapi.yaml").standardized, encoding: .utf8)
            try scratch.write("openapi.yaml", document.replacingOccurrences(of: "security: [{}, ", with: "security: ["))
        }

        /// What it prints, which has to be that nothing differs.
        private func make(_ claims: String, of tags: [String], at base: String) throws -> String {
            let process = Process()
            process.executableURL = try PythonEnvironment.make("schemathesis", "schemathesis==4.32.5")
                .appendingPathComponent("schemathesis")
            let settings = Self.here.appendingPathComponent("../Kafka/schemathesis.toml").standardized.path
            process.arguments =
                [
                    "--config-file", settings, "run", scratch.path("openapi.yaml"), "--url", base, "--checks", "all",
                    "--no-color",
                    "--warnings", "off", "--phases", "examples,coverage,fuzzing", "--max-examples", "5", "-H",
                    "Authorization: Bearer \(try provider.tell(claims))",
                ] + tags.flatMap { ["--include-tag", $0] }
            process.currentDirectoryURL = URL(fileURLWithPath: scratch.root)
            let output = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.write("schemathesis.txt", "")))
            process.standardOutput = output
            process.standardError = output
            process.standardInput = FileHandle.nullDevice
            try process.runBound()
            process.waitUntilExit()
            let text = String(decoding: try scratch.read("schemathesis.txt"), as: UTF8.self)
            #expect(process.terminationStatus == 0, "\(claims): \(text.suffix(20_000))")
            return text
        }

        @Test("by an operator, an agent and one who may only read; a worker merges all that was accepted")
        func callers() throws {
            let broker = try Broker()
            try broker.create("events", partitions: 1)
            let tokens = ["--http-tokens-issuers", provider.issuer, "--http-tokens-audiences", "converge"]
            let rates = ["list", "read", "stream", "write"].flatMap { ["--http-rates-\($0)", "0"] }
            let worker = try KafkaWorker(
                flags: broker.flags(topics: "events", state: "state") + tokens + rates
                    + ["--http-tokens-agent-claim", "agent", "--writing-topic", "events"],
                [
                    "CONVERGE_WRITING_KEYS": "0123456789abcdef0123456789abcdef", "AWS_REGION": "us-east-1",
                    "AWS_CA_BUNDLE": provider.certificate,
                ], in: scratch)
            try eventually("it is ready", of: [worker]) { worker.isReady }
            let base = try #require(worker.address)

            for claims in [#"{"scope":"session","agent":"ann"}"#, #"{"scope":"read read:personal"}"#] {
                #expect(try make(claims, of: ["writing"], at: base).contains("Tested: 3"))
            }
            let foreign = try broker.records(of: "events").filter {
                !String(decoding: $0.bytes, as: UTF8.self).contains(#""subject":"ann"#)
            }
            #expect(foreign.isEmpty, "an agent wrote another's session")
            #expect(try make(#"{"scope":"operate"}"#, of: ["writing"], at: base).contains("Tested: 3"))
            let written = try broker.records(of: "events").count
            #expect(written > 0)
            try eventually("all is merged, and nothing of it is no event", of: [worker]) {
                worker.metric("converge_records_total") == Double(written) && worker.metric("converge_kafka_lag_records") == 0
            }
            #expect(worker.metric("converge_dead_letters_total") ?? 0 == 0)
            try worker.drain()
        }
    }
}
