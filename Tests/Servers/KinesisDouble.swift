import Foundation
import HTTPClient
import TestSupport

/// A double of Kinesis with faithful resharding (`kinesis_double.py`, which says what it can be told); ended with the last reference
/// or this process.
public final class KinesisDouble: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe()
    public let base: String

    public init() throws {
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let script = "\(Script.folder)/../../IngestTests/Kinesis/double/kinesis_double.py"
        process.arguments = ["python3", "-B", script, "--until-stdin-ends"]
        process.standardOutput = output
        process.standardInput = input
        try process.runBound()
        var line = ""
        while !line.hasSuffix("\n") {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { throw PythonEnvironment.Failed(description: "the double of Kinesis ended at once") }
            line += String(decoding: data, as: UTF8.self)
        }
        base = "http://127.0.0.1:\(line.dropLast())"
    }

    deinit {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// An operation of the service.
    @discardableResult
    public func call(_ operation: String, _ input: [String: Any]) throws -> [String: Any] {
        let target = HTTPHeader("X-Amz-Target", "Kinesis_20131202.\(operation)")
        return try JSONRequest.send("POST", base, input, header: target) as? [String: Any] ?? [:]
    }

    /// Settings and faults: `what` is behind `/_double/`.
    public func control(_ what: String, _ input: [String: Any]) throws {
        _ = try JSONRequest.send("POST", "\(base)/_double/\(what)", input)
    }

    /// How often each operation was called.
    public func calls() throws -> [String: Int] {
        try JSONRequest.send("GET", base + "/_double/calls", nil) as? [String: Int] ?? [:]
    }

    /// The shards of a stream that are open, and the hash keys that they begin and end with.
    public func openShards(of stream: String) throws -> [(id: String, first: UInt128, last: UInt128)] {
        let shards = try call("ListShards", ["StreamName": stream])["Shards"] as? [[String: Any]] ?? []
        return shards.compactMap { shard in
            let sequences = shard["SequenceNumberRange"] as? [String: String]
            guard sequences?["EndingSequenceNumber"] == nil, let id = shard["ShardId"] as? String,
                let keys = shard["HashKeyRange"] as? [String: String]
            else { return nil }
            return (id, UInt128(keys["StartingHashKey"] ?? "") ?? 0, UInt128(keys["EndingHashKey"] ?? "") ?? 0)
        }
    }

    /// Cuts an open shard in two.
    public func split(_ stream: String, _ shard: (id: String, first: UInt128, last: UInt128)) throws {
        let middle = shard.first + (shard.last - shard.first) / 2 + 1
        try call("SplitShard", ["StreamName": stream, "ShardToSplit": shard.id, "NewStartingHashKey": "\(middle)"])
    }

    public func merge(_ stream: String, _ shard: String, _ other: String) throws {
        try call("MergeShards", ["StreamName": stream, "ShardToMerge": shard, "AdjacentShardToMerge": other])
    }
}
