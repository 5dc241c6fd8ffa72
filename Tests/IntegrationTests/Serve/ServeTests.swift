import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("converge serve")
    struct ServeTests {
        @Test("of a state directory it answers what show prints, follows what others write there, and leaves it as it is")
        func embedded() throws {
            let scratch = try Scratch()
            let events = try Captures.small.get()
            try scratch.write("a.jsonl", events.part(0, of: 2).jsonLines)
            try scratch.write("b.jsonl", events.part(1, of: 2).jsonLines)
            try #require(try scratch.converge("replay", "a.jsonl", "--state", "state").code == 0)
            let served = try Served(["--store-path", "state"], in: scratch)
            #expect(try served.get("/health/live").status == 200)
            let ready = try served.get("/health/ready")
            #expect(ready.status == 200 && ready.body.contains("state.read"), "\(ready.body)")
            #expect(try served.get("/metrics").body.contains("\nconverge_state_view_age_seconds "))

            func shown() throws -> [String] {
                try scratch.converge("show", "agent", "--state", "state", "--format", "json").text.split(separator: "\n").map(
                    String.init)
            }
            func page(_ lines: [String]) -> String {
                "{\"items\":[\(lines.joined(separator: ","))],\"next\":null,\"scope\":\"member\"}\n"
            }
            let before = try shown()
            #expect(try served.get("/state/agent?limit=1000&registers=true").body == page(before))

            // It holds no lock: the next writer has the directory while it serves.
            try #require(try scratch.converge("replay", "b.jsonl", "--state", "state").code == 0)
            let after = try shown()
            #expect(after != before)
            try eventually("it shows what was written meanwhile") {
                try served.get("/state/agent?limit=1000&registers=true").body == page(after)
            }
            #expect(try served.get("/state/agent/nobody").status == 404)
            try served.drain()
            #expect(try scratch.converge("check", "state").code == 0)
        }

        @Test("of tables it answers the join of all Regions' rows, and is not ready while they cannot be read")
        func tables() throws {
            let state = try TableState.shared.get()
            let served = try Served(
                ["--store-kind", "dynamodb"], in: state.scratch, environment: state.emulator.environment(region: "us-west-2"))
            let entity = try #require(try state.entities("agent").last)
            let id = try #require(entity.object["id"] as? String)
            let answer = try served.get("/state/agent/\(id)?registers=true")
            #expect(answer.status == 200 && answer.body == entity.line.dropLast() + ",\"scope\":\"all\"}\n", "\(answer.body)")
            #expect(try served.get("/state/agent").status == 501)
            #expect(try served.get("/health/ready").status == 200)
            try served.drain()

            let absent = try Program(
                ["serve", "--store-kind", "dynamodb", "--store-prefix", "absent", "--http-port", "0"], in: state.scratch,
                environment: state.emulator.environment()
            ).wait()
            #expect(absent.code == 1 && absent.errors.contains("converge tables create --prefix absent"), "\(absent.errors)")
        }

        @Test(
            "a configuration that it cannot serve is refused with what to do",
            arguments: [
                (["--store-kind", "memory"], "requires store.kind embedded or dynamodb"),
                (["--http-address", "0.0.0.0"], "can be reached from other machines"),
                (["--store-kind", "dynamodb", "--store-prefix", "a/b"], "store.prefix: 'a/b'"),
                (["--kafka-topics", "t"], "unknown flag '--kafka-topics'"),
                (["state"], "takes no PATH"),
            ])
        func refused(flags: [String], message: String) throws {
            let ended = try Program(["serve"] + flags, in: try Scratch()).wait()
            #expect(ended.code == 2 && ended.errors.contains(message), "\(ended.errors)")
        }

        @Test("a worker's configuration file serves, too, and a directory that is none is an error")
        func file() throws {
            let scratch = try Scratch()
            try scratch.write(
                "converge.yaml",
                "kafka:\n  bootstrap.servers: localhost:9092\n  topics: t\nstore:\n  path: nothing\nhttp:\n  port: 0\n")
            let ended = try scratch.converge("serve", "--config", "converge.yaml")
            #expect(ended.code == 1 && ended.errors.contains("nothing"), "\(ended.errors)")
        }
    }
}
