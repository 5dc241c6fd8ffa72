import AWS
import Foundation
import JSON
import Platform
import Servers
import TestSupport
import Testing

/// KCL 3.1.3's MultiLangDaemon itself, which runs `converge kcl` for each shard that it holds. Ended with the last reference.
final class KCLDaemon {
    private let process = Process()
    private let ended = DispatchSemaphore(value: 0)
    private let scratch: Scratch
    let worker: String

    /// `flags`: of `converge kcl`. `isTuned`: leases change hands sooner than they do by default. Its children log to `WORKER.log`, it
    /// itself to `WORKER.daemon.log`.
    init(
        _ emulator: Emulator, stream: String, application: String, worker: String, flags: [String], isTuned: Bool = true,
        in scratch: Scratch
    ) throws {
        self.scratch = scratch
        self.worker = worker
        let bin = try PythonEnvironment.make("kcl", "kclpy-ext==3.1.3.post4")
        let jars = try KCLDaemon.jars(bin)
        let child = [Program.path, "kcl", "--log-path", scratch.path("\(worker).log")] + flags
        let properties = try scratch.write(
            "\(worker).properties",
            KCLDaemon.sample()
                + """

                executableName=\(child.joined(separator: " "))
                streamName=\(stream)
                applicationName=\(application)
                workerId=\(worker)
                kinesisEndpoint=\(emulator.base)
                dynamoDBEndpoint=\(emulator.base)
                cloudWatchClient.endpointOverride=\(emulator.base)
                metricsLevel=NONE
                disableWorkerMetrics=true
                idleTimeBetweenReadsInMillis=200

                """ + (isTuned ? KCLDaemon.tuning : ""))
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            // The emulator reads no CBOR where it verifies signatures.
            "java", "-Xmx512m", "-Daws.cborEnabled=false", "-cp", jars,
            "software.amazon.kinesis.multilang.MultiLangDaemon", "--properties-file", properties,
        ]
        process.environment = ProcessInfo.processInfo.environment.merging(emulator.environment()) { $1 }
        process.currentDirectoryURL = URL(fileURLWithPath: scratch.root)
        try scratch.write("\(worker).daemon.log", "")
        let log = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.path("\(worker).daemon.log")))
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = log
        process.standardError = log
        process.terminationHandler = { [ended] _ in ended.signal() }
        try process.runBound()
    }

    deinit { if process.isRunning { kill() } }

    private static let tuning = """
        failoverTimeMillis=2000
        leaseAssignmentIntervalMillis=2000
        shardSyncIntervalMillis=1000
        workerMetricsReporterFreqInMillis=1000
        inMemoryWorkerMetricsCaptureFrequencyMillis=500
        varianceBalancingFrequency=1

        """

    /// What `deploy` has, which the lines behind it change: of a property that is there twice the last one counts.
    private static func sample() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..").standardized
        return try String(contentsOf: root.appendingPathComponent("deploy/kcl/converge.properties"), encoding: .utf8)
    }

    private static func jars(_ bin: URL) throws -> String {
        let lib = bin.deletingLastPathComponent().appendingPathComponent("lib")
        let python = try #require(FileManager.default.contentsOfDirectory(atPath: lib.path).first { $0.hasPrefix("python") })
        return lib.appendingPathComponent("\(python)/site-packages/amazon_kclpy/jars").path + "/*"
    }

    /// As by kill -9.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// In good order: the shards are given back first.
    func stop() throws {
        Foundation.kill(process.processIdentifier, SIGTERM)
        try #require(ended.wait(timeout: .now() + 60) == .success, "\(worker) does not end: \(lastWords)")
    }

    var lastWords: String { ((try? scratch.lines("\(worker).daemon.log")) ?? []).suffix(5).joined(separator: "\n") }

    /// What its children tell of this event.
    func entries(_ event: String) -> [[String: Any]] {
        ((try? scratch.lines("\(worker).log")) ?? []).compactMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }.filter { $0["event"] as? String == event }.compactMap { $0["fields"] as? [String: Any] }
    }

    /// The shards that its children have begun to read.
    var shards: Set<String> { Set(entries("kcl.assigned").compactMap { $0["shard"] as? String }) }
}

/// A stream in an emulator.
struct KinesisStream {
    let name: String
    private let client: ServiceClient

    init(_ name: String, shards: Int, in emulator: Emulator) throws {
        self.name = name
        client = try AWSSession(Environment(emulator.environment())).client(.kinesis)
        var json = JSONWriter()
        json.object {
            $0.member("StreamName", name)
            $0.member("ShardCount", Int64(shards))
        }
        _ = try client.perform("CreateStream", json.bytes)
    }

    /// Every record under a key of its own, so that they go to all shards.
    func put(_ lines: [String]) throws {
        for first in stride(from: 0, to: lines.count, by: 400) {
            var json = JSONWriter()
            json.object { json in
                json.member("StreamName", name)
                json.array("Records") { json in
                    for number in first..<min(first + 400, lines.count) {
                        json.object { json in
                            json.key("Data")
                            Array(lines[number].utf8).withUnsafeBytes { json.blob($0) }
                            json.member("PartitionKey", "\(number)")
                        }
                    }
                }
            }
            let answer = try client.perform("PutRecords", json.bytes)
            #expect(try answer.readJSON { $0.member("FailedRecordCount")?.integer } == 0)
        }
    }
}

extension Scratch {
    /// The digest of the states of all shards below a directory, joined; nil where there are none yet.
    func digest(ofShards directory: String) throws -> String? {
        let shards = ((try? FileManager.default.contentsOfDirectory(atPath: path(directory))) ?? []).sorted()
        guard !shards.isEmpty else { return nil }
        let ended = try Program(["join"] + shards.map { "\(directory)/\($0)" } + ["--output", "joined.jsonl"], in: self).wait()
        return ended.code == 0 ? ended.digest : nil
    }
}
