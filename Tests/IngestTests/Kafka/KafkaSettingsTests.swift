import AWS
import Platform
import TestSupport
import Testing

@testable import Ingest

@Suite("Kafka settings", .limited)
struct KafkaSettingsTests {
    private func settings(_ options: [(name: String, value: String)] = []) -> KafkaSettings {
        var settings = KafkaSettings(brokers: ["a:9092", "b:9093"], group: "g", topics: ["t"])
        settings.options = options
        return settings
    }

    private func value(_ name: String, in options: [(name: String, value: String)]) -> String? {
        options.last { $0.name == name }?.value
    }

    @Test(
        "the settings for delivery guarantees cannot be changed by options",
        arguments: ["enable.auto.commit", "enable.auto.offset.store"])
    func commits(_ name: String) {
        #expect(value(name, in: settings([(name, "true")]).consumerOptions()) == "false")
    }

    @Test("the client gets all brokers and the group, and queue limits that options may change")
    func options() {
        let plain = settings().consumerOptions()
        #expect(value("bootstrap.servers", in: plain) == "a:9092,b:9093")
        #expect(value("group.id", in: plain) == "g")
        #expect(value("queued.max.messages.kbytes", in: plain) == "8192")
        #expect(value("enable.partition.eof", in: plain) == "true")
        let own = settings([("queued.max.messages.kbytes", "100")]).consumerOptions()
        #expect(value("queued.max.messages.kbytes", in: own) == "100")
    }

    @Test(
        "the queue size is divided between the partitions",
        arguments: [(1, 65_536), (4, 65_536), (16, 16_384), (500, 4_096)])
    func queues(_ partitions: Int, _ kilobytes: Int) {
        let options = settings().consumerOptions(partitions: partitions)
        #expect(value("queued.max.messages.kbytes", in: options) == "\(kilobytes)")
    }

    @Test("the producer gets its own options, is idempotent and retries without a time limit")
    func producer() {
        let options = settings([("fetch.max.bytes", "1000"), ("security.protocol", "ssl"), ("enable.idempotence", "false")])
            .producerOptions
        #expect(value("fetch.max.bytes", in: options) == nil)
        #expect(value("group.id", in: options) == nil)
        #expect(value("security.protocol", in: options) == "ssl")
        #expect(value("enable.idempotence", in: options) == "true")
        #expect(value("message.timeout.ms", in: options) == "0")
    }

    @Test(
        "librdkafka accepts the options of TLS, mutual TLS and every SASL mechanism",
        arguments: [
            [("security.protocol", "ssl"), ("ssl.ca.location", "ca.pem")],
            [
                ("security.protocol", "ssl"), ("ssl.certificate.location", "c.pem"), ("ssl.key.location", "k.pem"),
                ("ssl.key.password", "secret"),
            ],
            [("security.protocol", "sasl_ssl"), ("sasl.mechanism", "PLAIN"), ("sasl.username", "u"), ("sasl.password", "p")],
            [("security.protocol", "sasl_ssl"), ("sasl.mechanism", "SCRAM-SHA-256")],
            [("security.protocol", "sasl_ssl"), ("sasl.mechanism", "SCRAM-SHA-512")],
            [("security.protocol", "sasl_ssl"), ("sasl.mechanism", "OAUTHBEARER")],
            [("group.instance.id", "a"), ("client.rack", "eu-central-1a")],
            [("partition.assignment.strategy", "cooperative-sticky"), ("auto.offset.reset", "error")],
        ])
    func known(_ options: [(String, String)]) throws {
        let settings = settings(options.map { (name: $0.0, value: $0.1) })
        try KafkaClient.check(settings.consumerOptions())
        try KafkaClient.check(settings.producerOptions)
    }

    @Test("the error for an unknown option or an invalid value contains the option's name")
    func unknown() {
        #expect(throws: KafkaError.option(name: "no.such", reason: "No such configuration property: \"no.such\"")) {
            _ = try KafkaSource(settings([("no.such", "1")]), start: { _, _, _ in .beginning })
        }
        #expect {
            try KafkaClient.check([("fetch.max.bytes", "many")])
        } throws: { error in
            if case .option("fetch.max.bytes", _)? = error as? KafkaError { true } else { false }
        }
    }

    @Test("a token for MSK is signed for the Region, encoded in base64url, valid for at most 15 minutes and never printed")
    func tokens() throws {
        let credentials = AWSCredentials(
            accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
        let moment = try #require(Timestamp("2026-03-02T14:00:00Z"))
        let token = try MSKTokens(region: "eu-central-1", credentials: CredentialsProvider(credentials)).make(at: moment)
        #expect(token.expiration == moment.milliseconds + 900_000)
        #expect(token.principal == "AKIDEXAMPLE")
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        #expect(token.value.revealed.allSatisfy { alphabet.contains($0) })
        // https://kafka.eu-central-1.
        #expect(token.value.revealed.hasPrefix("aHR0cHM6Ly9rYWZrYS5ldS1jZW50cmFsLTEu"))
        #expect(!"\(token)".contains("aHR0c"))
    }

    @Test("the client gets a token from the settings")
    func tokenOfClient() throws {
        var settings = settings([("security.protocol", "sasl_plaintext"), ("sasl.mechanism", "OAUTHBEARER")])
        settings.brokers = ["127.0.0.1:1"]
        let asked = Recorder<String>()
        settings.token = {
            asked.add("asked")
            return KafkaToken(value: Secret("a-token"), expiration: 4_102_444_800_000, principal: "p")
        }
        let letters = try KafkaDeadLetters(topic: "t", settings) { event in
            if case .tokenFailed(let reason) = event { asked.add(reason) }
        }
        defer { letters.close() }
        try eventually("a token is asked for") { !asked.all.isEmpty }
        #expect(asked.all == ["asked"])
    }
}
