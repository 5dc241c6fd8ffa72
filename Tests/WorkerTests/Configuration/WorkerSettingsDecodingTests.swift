import Foundation
import TestSupport
import Testing

@testable import Platform
@testable import Worker

/// What the program takes, of what a file says.
@Suite("the worker's decoded settings", .limited)
struct WorkerSettingsDecodingTests {
    private static let kafka = "kafka: {bootstrap.servers: [a, b], topics: [t]}\n"
    private static let kinesis = "source.kind: kinesis\nkinesis.streams: [s]\n"

    private func settings(_ yaml: String, _ schema: ConfigurationSchema = .worker) throws -> WorkerSettings {
        let options = try Options([], for: Command("run", usage: "", summary: "", flags: schema.flags))
        return try WorkerSettings(
            Configuration.load(
                schema, file: Configuration.File(path: "c.yaml", bytes: Array(yaml.utf8)), environment: [:], options: options))
    }

    private func problems(_ yaml: String) -> [String] {
        do {
            _ = try settings(yaml)
            return []
        } catch {
            return (error as? ConfigurationError)?.problems ?? ["\(error)"]
        }
    }

    @Test("settings that are not given have the defaults of docs/configuration.md")
    func defaults() throws {
        let settings = try settings(Self.kafka)
        guard case .kafka(let kafka) = settings.source else { throw Unexpected(what: "\(settings.source)") }
        #expect(kafka.client.brokers == ["a", "b"] && kafka.client.topics == ["t"] && kafka.client.group == "converge")
        #expect(kafka.client.tables == nil && kafka.client.tokenRegion == nil && !kafka.client.untilEnd)
        #expect(kafka.from == nil && kafka.readyLag == 10_000)
        #expect(
            kafka.client.options.map { "\($0.name)=\($0.value)" } == [
                "partition.assignment.strategy=cooperative-sticky", "auto.offset.reset=earliest", "security.protocol=plaintext",
                "statistics.interval.ms=5000",
            ])
        #expect(settings.store.place == .embedded(path: "converge-state"))
        #expect(settings.store.retentionMilliseconds == 30 * 86_400_000)
        #expect(settings.deadLetterPath == "converge-state/dead-letters.jsonl" && !settings.deadLetters.keepsUnknown)
        #expect(settings.engine.shards == coreCount() && settings.engine.cacheBytesMax == memoryBytes() / 4)
        #expect(settings.engine.flushIntervalMilliseconds == 2 && settings.engine.refreshIntervalMilliseconds == nil)
        #expect(settings.engine.dirtyBytesMax == 256 << 20)
        #expect(
            settings.engine.decoder.skewGuard.maxSkew == 300_000 && settings.engine.decoder.customerAttribute == "customerId")
        #expect(settings.http?.address == "127.0.0.1" && settings.http?.port == 9464 && settings.http?.isInsecure == false)
        #expect(settings.log.level == .info && settings.log.format == nil && settings.log.path == nil)
        #expect(settings.capture == nil && settings.drainMilliseconds == 30_000)
    }

    @Test("with store.kind dynamodb, refreshes are delayed, and sources know the tables that positions belong to")
    func tables() throws {
        let settings = try settings(Self.kafka + "store: {kind: dynamodb, prefix: p}\n")
        #expect(settings.store.place == .tables(prefix: "p") && settings.store.isShared)
        #expect(settings.engine.flushIntervalMilliseconds == 20 && settings.engine.refreshIntervalMilliseconds == 60_000)
        #expect(settings.kafka?.tables == "p" && settings.deadLetterPath == "dead-letters.jsonl")
        let atOnce = try self.settings(Self.kafka + "store.kind: dynamodb\nengine.heartbeat-write-interval: 0ms\n")
        #expect(atOnce.engine.refreshIntervalMilliseconds == nil)
    }

    @Test(
        "source.from is a word or a time",
        arguments: [
            ("beginning", StartSetting.beginning), ("latest", .latest),
            ("2026-03-02T14:00:00Z", .time(Timestamp(milliseconds: 1_772_460_000_000))),
        ])
    func start(text: String, expected: StartSetting) throws {
        guard case .kafka(let kafka) = try settings(Self.kafka + "source.from: \(text)\n").source else {
            throw Unexpected(what: text)
        }
        #expect(kafka.from == expected)
    }

    @Test("streams are read in kinesis.regions with kinesis.topology all, and otherwise in the worker's own Region")
    func kinesis() throws {
        for (line, regions) in [
            ("", nil), ("kinesis: {topology: all, regions: [us-east-1, us-west-2]}\n", ["us-east-1", "us-west-2"]),
        ] as [(String, [String]?)] {
            guard case .kinesis(let kinesis) = try settings(Self.kinesis + line).source else { throw Unexpected(what: line) }
            #expect(kinesis.streams == ["s"] && kinesis.application == "converge" && !kinesis.fanOut)
            #expect(kinesis.regions == regions && kinesis.readyBehindMilliseconds == 60_000)
        }
    }

    @Test("with IAM of Amazon MSK, the Region for tokens applies to dead letters and to events")
    func tokens() throws {
        let login = "kafka: {security.protocol: sasl_ssl, sasl: {mechanism: OAUTHBEARER, region: eu-west-1}}\n"
        let settings = try settings(
            Self.kinesis + "dead-letters: {kind: kafka, topic: d}\nkafka.bootstrap.servers: [a]\n" + login)
        guard case .kafka(topic: "d", let client) = settings.deadLetters.place else { throw Unexpected(what: login) }
        #expect(client.tokenRegion == "eu-west-1" && client.topics.isEmpty && settings.kafka?.brokers == ["a"])
    }

    @Test("each shard of converge kcl has a separate state and capture, whatever source.kind the file has")
    func shard() throws {
        let shared =
            "source.kind: kinesis\nkinesis.streams: [s]\nstore.path: /a/state\ncapture.path: /a/capture\nkcl.lease-table: l\n"
            + "store.kind: embedded\n"
        let settings = try settings(shared.replacingOccurrences(of: "kcl.lease-table: l\n", with: ""), .kcl).ofShard(
            "shardId-1")
        guard case .kcl = settings.source else { throw Unexpected(what: "\(settings.source)") }
        #expect(
            settings.store.place == .embedded(path: "/a/state/shardId-1") && settings.capture?.path == "/a/capture/shardId-1")
        #expect(settings.deadLetterPath == "/a/state/shardId-1/dead-letters.jsonl" && settings.kcl.stream == "s")
        #expect(settings.http == nil && settings.engine.shards == 1)
        let tables = try self.settings("store.kind: dynamodb\nkcl.lease-table: l\n", .kcl)
        #expect(tables.kcl.leaseTable == "l" && tables.kcl.stream.isEmpty)
    }

    @Test(
        "values that a key accepts and its module refuses are reported for all keys together",
        arguments: [
            (kafka + "kafka.options: {no.such.option: 1}\n", ["kafka.options.no.such.option: "]),
            (kafka + "store: {kind: dynamodb, prefix: 'a b'}\n", ["store.prefix: 'a b' cannot begin a table name"]),
            ("source.kind: kinesis\nkinesis.streams: ['=t']\n", ["is not a stream name, a stream ARN or NAME=TABLE"]),
            (
                kafka + "kafka.options: {no.such.option: 1}\nstore: {kind: dynamodb, prefix: 'a b'}\n",
                ["kafka.options.no.such.option: ", "store.prefix: "]
            ),
        ])
    func refused(yaml: String, messages: [String]) {
        let found = problems(yaml)
        #expect(found.count == messages.count, "\(found)")
        for (problem, message) in zip(found, messages) { #expect(problem.contains(message)) }
    }
}

private struct Unexpected: Error {
    var what: String
}
