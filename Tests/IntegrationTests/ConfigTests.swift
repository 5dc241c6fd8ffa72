import Foundation
import Testing

extension ProgramTests {
    @Suite("converge config check")
    struct ConfigTests {
        private static let kafka = ["--kafka-bootstrap-servers", "a:9092", "--kafka-topics", "events"]

        @Test("a valid configuration is printed with where each value came from, with exit code 0")
        func effective() throws {
            let scratch = try Scratch()
            try Data("kafka:\n  bootstrap.servers: [a:9092]\n  topics: [t]\nengine.threads: 2\n".utf8)
                .write(to: URL(fileURLWithPath: scratch.path("c.yaml")))
            let ended = try Program(
                ["config", "check", "--config", "c.yaml", "--drain-timeout=1m"], in: scratch,
                environment: ["CONVERGE_THREADS": "3", "CONVERGE_LOG_LEVEL": "debug"]
            ).wait()
            #expect(ended.code == 0, "\(ended.errors)")
            for line in [
                "  bootstrap.servers: [\"a:9092\"]  # c.yaml:2", "  threads: 3  # CONVERGE_THREADS",
                "drain-timeout: 1m  # --drain-timeout",
                "  level: debug  # CONVERGE_LOG_LEVEL", "  group.id: converge  # default",
            ] {
                #expect(ended.text.contains(line + "\n"), "\(ended.text)")
            }
        }

        @Test("a file that converge run and converge kcl share is valid for both")
        func shared() throws {
            let scratch = try Scratch()
            try scratch.write(
                "c.yaml", "kinesis.streams: [events]\nsource.kind: kinesis\nstore.kind: dynamodb\nkcl.lease-table: app\n")
            let ended = try scratch.converge("config", "check", "--config", "c.yaml")
            #expect(ended.code == 0 && ended.text.contains("lease-table: app  # c.yaml:4\n"), "\(ended.errors) \(ended.text)")
        }

        @Test("--format json prints one object without secrets")
        func json() throws {
            let scratch = try Scratch()
            try Data("hunter2\n".utf8).write(to: URL(fileURLWithPath: scratch.path("secret")))
            for name in ["key.pem", "certificate.pem"] { try scratch.write(name, "") }
            let login = [
                "--kafka-security-protocol", "SASL_SSL", "--kafka-sasl-mechanism", "PLAIN", "--kafka-sasl-username", "u",
                "--kafka-ssl-key-location", "key.pem", "--kafka-ssl-certificate-location", "certificate.pem",
            ]
            let arguments =
                ["config", "check", "--format", "json", "--kafka-ssl-key-password-file", "secret"] + login + Self.kafka
            let ended = try Program(arguments, in: scratch, environment: ["CONVERGE_KAFKA_SASL_PASSWORD": "hunter3"]).wait()
            #expect(ended.code == 0, "\(ended.errors)")
            let password = try #require(ended.json()["kafka.ssl.key.password"] as? [String: String])
            #expect(password == ["origin": "--kafka-ssl-key-password-file, from secret", "value": "********"])
            #expect(!ended.text.contains("hunter"))
            #expect(
                try ended.json()["kafka.security.protocol"] as? [String: String] == [
                    "origin": "--kafka-security-protocol", "value": "sasl_ssl",
                ])
        }

        @Test(
            "config check refuses what run refuses, with the same message",
            arguments: [
                (
                    ["--source-kind", "kinesis", "--kinesis-streams", "arn:aws:sqs:us-east-1:1:a"],
                    "is not a stream name", [:]
                ),
                (
                    kafka + ["--kafka-options", "no.such.thing=1"],
                    "kafka.options.no.such.thing: No such configuration property", [:]
                ),
                (
                    kafka + ["--store-kind", "dynamodb", "--store-prefix", "a b"], "'a b' cannot begin a table name",
                    [:]
                ),
                (
                    kafka + ["--store-kind", "dynamodb", "--store-path", "s"],
                    "store.path has no effect with store.kind dynamodb", [:]
                ),
                (kafka + ["--http-address", "0.0.0.0"], "http.insecure: true", [:]),
                (kafka + ["--http-address", "localhost"], "not an IPv4 or IPv6 address", [:]),
                (
                    kafka + ["--store-kind", "dynamodb"], "FIPS endpoint of DynamoDB in us-east-1",
                    ["AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_REGION": "us-east-1"]
                ),
            ])
        func likeRun(flags: [String], message: String, environment: [String: String]) throws {
            let scratch = try Scratch()
            let checked = try Program(["config", "check"] + flags, in: scratch, environment: environment).wait()
            #expect(checked.code == 2 && checked.output.isEmpty && checked.errors.contains(message), "\(checked.errors)")
            let ran = try Program(["run"] + flags, in: scratch, environment: environment).wait()
            #expect(ran.code == 2 && ran.errors == checked.errors, "\(ran.errors)")
            #expect(!scratch.exists("converge-state"))
        }

        @Test("every mistake is printed with its location, with exit code 2")
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
            "wrong usage of config check is named, with exit code 2",
            arguments: [
                (["config"], "config check"), (["config", "chekc"], "config check"),
                (["config", "check", "--config", "nowhere.yaml"], "nowhere.yaml: No such file"),
                (["config", "check"], "source.kind kafka requires kafka.bootstrap.servers"),
                (["config", "check", "--treads=1"], "did you mean --threads?"),
                (["config", "check", "--format", "xml"], "yaml, json"),
            ])
        func usage(arguments: [String], named: String) throws {
            let ended = try Program(arguments, in: Scratch()).wait()
            #expect(ended.code == 2 && ended.errors.contains(named), "\(ended.errors)")
            #expect(ended.output.isEmpty)
        }
    }
}
