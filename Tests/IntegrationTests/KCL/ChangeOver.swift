import AWS
import Foundation
import Ingest
import JSON
import Platform
import Servers
import Testing

/// A stream of four shards, with one lease table, `app`, and one set of tables for whoever reads it: a KCL daemon, or after it a native
/// worker, or the other way round.
final class ChangeOver {
    let scratch: Scratch
    let emulator: Emulator
    private let stream: KinesisStream
    let client: ServiceClient
    /// What was put.
    private(set) var lines: [String] = []

    init() throws {
        scratch = try Scratch()
        emulator = try Emulator()
        stream = try KinesisStream("events", shards: 4, in: emulator)
        client = try AWSSession(Environment(emulator.environment())).client(.dynamoDB)
        let created = try scratch.converge("tables", "create", "--regions", "us-east-1", environment: emulator.environment())
        try #require(created.code == 0, "\(created.errors)")
    }

    /// Of both kinds of worker.
    private static let store = [
        "--store-kind", "dynamodb", "--store-prefix", "converge", "--retain-contacts", "36500d",
        "--heartbeat-write-interval", "1s",
    ]

    func daemon(_ worker: String, isTuned: Bool = true) throws -> KCLDaemon {
        try KCLDaemon(
            emulator, stream: "events", application: "app", worker: worker,
            flags: ChangeOver.store + ["--kcl-lease-table", "app"], isTuned: isTuned, in: scratch)
    }

    func native() throws -> KafkaWorker {
        let source = ["--source-kind", "kinesis", "--kinesis-streams", "events", "--kinesis-application", "app"]
        return try KafkaWorker(flags: source + ChangeOver.store + ["--http-port", "0"], emulator.environment(), in: scratch)
    }

    func put(_ more: [String]) throws {
        try stream.put(more)
        lines += more
    }

    // MARK: What is there

    /// Whether the tables hold what a replay of everything that was put comes to.
    func isWhole() throws -> Bool { try digest() == scratch.digest(ofLines: lines) }

    private func digest() throws -> String? {
        let ended = try scratch.converge("digest", "dynamodb:converge", environment: emulator.environment())
        return ended.code == 0 ? ended.digest : nil
    }

    /// The epochs of the tables, as commits carry them.
    func epoch() throws -> String {
        try ["agent", "contact", "customer", "flow", "queue", "session", "username", "volume"].map { kind in
            var json = JSONWriter()
            json.object { json in
                json.member("TableName", "converge-\(kind)")
                json.object("Key") { json in
                    json.object("pk") { $0.member("S", "converge#epoch") }
                    json.object("sk") { $0.member("S", "us-east-1") }
                }
            }
            let item = try client.perform("GetItem", json.bytes).readJSON { $0.member("Item")?.member("epoch")?.text("S") }
            return try #require(item, "\(kind)")
        }.joined(separator: ".")
    }

    /// The texts and numbers of each shard's lease; none where there is no table yet.
    func leases() throws -> [String: [String: String]] {
        var json = JSONWriter()
        json.object { json in
            json.member("TableName", "app")
            json.member("ConsistentRead", true)
        }
        guard let answer = try? client.perform("Scan", json.bytes) else { return [:] }
        return try answer.readJSON { root in
            var leases: [String: [String: String]] = [:]
            guard let items = root.member("Items") else { return leases }
            for item in items.elements {
                var row: [String: String] = [:]
                for (name, value) in item.members {
                    row[String(decoding: name, as: UTF8.self)] = value.text("S") ?? value.text("N")
                }
                if let shard = row["leaseKey"] { leases[shard] = row }
            }
            return leases
        }
    }

    /// How many shards each worker has.
    func shares() throws -> [String: Int] {
        try leases().compactMap { $0.value["leaseOwner"] }.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    /// Waits until every lease has a checkpoint of these tables: they follow the rows within a second or so.
    func waitForCheckpoints() throws {
        let epoch = try epoch()
        try eventually("every lease has a checkpoint of these tables", every: 0.1) {
            try leases().count == 4
                && leases().values.allSatisfy { row in
                    row["convergeEpoch"] == epoch && row["checkpoint"]?.allSatisfy(\.isNumber) == true
                }
        }
    }
}
