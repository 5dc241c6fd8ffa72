import Foundation
import Servers
import TestSupport
import Testing

extension ProgramTests {
    @Suite("converge serve with tokens")
    struct ServeTokensTests {
        private static let document = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../docs/openapi.yaml").standardized

        private let scratch: Scratch
        private let agents: [String]

        init() throws {
            scratch = try Scratch()
            try scratch.write("a.jsonl", Captures.small.get().jsonLines)
            try #require(try scratch.converge("replay", "a.jsonl", "--state", "state").code == 0)
            agents = try scratch.converge("show", "agent", "--state", "state").text.split(separator: "\n").map(String.init)
        }

        private func serve(_ provider: TokenProvider, _ flags: String..., trusts: Bool = true) throws -> Served {
            let tokens = ["--http-tokens-issuers", provider.issuer, "--http-tokens-audiences", "converge"]
            return try Served(
                ["--store-path", "state", "--http-tokens-agent-claim", "agent"] + tokens + flags, in: scratch,
                environment: trusts ? ["AWS_CA_BUNDLE": provider.certificate] : [:])
        }

        private func bearer(_ token: String) -> String { "Authorization: Bearer \(token)" }

        @Test("keys come from the issuer over https; a rotated key is found, and an issuer that is down later stops nobody")
        func provider() throws {
            let provider = try TokenProvider()
            let served = try serve(provider)
            let path = "/state/agent/\(agents[0])"
            #expect(try served.get("/metrics").status == 200 && served.get("/health/live").status == 200)
            #expect(try served.get(path).status == 401)
            let first = try bearer(provider.tell(#"{"scope":"read read:personal","sub":"s-1"}"#))
            // A busy machine may take longer for the first answer than is waited for.
            try eventually("the keys are there") { try served.get(path, "-H", first).status == 200 }
            #expect(try served.get("/health/ready").body.contains("tokens.keys"))
            #expect(try served.get("/v1/agents/\(agents[0])", "-H", first).status == 200)

            // Who read what is in the log, by whom and with the request's id.
            #expect(try served.get(path, "-H", first, "-H", "X-Request-Id: mine-1").status == 200)
            var audit: [String: Any] = [:]
            try eventually("the line is there") {
                audit =
                    served.entries("audit.read").map { $0["fields"] as? [String: Any] ?? [:] }.last {
                        $0["request"] as? String == "mine-1"
                    } ?? [:]
                return !audit.isEmpty
            }
            #expect(audit["subject"] as? String == "s-1" && audit["status"] as? Int == 200)
            #expect((audit["of"] as? String)?.contains(agents[0]) == true)

            // What is not personal leaves no line, and what is personal is not shown.
            let reader = try bearer(provider.tell(#"{"scope":"read"}"#))
            let lines = served.entries("audit.read").count
            let shown = try served.get("/v1/agents/\(agents[0])", "-H", reader)
            #expect(shown.status == 200 && shown.body.contains("\"withheld\"") && served.entries("audit.read").count == lines)
            #expect(try served.get(path, "-H", reader).status == 403)

            // An agent's own, and nobody else's.
            let own = try bearer(provider.tell("{\"scope\":\"read read:personal\",\"agent\":\"\(agents[0])\"}"))
            #expect(try served.get(path, "-H", own).status == 200)
            #expect(try served.get("/state/agent/\(agents[1])", "-H", own).status == 403)
            #expect(try served.get("/v1/agents/\(agents[1])", "-H", own).status == 403)

            try provider.tell("rotate")
            let second = try bearer(provider.tell(#"{"scope":"read:personal"}"#))
            try eventually("the new key is asked for", every: 0.25) { try served.get(path, "-H", second).status == 200 }
            #expect(try served.get(path, "-H", first).status == 200)

            try provider.tell("down")
            let third = try bearer(provider.tell(#"{"scope":"read:personal"}"#))
            #expect(try served.get(path, "-H", third).status == 200)
            let expired = try bearer(provider.tell(#"{"scope":"read:personal","exp":1000000000}"#))
            let refused = try served.get(path, "-H", expired)
            #expect(
                refused.status == 401 && refused.head.contains("error=\"invalid_token\"") && !refused.body.contains("expired"))
            let reason = served.entries("http.token").last?["fields"] as? [String: Any]
            #expect(reason?["reason"] as? String == "expired")
            #expect(try served.get("/metrics").body.contains("converge_http_tokens_refused_total{reason=\"expired\"} 1\n"))
            try served.drain()
        }

        @Test("an issuer whose certificate is not trusted gives no keys: its tokens are told to come again")
        func untrusted() throws {
            let provider = try TokenProvider()
            let served = try serve(provider, trusts: false)
            let token = try bearer(provider.tell(#"{"scope":"read:personal"}"#))
            let answer = try served.get("/state/agent", "-H", token)
            #expect(answer.status == 503 && answer.head.contains("Retry-After: 10"))
            try eventually("it says why") { !served.entries("http.keys").isEmpty }
            #expect("\(served.entries("http.keys"))".contains("not trusted"))
            #expect(try served.get("/health/ready").status == 503)
            try served.drain()
        }

        @Test("a caller beyond the rate is told when to come again")
        func rates() throws {
            let provider = try TokenProvider()
            let served = try serve(provider, "--http-rates-list", "2")
            let token = try bearer(provider.tell(#"{"scope":"read:personal"}"#))
            var last: Served.Answer?
            try eventually("the quota is used up") {
                last = try served.get("/state/queue", "-H", token)
                return last?.status == 429
            }
            let head = try #require(last?.head)
            #expect(head.contains("RateLimit-Policy: \"list\";q=2;w=60") && head.contains("RateLimit: \"list\";r=0;t="))
            #expect(head.contains("Retry-After: "))
            #expect(try served.get("/v1/regions", "-H", try bearer(provider.tell(#"{"scope":"read"}"#))).status == 200)
            try served.drain()
        }

        @Test(
            "with tokens and TLS it listens where others reach it; a certificate that is put in place is served, and one that is none is an error"
        )
        func tls() throws {
            let provider = try TokenProvider()
            func certificate(_ name: String) throws {
                try Programs.run(
                    "/usr/bin/env",
                    [
                        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days",
                        "2", "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1", "-out",
                        scratch.path("\(name).pem"),
                        "-keyout", scratch.path("\(name).key"),
                    ])
            }
            for name in ["one", "other"] { try certificate(name) }
            let tls = ["--http-tls-certificate", "one.pem", "--http-tls-key", "one.key", "--http-address", "0.0.0.0"]
            let served = try serve(provider, tls[0], tls[1], tls[2], tls[3], tls[4], tls[5])
            #expect(served.entries("http.insecure").isEmpty)
            let token = try bearer(provider.tell(#"{"scope":"read read:personal"}"#))
            let trusted = scratch.path("one.pem")
            let port = served.address.split(separator: ":").last ?? ""
            /// Empty where curl does not trust it.
            func status(_ authority: String) -> String {
                let curl = ["curl", "-s", "--max-time", "60", "-o", "/dev/null", "-w", "%{http_code}", "-H", token, "--cacert"]
                let said = try? Programs.run("/usr/bin/env", curl + [authority, "https://127.0.0.1:\(port)/state/agent"])
                return said.map { String(decoding: $0, as: UTF8.self) } ?? ""
            }
            try eventually("the keys are there") { status(trusted) == "200" }
            #expect(status(scratch.path("other.pem")).isEmpty)
            for end in ["pem", "key"] {
                try scratch.write("one.\(end)", String(decoding: scratch.read("other.\(end)"), as: UTF8.self))
            }
            try eventually("the other certificate is served") { status(scratch.path("other.pem")) == "200" }
            try served.drain()
            let ended = try Program(
                [
                    "serve", "--store-path", "state", "--http-port", "0", "--http-tls-certificate", "a.jsonl", "--http-tls-key",
                    "one.key",
                ],
                in: scratch
            ).wait()
            #expect(ended.code == 1 && ended.errors.contains("a.jsonl"), "\(ended.errors)")
        }

        @Test("with a token and without one it keeps to docs/openapi.yaml")
        func document() throws {
            let provider = try TokenProvider()
            let served = try serve(
                provider, "--http-rates-list", "0", "--http-rates-read", "0", "--http-rates-stream", "0", "--http-rates-write",
                "0")
            let token = try bearer(provider.tell(#"{"scope":"read read:personal"}"#))
            try eventually("the keys are there") { try served.get("/state/agent", "-H", token).status == 200 }
            // Here a token is needed.
            let document = try String(contentsOf: Self.document, encoding: .utf8).replacingOccurrences(
                of: "security: [{}, ", with: "security: [")
            try scratch.write("openapi.yaml", document)
            let process = Process()
            process.executableURL = try PythonEnvironment.make("schemathesis", "schemathesis==4.32.5")
                .appendingPathComponent("schemathesis")
            process.arguments = [
                "--config-file",
                URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../Kafka/schemathesis.toml")
                    .standardized.path,
                "run", scratch.path("openapi.yaml"), "--url", "http://\(served.address)", "--checks", "all", "--no-color",
                "--warnings", "off", "--phases", "examples,coverage,fuzzing", "--max-examples", "10", "-H", token,
            ]
            process.currentDirectoryURL = URL(fileURLWithPath: scratch.root)
            let output = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.write("schemathesis.txt", "")))
            process.standardOutput = output
            process.standardError = output
            process.standardInput = FileHandle.nullDevice
            try process.runBound()
            process.waitUntilExit()
            let text = String(decoding: try scratch.read("schemathesis.txt"), as: UTF8.self)
            #expect(process.terminationStatus == 0, "\(text.suffix(4_000))")
            try served.drain()
        }
    }
}
