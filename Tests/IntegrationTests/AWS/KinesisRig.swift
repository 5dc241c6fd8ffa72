import Foundation
import Servers
import Testing

/// A stream, the tables of a state, and workers that read the one and write the other.
final class KinesisRig {
    let scratch: Scratch
    let prefix: String
    /// What workers are started with.
    let environment: [String: String]
    /// The way to the services on which nothing goes wrong.
    private let direct: [String: String]
    let emulator: Emulator

    var stream: String { prefix + "-events" }
    let shardCount: Int

    /// Makes stream and tables. `direct`: besides what the emulator's user, whose signature is looked at, finds it by. `through`:
    /// besides that, what workers do.
    init(
        _ emulator: Emulator, direct: [String: String] = [:], through: [String: String] = [:], prefix: String = "converge",
        shards: Int = 4
    ) throws {
        scratch = try Scratch()
        self.emulator = emulator
        self.direct = emulator.environment().merging(Emulator.worker) { $1 }.merging(direct) { $1 }
        environment = self.direct.merging(through) { $1 }
        self.prefix = prefix
        shardCount = shards
        try createTables()
        try Script.run("feed.py", ["stream", "--stream", stream, "--shards", "\(shards)", "us-east-1"], self.direct)
    }

    func createTables() throws {
        let ended = try scratch.converge("tables", "create", "--prefix", prefix, environment: direct)
        try #require(ended.code == 0, "\(ended.errors)")
    }

    // MARK: Events

    private func file(_ lines: some Sequence<String>) throws -> String {
        try scratch.write("\(UUID().uuidString).jsonl", lines.jsonLines)
    }

    /// Puts lines, and returns when they are there.
    func put(_ lines: some Sequence<String>) throws {
        try Script.run("feed.py", ["put", "--stream", stream, "us-east-1=\(file(lines))"], direct)
    }

    func feed(_ lines: some Sequence<String>, perSecond: Int) throws -> Feed {
        try Feed(file(lines), to: stream, perSecond: perSecond, direct)
    }

    // MARK: Workers

    func flags(_ more: [String] = []) -> [String] {
        [
            "--source-kind", "kinesis", "--kinesis-streams", stream, "--kinesis-application", "\(prefix)-leases",
            "--store-kind", "dynamodb", "--store-prefix", prefix, "--http-port", "0",
            // What happens in captures was long ago.
            "--retain-contacts", "36500d",
        ] + more
    }

    func worker(_ more: String...) throws -> KafkaWorker { try KafkaWorker(flags: flags(more), environment, in: scratch) }

    /// Reads all that is there, and ends in good order.
    @discardableResult
    func toEnd(_ more: String...) throws -> KafkaWorker {
        let worker = try KafkaWorker(flags: flags(more + ["--until-end"]), environment, in: scratch)
        try awaitEnd(of: worker)
        return worker
    }

    /// There is nothing to read any more: no more than the record of each checkpoint, which may be one inside of a record.
    func expectNothingNew() throws {
        let worker = try toEnd()
        #expect((0...worker.entries("kinesis.assigned").count).contains(worker.recordsInAll ?? -1))
        #expect(worker.entries("kinesis.checkpoint.void").isEmpty)
    }

    func awaitEnd(of worker: KafkaWorker) throws {
        let ended = try worker.program.wait()
        #expect(ended.code == 0 && !ended.wasKilled, "\(ended.errors) \(worker.log.suffix(5))")
        #expect(worker.entries("run.end").count == 1)
    }

    // MARK: What came of it

    var digest: String? {
        get throws {
            let ended = try scratch.converge("digest", "dynamodb:\(prefix)", environment: direct)
            try #require(ended.digest != nil, "\(ended.errors)")
            return ended.digest
        }
    }

    /// The state in the tables is that of these lines.
    func expect(_ lines: some Sequence<String>, _ comment: Comment? = nil) throws {
        #expect(try digest == scratch.digest(ofLines: Array(lines)), comment)
    }
}

extension KafkaWorker {
    /// Records that it has read.
    var records: Int { Int(metric("converge_records_total") ?? 0) }

    /// Shards whose leases it has.
    var held: Int { Int(metric("converge_kinesis_held_shards") ?? 0) }

    /// How many records a run that has ended had read.
    var recordsInAll: Int? { fields("run.end")["records"] as? Int }
}
