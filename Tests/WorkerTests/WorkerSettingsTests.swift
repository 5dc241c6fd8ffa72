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
        "what does nothing is refused: the key, what makes it idle, and what to set",
        arguments: [
            (
                kafka, "store: {kind: dynamodb, path: s}",
                "store.path does nothing with store.kind dynamodb; leave it out, or set store.kind to embedded"
            ),
            (kafka, "store: {kind: memory, path: s}", "store.path does nothing with store.kind memory"),
            (
                kafka, "store.prefix: p",
                "store.prefix does nothing with store.kind embedded; leave it out, or set store.kind to dynamodb"
            ),
            (
                kafka, "engine.heartbeat-write-interval: 1s",
                "engine.heartbeat-write-interval does nothing with store.kind embedded"
            ),
            (kafka, "kcl.lease-table: t", "kcl.lease-table does nothing with store.kind embedded"),
            (
                kafka, "dead-letters.topic: t",
                "dead-letters.topic does nothing with dead-letters.kind file; leave it out, or set dead-letters.kind to kafka"
            ),
            (
                kafka, "dead-letters: {kind: kafka, topic: t, path: p}",
                "dead-letters.path does nothing with dead-letters.kind kafka"
            ),
            (kafka, "capture.bytes: 1g", "capture.bytes does nothing with no capture.path; leave it out, or set capture.path"),
            (kafka, "capture.file-bytes: 1m", "capture.file-bytes does nothing with no capture.path"),
            (
                kafka, "kinesis.streams: [s]",
                "kinesis.streams does nothing with source.kind kafka; leave it out, or set source.kind to kinesis"
            ),
            (kafka, "kinesis.fan-out: true", "kinesis.fan-out does nothing"),
            (
                kinesis, "kinesis.regions: [us-east-1]",
                "kinesis.regions does nothing with kinesis.topology local; leave it out, or set kinesis.topology to all"
            ),
            (kinesis, "kafka.topics: [t]", "kafka.topics does nothing with source.kind kinesis"),
            (
                kinesis, "kafka.bootstrap.servers: [a]",
                "kafka.bootstrap.servers does nothing with source.kind kinesis and dead-letters.kind file; leave it out, or set source.kind to kafka, or dead-letters.kind to kafka"
            ),
            (kinesis, "kafka.options: {client.id: c}", "kafka.options does nothing with source.kind kinesis"),
            (
                kinesis + "dead-letters: {kind: kafka, topic: t}\nkafka.bootstrap.servers: [a]\n", "kafka.group.id: g",
                "kafka.group.id does nothing with source.kind kinesis; leave it out, or set source.kind to kafka"
            ),
            (
                kafka, "kafka.ssl.ca.location: f",
                "kafka.ssl.ca.location does nothing with kafka.security.protocol plaintext; leave it out, or set kafka.security.protocol to ssl or sasl_ssl"
            ),
            (
                kafka + "kafka.security.protocol: ssl\n", "kafka.ssl.key.password: p",
                "kafka.ssl.key.password does nothing with no kafka.ssl.key.location"
            ),
            (
                kafka, "kafka.sasl.username: u",
                "kafka.sasl.username does nothing with no kafka.sasl.mechanism; leave it out, or set kafka.sasl.mechanism to PLAIN or"
            ),
            (
                kafka, "kafka.sasl.region: r",
                "kafka.sasl.region does nothing with no kafka.sasl.mechanism; leave it out, or set kafka.sasl.mechanism to OAUTHBEARER"
            ),
        ])
    func idle(base: String, line: String, message: String) {
        #expect(problems(base).isEmpty)
        let found = problems(base + line)
        #expect(found.count == 1 && found[0].hasPrefix("c.yaml:") && found[0].contains(message), "\(found)")
    }

    @Test("what the same file needs for converge kcl is no mistake of either")
    func sharedFile() {
        let shared =
            Self.kinesis + "kinesis.application: a\nstore.kind: dynamodb\nkcl.lease-table: a\nhttp.address: 127.0.0.2\n"
        #expect(problems(shared).isEmpty)
        #expect(problems(shared.replacingOccurrences(of: "source.kind: kinesis", with: "source.kind: kcl"), .kcl).isEmpty)
        #expect(problems("store: {kind: memory, path: s}", .kcl).count == 1)
    }

    @Test("a printed configuration has what does nothing as a comment, and reads as the same one")
    func printed() throws {
        let configuration = try load(Self.kafka + "store.kind: dynamodb\n")
        #expect(configuration.yaml.contains("  # path: converge-state (does nothing with store.kind dynamodb)\n"))
        #expect(try load(configuration.yaml).entries.mapValues(\.value) == configuration.entries.mapValues(\.value))
    }

    @Test(
        "an address that others reach is refused unless http.insecure says that it is meant",
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

    @Test("an address that is none is refused", arguments: ["localhost", "127.0.0", "http://127.0.0.1"])
    func noAddress(address: String) {
        #expect(problems(Self.kafka + "http.address: '\(address)'").first?.contains("no IPv4 or IPv6 address") == true)
    }

    @Test("words are taken in capitals or not, as librdkafka takes them, and are what they are called here")
    func capitals() throws {
        let login =
            "kafka: {bootstrap.servers: [a], topics: [t], security.protocol: SASL_SSL, sasl: {mechanism: scram-sha-512, username: u, password: p}}"
        let configuration = try load(login)
        #expect(configuration.text("kafka.security.protocol") == "sasl_ssl")
        #expect(configuration.text("kafka.sasl.mechanism") == "SCRAM-SHA-512")
        #expect(try load(Self.kafka + "store.kind: Memory").text("store.kind") == "memory")
    }

    @Test(
        "what is known of other Kafka clients is answered with what it is here",
        arguments: [
            ("kafka.sasl.mechanism: AWS_MSK_IAM", ["one of PLAIN", "OAUTHBEARER here", "kafka.sasl.region"]),
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
}
