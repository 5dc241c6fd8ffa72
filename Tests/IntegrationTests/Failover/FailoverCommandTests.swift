import Foundation
import Servers
import Testing

extension ProgramTests {
    @Suite("commands of failover, as a script and a person on call see them", .waiting(minutes: 10))
    struct FailoverCommandTests {
        private let east = LocalPair.east
        private let west = LocalPair.west

        /// What a controller answers at `/v1/failover/`.
        private func served(_ path: String, by controller: Program) throws -> [String: Any] {
            let start = try #require(controller.errorsSoFar.split(separator: "\n").first { $0.contains("failover.start") })
            let line = try JSONSerialization.jsonObject(with: Data(start.utf8)) as? [String: Any]
            let address = try #require((line?["fields"] as? [String: Any] ?? line)?["http"] as? String, "\(start)")
            let answer = try Programs.run(
                "/usr/bin/env", ["curl", "-s", "--max-time", "60", "http://\(address)/v1/failover/\(path)"])
            let json = try JSONSerialization.jsonObject(with: answer)
            return try #require(json as? [String: Any])
        }

        @Test("exit codes are those of docs/failover.md: 0 done, 1 it could not be, 2 wrong usage or not confirmed")
        func exitCodes() throws {
            let pair = try LocalPair()
            let controller = try pair.controller()
            try eventually("what is in force is the first term: \(controller.errorsSoFar)") { try pair.status().term == 1 }
            func expect(_ code: Int32, _ arguments: String...) throws {
                let ended = try pair.start(all: arguments).wait()
                #expect(ended.code == code, "\(arguments): \(ended.text)\(ended.errors)")
            }
            try expect(0, "status")
            try expect(0, "plan", "--to", west)
            try expect(2, "plan")
            try expect(2, "plan", "--to", "eu-west-1")
            try expect(0, "history")
            try expect(1, "approve", "--by", "ann")
            try expect(1, "explain", "9")
            try expect(2, "explain")
            try expect(2, "hold", "--by", "ann")
            try expect(0, "hold", "--why", "a test", "--by", "ann")
            try expect(0, "resume", "--by", "ann")
            try expect(0, "resume", "--by", "ann")
            try expect(2, "move", "--to", west, "--why", "a test", "--by", "ann")
            try expect(2, "move", "--to", west, "--share", "15", "--why", "a test", "--by", "ann", "--yes")
            try expect(0, "move", "--to", west, "--why", "a test", "--by", "ann", "--yes")
            try expect(0, "acknowledge", "--by", "ann")
            try expect(0, "capacity", "--calls", "5", "--to", west)
            try expect(1, "capacity", "--calls", "5", "--to", west, "--strict")
            for region in [east, west] { try pair.connect.set(region, .refuse) }
            try expect(1, "status")
            try expect(1, "plan", "--to", east)
            try expect(1, "move", "--to", east, "--why", "a test", "--by", "ann", "--yes")
        }

        @Test("what a person did stands in the history with why; status says where nobody watches, and plan what to do next")
        func words() throws {
            let pair = try LocalPair()
            let controller = try pair.controller()
            try eventually("what is in force is the first term: \(controller.errorsSoFar)") { try pair.status().term == 1 }
            let plan = try pair.start("plan", "--to", west, "--share", "50").wait().text
            #expect(
                plan.contains("nothing was changed; it is done with: converge failover move --to \(west) --share 50 --why TEXT")
            )
            let status = try pair.start("status").wait().text
            #expect(status.contains("no controller of \(east) lives: nothing moves there by itself"), "\(status)")
            #expect(!status.contains("no controller of \(west)"), "\(status)")
            let served = try #require(try served("status", by: controller)["data"] as? [String: Any])
            let newest = (served["control"] as? [String: Any])?["newest"] as? [String: Any]
            #expect(newest?["term"] as? Int == 1 && (served["controllersAlive"] as? [String: Int])?[west] == 1, "\(served)")
            #expect(try pair.move().wait().code == 0)
            let history = try pair.start("history", "--term", "2").wait().text
            #expect(history.contains("committed term 2  a person") && history.contains("a person: a test"), "\(history)")
            try eventually("nothing is left to change") {
                try pair.start("plan", "--to", west).wait().text.contains("nothing would change")
            }
        }
    }
}
