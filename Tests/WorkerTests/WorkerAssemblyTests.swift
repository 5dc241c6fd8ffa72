import AWS
import EngineCore
import Foundation
import Platform
import TestSupport
import Testing

@testable import Worker

@Suite("how a worker is put together", .limited)
struct WorkerAssemblyTests {
    /// A source that outlives its worker, and the store that this one had.
    private struct Remains {
        let source: any Source
        weak let store: (any Store)?
    }

    private func remains(in directory: String) throws -> Remains {
        let settings = try WorkerSettings(flags: [
            "--source-kind", "kinesis", "--kinesis-streams", "s", "--store-kind", "memory", "--http-port", "0",
            "--log-path", "\(directory)/log", "--dead-letters-path", "\(directory)/dead-letters.jsonl",
        ])
        let kinesis = try #require({ if case .kinesis(let kinesis) = settings.source { kinesis } else { nil } }())
        let log = try WorkerLog(settings.log)
        defer { log.end() }
        let reports = try WorkerReports(version: "0", log.log)
        let store = try WorkerStore(settings, log.log)
        let session = try AWSSession(
            Environment(["AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"]))
        let source = try KinesisWorkerSource(
            kinesis, session, region: "us-east-1", WorkerPositions(store, log.log), reports)
        let worker = try Worker(settings, store, source, reports)
        source.source.stop()
        let remains = Remains(source: source.source, store: store.store)
        #expect(remains.store != nil)
        withExtendedLifetime(worker) {}
        return remains
    }

    @Test("the store of an ended worker is closed, even if a request still refers to its source")
    func store() throws {
        let directory = NSTemporaryDirectory() + "converge-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let remains = try remains(in: directory)
        #expect(remains.store == nil)
        withExtendedLifetime(remains.source) {}
    }

    @Test("settings given only by flags have the defaults of docs/configuration.md")
    func flags() throws {
        let settings = try WorkerSettings(flags: ["--kafka-bootstrap-servers", "a", "--kafka-topics", "t"])
        #expect(settings.kafka?.brokers == ["a"] && settings.http?.port == 9464 && settings.drainMilliseconds == 30_000)
        #expect(throws: (any Error).self) { try WorkerSettings(flags: ["--kafka-topics", "t"]) }
        #expect(throws: UsageError.self) { try WorkerSettings(flags: ["--kafka-topcs", "t"]) }
    }
}
