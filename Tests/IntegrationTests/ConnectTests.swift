import Foundation
import Servers
import Testing

extension ProgramTests {
    @Suite("converge config check --connect")
    struct ConnectTests {
        private struct Found {
            let code: Int32
            let errors: String
            let checks: [String: (ok: Bool, found: String)]
        }

        private func connect(_ flags: [String], _ environment: [String: String] = [:], in scratch: Scratch) throws -> Found {
            let arguments = ["config", "check", "--connect", "--format", "json"] + flags
            let ended = try Program(arguments, in: scratch, environment: environment).wait()
            let lines = try ended.text.split(separator: "\n").map {
                try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
            var checks: [String: (ok: Bool, found: String)] = [:]
            for line in lines {
                checks[try #require(line["what"] as? String)] = (
                    try #require(line["ok"] as? Bool), try #require(line["found"] as? String)
                )
            }
            return Found(code: ended.code, errors: ended.errors, checks: checks)
        }

        @Test("usable brokers, topics, group and paths are reported, and nothing is left behind")
        func kafka() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            try broker.create("events", partitions: 3)
            try broker.create("letters", partitions: 1)
            let flags =
                broker.flags(topics: "events,^eve.*", state: "state")
                + ["--dead-letters-kind", "kafka", "--dead-letters-topic", "letters", "--capture", "captures"]
            let found = try connect(flags, in: scratch)
            #expect(found.code == 0 && found.checks.values.allSatisfy(\.ok), "\(found)")
            #expect(found.checks["topic events"]?.found == "3 partitions" && found.checks["topic ^eve.*"]?.ok == true)
            #expect(found.checks["topic letters"]?.found == "1 partition" && found.checks["group converge"]?.ok == true)
            #expect(found.checks["store.path state"]?.found.contains("the worker creates it") == true)
            #expect(!scratch.exists("state") && !scratch.exists("captures"))
            let table = try Program(["config", "check", "--connect"] + flags, in: scratch).wait()
            #expect(table.code == 0 && table.text.contains("ok  topic events"), "\(table.text)")
        }

        @Test("everything that cannot be used is reported, with exit code 1")
        func wrong() throws {
            let scratch = try Scratch()
            let broker = try Broker()
            try scratch.write("file", "")
            let listener = try KafkaWorker(broker.flags(topics: "^none", state: "other"), in: scratch)
            try eventually("it listens", of: [listener]) { listener.page("/health/live") != nil }
            let port = try #require((listener.fields("run.start")["http"] as? String)?.split(separator: ":").last)
            let found = try connect(
                broker.flags(topics: "evnets", state: "file/state")
                    + [
                        "--http-port", String(port), "--dead-letters-path", "no/letters", "--log-path", "no/log", "--capture",
                        "file",
                    ],
                in: scratch)
            #expect(found.code == 1)
            for (what, part) in [
                ("topic evnets", "kafka.topics"), ("store.path file/state", "Not a directory"),
                ("dead-letters.path no/letters", "No such file"), ("log.path no/log", "No such file"),
                ("capture.path file", "Not a directory"), ("http 127.0.0.1:\(port)", "in use"),
            ] {
                let check = found.checks[what]
                #expect(check?.ok == false && check?.found.contains(part) == true, "\(what): \(found.checks)")
            }
            try listener.drain()
        }

        @Test("unreachable brokers are reported")
        func noBroker() throws {
            let scratch = try Scratch()
            let found = try connect(
                ["--kafka-bootstrap-servers", "127.0.0.1:1", "--kafka-topics", "a", "--http-port", "0"], in: scratch)
            #expect(found.code == 1 && found.checks["kafka brokers 127.0.0.1:1"]?.ok == false, "\(found)")
        }

        @Test("streams, lease tables and tables are tested without writing to them")
        func tables() throws {
            let emulator = try Emulator()
            let rig = try KinesisRig(emulator, shards: 2)
            let before = try connect(rig.flags(), rig.environment, in: rig.scratch)
            #expect(before.code == 0, "\(before)")
            #expect(before.checks["lease table \(rig.prefix)-leases"]?.found.contains("the first worker creates it") == true)
            #expect(before.checks["stream \(rig.stream) in us-east-1"]?.found == "readable; 2 shards")
            #expect(before.checks["table \(rig.prefix)-agent"]?.found == "readable and writable")
            try rig.put(Captures.small.get().prefix(100))
            try rig.toEnd()
            let after = try connect(rig.flags(), rig.environment, in: rig.scratch)
            #expect(after.code == 0 && after.checks["lease table \(rig.prefix)-leases"]?.found == "readable and writable")
            let rows = try emulator.cli(
                "us-east-1", "dynamodb", "scan", "--table-name", "\(rig.prefix)-agent", "--query", "Items[].pk.S")
            #expect(!rows.contains("converge#check"))

            let wrong = try connect(
                rig.flags(["--kinesis-streams", "nowhere", "--store-prefix", "nowhere"]), rig.environment, in: rig.scratch)
            #expect(wrong.code == 1 && wrong.checks["stream nowhere"]?.ok == false, "\(wrong)")
            let table = wrong.checks["table nowhere-agent"]
            #expect(table?.ok == false && table?.found.contains("converge tables create --prefix nowhere") == true)
        }
    }
}
