import Foundation
import Testing

extension ProgramTests {
    @Suite("converge config check")
    struct ConfigTests {
        private static let kafka = ["--kafka-bootstrap-servers", "a:9092", "--kafka-topics", "events"]

        @Test("a right configuration is printed with where each value came from, and exits with 0")
        func effective() throws {
            let scratch = try Scratch()
            try Data("kafka:\n  bootstrap.servers: [a:9092]\n  topics: [t]\nengine.workers: 2\n".utf8)
                .write(to: URL(fileURLWithPath: scratch.path("c.yaml")))
            let ended = try Program(
                ["config", "check", "--config", "c.yaml", "--drain-timeout=1m"], in: scratch,
                environment: ["CONVERGE_WORKERS": "3", "CONVERGE_LOG_LEVEL": "debug"]
            ).wait()
            #expect(ended.code == 0, "\(ended.errors)")
            for line in [
                "  bootstrap.servers: [\"a:9092\"]  # c.yaml:2", "  workers: 3  # CONVERGE_WORKERS",
                "drain-timeout: 1m  # --drain-timeout",
                "  level: debug  # CONVERGE_LOG_LEVEL", "  group.id: converge  # default",
            ] {
                #expect(ended.text.contains(line + "\n"), "\(ended.text)")
            }
        }

        @Test("a file that is shared with converge kcl is right for both")
        func shared() throws {
            let scratch = try Scratch()
            try scratch.write(
                "c.yaml", "kinesis.streams: [events]\nsource.kind: kinesis\nstore.kind: dynamodb\nkcl.lease-table: app\n")
            let ended = try scratch.converge("config", "check", "--config", "c.yaml")
            #expect(ended.code == 0 && ended.text.contains("lease-table: app  # c.yaml:4\n"), "\(ended.errors) \(ended.text)")
        }

        @Test("json is one object, in which no secret is seen")
        func json() throws {
            let scratch = try Scratch()
            try Data("hunter2\n".utf8).write(to: URL(fileURLWithPath: scratch.path("secret")))
            let arguments = ["config", "check", "--format", "json", "--kafka-ssl-key-password-file", "secret"] + Self.kafka
            let ended = try Program(arguments, in: scratch, environment: ["CONVERGE_KAFKA_SASL_PASSWORD": "hunter3"]).wait()
            #expect(ended.code == 0, "\(ended.errors)")
            let password = try #require(ended.json()["kafka.ssl.key.password"] as? [String: String])
            #expect(password == ["origin": "--kafka-ssl-key-password-file, from secret", "value": "********"])
            #expect(!ended.text.contains("hunter"))
        }

        @Test("every mistake is told with its place, and the exit code is 2")
        func mistakes() throws {
            let scratch = try Scratch()
            try Data("kafka:\n  topic: t\nstore: {kind: disk}\n".utf8).write(to: URL(fileURLWithPath: scratch.path("c.yaml")))
            let ended = try Program(
                ["config", "check", "--config", "c.yaml"], in: scratch, environment: ["CONVERGE_HTTP_PROT": "1"]
            ).wait()
            #expect(ended.code == 2 && ended.output.isEmpty)
            #expect(ended.errors.contains("c.yaml:2: unknown key 'kafka.topic'; did you mean 'kafka.topics'?"))
            #expect(ended.errors.contains("c.yaml:3: store.kind: 'disk' is not accepted; give one of embedded, memory"))
            #expect(ended.errors.contains("unknown environment variable CONVERGE_HTTP_PROT; did you mean CONVERGE_HTTP_PORT?"))
        }

        @Test(
            "wrong usage exits with 2 and names what is wrong",
            arguments: [
                (["config"], "config check"), (["config", "chekc"], "config check"),
                (["config", "check", "--config", "nowhere.yaml"], "nowhere.yaml: No such file"),
                (["config", "check"], "kafka.bootstrap.servers is needed"),
                (["config", "check", "--wokers=1"], "did you mean --workers?"),
                (["config", "check", "--format", "xml"], "yaml, json"),
            ])
        func usage(arguments: [String], named: String) throws {
            let ended = try Program(arguments, in: Scratch()).wait()
            #expect(ended.code == 2 && ended.errors.contains(named), "\(ended.errors)")
            #expect(ended.output.isEmpty)
        }
    }
}
