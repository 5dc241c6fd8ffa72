import Foundation
import Servers
import Testing

extension ProgramTests {
    @Suite("a move that is interrupted", .waiting(minutes: 10))
    struct FailoverInterruptedTests {
        /// `CONVERGE_FAILOVER_KILLS`: at how many moments; `CONVERGE_FAILOVER_SEED`: which.
        static func setting(_ name: String) -> UInt64? {
            ProcessInfo.processInfo.environment["CONVERGE_FAILOVER_\(name)"].flatMap(UInt64.init)
        }

        @Test("whoever moves is killed at a random moment: the next start carries it out, or it was never intended; never half")
        func killed() throws {
            let seed = FailoverInterruptedTests.setting("SEED") ?? .random(in: 1...999_999)
            var dice = Dice(seed: seed)
            var outcomes: [String] = []
            for _ in 0..<(FailoverInterruptedTests.setting("KILLS") ?? 3) {
                try outcomes.append(
                    killed(after: Int.random(in: 0...3, using: &dice), Double.random(in: 0...0.3, using: &dice)))
            }
            print("killed in a move, CONVERGE_FAILOVER_SEED=\(seed): \(outcomes.joined(separator: "; "))")
        }

        /// Kills command and controller once so many groups were updated, and some seconds more. Says what came of it.
        private func killed(after updates: Int, _ seconds: Double) throws -> String {
            let pair = try LocalPair()
            let first = try pair.controller()
            try eventually("what is in force is the first term: \(first.errorsSoFar)") { try pair.status().term == 1 }
            let command = try pair.move()
            try eventually("\(updates) groups are updated: \(command.errorsSoFar)") {
                try !command.isRunning || pair.updates() >= updates
            }
            usleep(UInt32(seconds * 1_000_000))
            for program in [command, first] {
                program.stop()
                _ = try program.wait()
            }
            let found = try pair.updates()
            let next = try pair.controller()
            try eventually("the next one lives") { try pair.status().alive.contains(LocalPair.west) }
            // Only this controller writes now: what was not committed before never is.
            let isIntended = try pair.status().term == 2
            if isIntended {
                try eventually("it is carried out: \(next.errorsSoFar)") {
                    try ["fulfilled", "closed"].contains(pair.status().state)
                }
            }
            #expect(try pair.western() == Array(repeating: isIntended ? 100 : 0, count: 3))
            #expect(try pair.status().term == (isIntended ? 2 : 1))
            return "at \(found) of 3 groups: \(isIntended ? "carried out" : "never intended")"
        }

        @Test(
            "a controller without a worker and without tables says that it is blind, moves nothing by itself, and carries out what people intend"
        )
        func blind() throws {
            let pair = try LocalPair()
            let controller = try pair.controller()
            try eventually("what is in force is the first term: \(controller.errorsSoFar)") { try pair.status().term == 1 }
            #expect(controller.errorsSoFar.contains("store.kind is not dynamodb: this controller sees no contacts"))
            try eventually("status says what would hold a move back: \(controller.errorsSoFar)") {
                try pair.start("status").wait().text.contains(
                    "a move would be held back by volume: how much \(LocalPair.east) has to lose is not known")
            }
            #expect(try pair.updates() == 0)
            #expect(try pair.move().wait().code == 0)
            #expect(try pair.western() == [100, 100, 100])
        }

        /// A controller that has nothing to do looks at the groups seldom.
        @Test(
            "somebody moves a group by hand after a move: it is told, and what they did stays",
            .enabled(if: FailoverInterruptedTests.setting("KILLS") != nil))
        func foreign() throws {
            let pair = try LocalPair()
            let controller = try pair.controller()
            try eventually("what is in force is the first term: \(controller.errorsSoFar)") { try pair.status().term == 1 }
            #expect(try pair.move().wait().code == 0)
            try pair.connect.moveByHand([LocalPair.east: 30, LocalPair.west: 70])
            try eventually("it is written into the history: \(controller.errorsSoFar)") {
                try pair.start("history").wait().text.contains("foreign")
            }
            #expect(try pair.western().first == 70)
            let adopted = try pair.start("acknowledge", "--adopt", "--by", "a person").wait()
            #expect(adopted.code == 0, "\(adopted.errors)")
            let status = try pair.status()
            #expect(status.term == 3 && status.cause == "adopted", "\(status)")
            #expect(try pair.western().first == 70)
        }
    }
}
