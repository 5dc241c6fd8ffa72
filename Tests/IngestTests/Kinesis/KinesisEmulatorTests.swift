import AWS
import Engine
import Foundation
import Testing

@testable import Ingest

/// Beside the double, because it was written by others: https://pypi.org/project/ministack/.
@Suite("Kinesis of an emulator")
struct KinesisEmulatorTests {
    private final class Emulator {
        private let process = Process()
        let session: AWSSession

        init() throws {
            let bin = try KinesisPython.environment("ministack", packages: ["ministack==1.5.33", "cbor2"])
            let free = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
            let port = String(decoding: try KinesisPython.run("/usr/bin/env", ["python3", "-c", free]), as: UTF8.self)
                .trimmingCharacters(in: .whitespacesAndNewlines)
            process.executableURL = bin.appendingPathComponent("ministack")
            process.environment = ProcessInfo.processInfo.environment.merging(
                ["BIND_HOST": "127.0.0.1", "GATEWAY_PORT": port, "AUTH": "true"]) { $1 }
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            session = try AWSSession(
                Environment([
                    "AWS_ENDPOINT_URL": "http://127.0.0.1:\(port)", "AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test",
                    "AWS_SECRET_ACCESS_KEY": "test", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
                ]))
            let health = HTTPRequest(.get, try #require(HTTPURL("http://127.0.0.1:\(port)/_ministack/health")))
            let ready = DispatchSemaphore(value: 0)
            for _ in 0..<600 {
                if let answer = try? session.http.perform(health), answer.isSuccess { return }
                session.http.after(.milliseconds(50)) { ready.signal() }
                ready.wait()
            }
            throw KinesisDouble.Failed(description: "the emulator is not ready")
        }

        deinit {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }

        func put(_ numbers: Range<Int>) throws {
            let records = numbers.map { ["Data": Data("\($0)".utf8).base64EncodedString(), "PartitionKey": "k"] }
            let input = try JSONSerialization.data(withJSONObject: ["StreamName": "events", "Records": records])
            _ = try session.client(.kinesis).perform("PutRecords", Array(input))
        }
    }

    @Test("shards are listed, polled and subscribed to, and read on from a position")
    func readers() throws {
        let emulator = try Emulator()
        let api = try KinesisAPI(emulator.session, region: "us-east-1")
        _ = try emulator.session.client(.kinesis).perform(
            "CreateStream", Array(#"{"StreamName":"events","ShardCount":1}"#.utf8))
        try emulator.put(0..<400)
        let arn = try api.streamARN("events")
        let stream = try #require(KinesisStream(arn: arn))
        let shard = try #require(api.listShards(stream).first).id
        let consumer = try api.registerConsumer(streamARN: arn, name: "tests")
        var count = 400
        for kind in ReaderKind.allCases {
            let probe = ReaderProbe()
            func reader(_ start: ShardStart) -> any ShardReader {
                let reading = probe.reading(api, stream, shard, start)
                return kind == .polling ? ShardPoller(reading) : ShardSubscription(reading, consumer: consumer)
            }
            let first = reader(.trimHorizon)
            let some = probe.read(first) { $0.numbers.count >= count }
            #expect(some.numbers == Array(0..<count), "\(kind): \(probe.troubles)")
            first.close()
            let end = try #require(some.positions.last)
            let second = reader(.at(end))
            let next = count..<count + 100
            try emulator.put(next)
            let rest = probe.read(second) { $0.numbers.count > 100 }
            #expect(rest.numbers == [count - 1] + next, "\(kind): \(probe.troubles)")
            second.close()
            count += 100
        }
    }
}
