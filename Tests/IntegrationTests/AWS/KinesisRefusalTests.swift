import Foundation
import Servers
import Testing

extension ProgramTests {
    @Suite("the worker on Kinesis and DynamoDB refuses")
    struct KinesisRefusalTests {
        private static let some = [
            "--source-kind", "kinesis", "--store-kind", "dynamodb", "--http-port", "0", "--until-end",
        ]

        @Test(
            "settings that are wrong, with exit code 2",
            arguments: [
                ([], "kinesis.streams is needed"),
                (["--kinesis-streams", "a", "--streams", "all"], "kinesis.regions is needed"),
                (["--kinesis-streams", "a", "--streams", "some"], "kinesis.topology"),
                (["--kinesis-streams", "a", "--kinesis-fanout", "true"], "--kinesis-fan-out"),
            ])
        func settings(_ flags: [String], _ message: String) throws {
            let ended = try Program(["run"] + Self.some + flags, in: Scratch()).wait()
            #expect(ended.code == 2)
            #expect(ended.errors.contains(message), "\(ended.errors)")
        }

        @Test("what is named and not there, with exit code 1 and what to do")
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
            let noName = try refusal(["--kinesis-streams", "arn:aws:sqs:us-east-1:1:a"])
            #expect(noName.contains("neither a stream's name or ARN"), "\(noName)")
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
