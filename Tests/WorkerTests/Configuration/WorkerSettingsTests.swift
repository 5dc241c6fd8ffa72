import Foundation
import TestSupport
import Testing

@testable import Platform
@testable import Worker

/// What the worker's keys have to be together. Each refusal names the key, what is accepted, and what to do.
@Suite("the worker's settings", .limited)
struct WorkerSettingsTests {
    private static let kafka = "kafka: {bootstrap.servers: [a], topics: [t]}\n"
    private static let kinesis = "source.kind: kinesis\nkinesis.streams: [s]\n"

    private func load(_ yaml: String, _ schema: ConfigurationSchema = .worker) throws -> Configuration {
        let options = try Options([], for: Command("run", usage: "", summary: "", flags: schema.flags))
        return try Configuration.load(
            schema, file: Configuration.File(path: "c.yaml", bytes: Array(yaml.utf8)), environment: [:], options: options)
    }

    private func problems(_ yaml: String, _ schema: ConfigurationSchema = .worker) -> [String] {
        do {
            _ = try load(yaml, schema)
            return []
        } catch let error as ConfigurationError {
            return error.problems
        } catch {
            return ["\(error)"]
        }
    }

    @Test(
        "a setting without effect is refused; the error contains the key, the reason and what to set",
        arguments: [
            (
                kafka, "store: {kind: dynamodb, path: s}",
                "store.path has no effect with store.kind dynamodb; remove it, or set store.kind to embedded"
            ),
            (kafka, "store: {kind: memory, path: s}", "store.path has no effect with store.kind memory"),
            (kafka, "store.format: 2", "store.format has no effect with store.kind embedded"),
            (kafka, "store.readable: none", "store.readable has no effect with store.kind embedded"),
            (
                kafka, "store.prefix: p",
                "store.prefix has no effect with store.kind embedded; remove it, or set store.kind to dynamodb"
            ),
            (
                kafka, "engine.heartbeat-write-interval: 1s",
                "engine.heartbeat-write-interval has no effect with store.kind embedded"
            ),
            (kafka, "kcl.lease-table: t", "kcl.lease-table has no effect with store.kind embedded"),
            (
                kafka, "dead-letters.topic: t",
                "dead-letters.topic has no effect with dead-letters.kind file; remove it, or set dead-letters.kind to kafka"
            ),
            (
                kafka, "dead-letters: {kind: kafka, topic: t, path: p}",
                "dead-letters.path has no effect with dead-letters.kind kafka"
            ),
            (kafka, "capture.bytes: 1g", "capture.bytes has no effect without capture.path; remove it, or set capture.path"),
            (kafka, "aliases.country: 44", "aliases.country has no effect without aliases.key-file"),
            (kafka, "capture.file-bytes: 1m", "capture.file-bytes has no effect without capture.path"),
            (
                kafka, "kinesis.streams: [s]",
                "kinesis.streams has no effect with source.kind kafka; remove it, or set source.kind to kinesis"
            ),
            (kafka, "kinesis.fan-out: true", "kinesis.fan-out has no effect"),
            (
                kinesis, "kinesis.regions: [us-east-1]",
                "kinesis.regions has no effect with kinesis.topology local; remove it, or set kinesis.topology to all"
            ),
            (kinesis, "kafka.topics: [t]", "kafka.topics has no effect with source.kind kinesis"),
            (
                kinesis, "kafka.bootstrap.servers: [a]",
                "kafka.bootstrap.servers has no effect with source.kind kinesis and with dead-letters.kind file and without writing.topic; remove it, or set source.kind to kafka, or dead-letters.kind to kafka, or writing.topic"
            ),
            (kinesis, "kafka.options: {client.id: c}", "kafka.options has no effect with source.kind kinesis"),
            (
                kinesis + "dead-letters: {kind: kafka, topic: t}\nkafka.bootstrap.servers: [a]\n", "kafka.group.id: g",
                "kafka.group.id has no effect with source.kind kinesis; remove it, or set source.kind to kafka"
            ),
            (
                kafka, "kafka.ssl.ca.location: f",
                "kafka.ssl.ca.location has no effect with kafka.security.protocol plaintext; remove it, or set kafka.security.protocol to ssl or sasl_ssl"
            ),
            (
                kafka + "kafka.security.protocol: ssl\n", "kafka.ssl.key.password: p",
                "kafka.ssl.key.password has no effect without kafka.ssl.key.location"
            ),
            (
                kafka, "kafka.sasl.username: u",
                "kafka.sasl.username has no effect without kafka.sasl.mechanism; remove it, or set kafka.sasl.mechanism to PLAIN or"
            ),
            (
                kafka, "kafka.sasl.region: r",
                "kafka.sasl.region has no effect without kafka.sasl.mechanism; remove it, or set kafka.sasl.mechanism to OAUTHBEARER"
            ),
        ])
    func idle(base: String, line: String, message: String) {
        #expect(problems(base).isEmpty)
        let found = problems(base + line)
        #expect(found.count == 1 && found[0].hasPrefix("c.yaml:") && found[0].contains(message), "\(found)")
    }

    @Test("a file shared by converge run and converge kcl may contain what only one of them needs")
    func sharedFile() {
        let shared =
            Self.kinesis + "kinesis.application: a\nstore.kind: dynamodb\nkcl.lease-table: a\nhttp.address: 127.0.0.2\n"
        #expect(problems(shared).isEmpty)
        #expect(problems(shared.replacingOccurrences(of: "source.kind: kinesis", with: "source.kind: kcl"), .kcl).isEmpty)
        #expect(problems("store: {kind: memory, path: s}", .kcl).count == 1)
    }

    @Test("a printed configuration has settings without effect as comments, and is read back as the same one")
    func printed() throws {
        let configuration = try load(Self.kafka + "store.kind: dynamodb\n")
        #expect(configuration.yaml.contains("  # path: converge-state (has no effect with store.kind dynamodb)\n"))
        #expect(try load(configuration.yaml).entries.mapValues(\.value) == configuration.entries.mapValues(\.value))
    }

    @Test(
        "an http.address that other machines can reach is refused unless http.insecure is set",
        arguments: [
            ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("0.0.0.0", false), ("::", false), ("10.0.0.1", false),
            ("::ffff:127.0.0.1", false),
        ])
    func address(address: String, isFine: Bool) {
        let yaml = Self.kafka + "http.address: '\(address)'\n"
        let found = problems(yaml)
        #expect(found.isEmpty == isFine)
        if !isFine {
            for word in ["http.address \(address)", "127.0.0.1", "http.insecure: true"] {
                #expect(found.first?.contains(word) == true)
            }
        }
        #expect(problems(yaml + "http.insecure: true").isEmpty)
    }

    @Test("origins are listed as browsers send them; what no browser sends is named, with what to give")
    func origins() {
        let listed = problems(Self.kafka + "http.origins: ['https://desk.example.com', 'http://localhost:3000']")
        #expect(listed.isEmpty)
        let wrong = problems(Self.kafka + "http.origins: ['https://desk.example.com', '*']")
        #expect(wrong.first?.contains("http.origins: '*' is no origin: give https://HOST") == true, "\(wrong)")
        let many = (0...64).map { "'https://d\($0).example'" }.joined(separator: ", ")
        #expect(problems(Self.kafka + "http.origins: [\(many)]").first?.contains("give at most 64") == true)
    }

    @Test("an invalid http.address is refused", arguments: ["localhost", "127.0.0", "http://127.0.0.1"])
    func noAddress(address: String) {
        #expect(problems(Self.kafka + "http.address: '\(address)'").first?.contains("not an IPv4 or IPv6 address") == true)
    }

    @Test("choices are accepted in any case, as librdkafka accepts them, and are stored in Converge's spelling")
    func capitals() throws {
        let login =
            "kafka: {bootstrap.servers: [a], topics: [t], security.protocol: SASL_SSL, sasl: {mechanism: scram-sha-512, username: u, password: p}}"
        let configuration = try load(login)
        #expect(configuration.text("kafka.security.protocol") == "sasl_ssl")
        #expect(configuration.text("kafka.sasl.mechanism") == "SCRAM-SHA-512")
        #expect(try load(Self.kafka + "store.kind: Memory").text("store.kind") == "memory")
    }

    @Test(
        "the error for a setting of another Kafka client names the setting to use",
        arguments: [
            ("kafka.sasl.mechanism: AWS_MSK_IAM", ["one of PLAIN", "use OAUTHBEARER", "kafka.sasl.region"]),
            ("kafka.sasl.jaas.config: x", ["kafka.sasl.password_file", "OAUTHBEARER", "kafka.sasl.region"]),
            ("kafka.options.sasl.jaas.config: x", ["is refused", "OAUTHBEARER"]),
            ("sasl.jaas.config: x", ["OAUTHBEARER"]),
            ("kafka.sasl.client.callback.handler.class: x", ["OAUTHBEARER"]),
            ("kafka: {ssl.truststore.location: x}", ["PEM", "kafka.ssl.ca.location"]),
            ("session.timeout.ms: 6000", ["write kafka.options.session.timeout.ms"]),
            ("kafka.session.timeout.ms: 6000", ["write kafka.options.session.timeout.ms"]),
            ("kafka: {fetch: {min.bytes: 1}}", ["write kafka.options.fetch"]),
            ("group.id: x", ["use kafka.group.id"]),
            ("kafka.group.ids: x", ["did you mean 'kafka.group.id'?"]),
            ("log.levle: x", ["did you mean 'log.level'?"]),
        ])
    func otherClients(line: String, words: [String]) {
        let found = problems(
            Self.kafka.replacingOccurrences(of: "kafka: {", with: "kafka.bootstrap.servers: [a]\nkafka.topics: [t]\n# {") + line
        )
        #expect(found.count == 1)
        for word in words { #expect(found.first?.contains(word) == true, "\(found)") }
    }

    @Test("the default country of phone numbers is a calling code")
    func country() {
        let found = problems(Self.kafka + "aliases: {key-file: k, country: GB}")
        #expect(found == ["aliases.country: 'GB' is not a calling code; give one to three digits, such as 44"])
        #expect(problems(Self.kafka + "aliases: {key-file: k, country: 44}") == [])
    }
}
