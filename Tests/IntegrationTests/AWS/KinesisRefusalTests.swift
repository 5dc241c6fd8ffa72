import Foundation
import Servers
import Testing

extension ProgramTests {
    @Suite("refusals of the worker on Kinesis and DynamoDB")
    struct KinesisRefusalTests {
        private static let some = [
            "--source-kind", "kinesis", "--store-kind", "dynamodb", "--http-port", "0", "--until-end",
        ]

        @Test(
            "wrong settings end the worker with exit code 2",
            arguments: [
                ([], "source.kind kinesis requires kinesis.streams"),
                (["--kinesis-streams", "a", "--streams", "all"], "kinesis.topology all requires kinesis.regions"),
                (["--kinesis-streams", "a", "--streams", "some"], "kinesis.topology"),
                (["--kinesis-streams", "a", "--kinesis-fanout", "true"], "--kinesis-fan-out"),
                (["--kinesis-streams", "arn:aws:sqs:us-east-1:1:a"], "is not a stream name"),
            ])
        func settings(_ flags: [String], _ message: String) throws {
            let ended = try Program(["run"] + Self.some + flags, in: Scratch()).wait()
            #expect(ended.code == 2)
            #expect(ended.errors.contains(message), "\(ended.errors)")
        }

        @Test(
            "a worker with other tables than its application's leases is refused, takes no lease and leaves commits unchanged")
        func otherTables() throws {
            let emulator = try Emulator()
            let rig = try KinesisRig(emulator, shards: 2)
            try rig.put(Captures.small.get().prefix(200))
            try rig.toEnd()
            let made = try rig.scratch.converge("tables", "create", "--prefix", "others", environment: rig.environment)
            #expect(made.code == 0, "\(made.errors)")
            let worker = try KafkaWorker(
                flags: rig.flags(["--store-prefix", "others", "--until-end"]), rig.environment, in: rig.scratch)
            #expect(try worker.program.wait().code == 1)
            let message = worker.entries("run.failed").first?["message"] as? String ?? ""
            for part in [
                "\(rig.prefix)-leases", "workers with store.prefix \(rig.prefix)", "this worker has store.prefix others",
                "kinesis.application",
            ] {
                #expect(message.contains(part), "\(message)")
            }
            #expect(worker.entries("kinesis.assigned").isEmpty)
            let again = try rig.toEnd()
            #expect(again.entries("kinesis.checkpoint.void").isEmpty)
        }

        @Test("a missing stream or table ends the worker with exit code 1 and what to do")
        func missing() throws {
            let emulator = try Emulator()
            let rig = try KinesisRig(emulator, shards: 1)
            func refusal(_ flags: [String], _ environment: [String: String] = [:]) throws -> String {
                let worker = try KafkaWorker(
                    flags: rig.flags(flags + ["--until-end"]), rig.environment.merging(environment) { $1 }, in: rig.scratch)
                let ended = try worker.program.wait()
                #expect(ended.code == 1 && !ended.wasKilled)
                return ended.errors + (worker.entries("run.failed").first?["message"] as? String ?? "")
            }
            let noTables = try refusal(["--store-prefix", "nowhere"])
            #expect(noTables.contains("converge tables create --prefix nowhere"), "\(noTables)")
            let noStream = try refusal(["--kinesis-streams", "nowhere"])
            #expect(noStream.contains("there is no Kinesis stream nowhere in us-east-1"), "\(noStream)")
            let otherRegion = try refusal([], ["AWS_REGION": "eu-west-1"])
            #expect(otherRegion.contains("converge tables create --prefix converge"), "\(otherRegion)")
            let noRegion = try refusal([], ["AWS_REGION": "", "AWS_DEFAULT_REGION": "", "AWS_CONFIG_FILE": "/dev/null"])
            #expect(noRegion.contains("AWS_REGION"), "\(noRegion)")
            let noKey = try refusal(
                [], ["AWS_ACCESS_KEY_ID": "", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_CONFIG_FILE": "/dev/null"])
            #expect(noKey.contains("credentials"), "\(noKey)")
        }
    }
}
