import Foundation
import Servers
import Testing

extension ProgramTests {
    /// `CONVERGE_FAILOVER_DEMO=1` tells it to people, with the thresholds that are the defaults (`make demo-failover`).
    @Suite("the whole story of a failover", .waiting(minutes: 10))
    struct FailoverStoryTests {
        private static let isDemo = ProcessInfo.processInfo.environment["CONVERGE_FAILOVER_DEMO"] == "1"
        private let east = FailoverWorld.east
        private let west = FailoverWorld.west
        private let agents = 200
        private let began = Date()

        /// Tells people where they look, with the seconds since it began.
        private func say(_ text: String) {
            guard FailoverStoryTests.isDemo else { return }
            let line = String(format: "story: %6.1f s  ", Date().timeIntervalSince(began)) + text + "\n"
            FileHandle.standardOutput.write(Data(line.utf8))
        }

        @Test(
            "a Region is lost and everything goes to the other; it comes back, and nothing moves before a person says so, step by step, until a gate is bad"
        )
        func story() throws {
            let world = try FailoverWorld(agents: agents, FailoverStoryTests.isDemo ? .standard : .short)
            try world.make()
            let workers = try bothUp(world)
            let first = try lost(world, workers)
            let back = try comesBack(world, workers.west)
            try returns(world, back + [workers.west], first)
        }

        private func bothUp(_ world: FailoverWorld) throws -> (east: KafkaWorker, west: KafkaWorker) {
            let eastern = try world.worker(east)
            try world.connect.open(within: 1)
            try world.connect.call(perSecond: 5)
            try eventually("the agents of \(east) are known in \(west)", of: [eastern]) {
                try world.agentsKnown(in: west) == agents
            }
            let western = try world.worker(west)
            var alive: Set<String> = []
            try eventually("both controllers live; \(alive) do", of: [eastern, western]) {
                alive.formUnion(try world.status(at: west).alive)
                return alive == [east, west]
            }
            var rules: [String: Double] = [:]
            try eventually("\(west)'s knows what \(east) has to lose; \(rules)", of: [eastern, western]) {
                rules = western.series("converge_failover_rule_holds")
                return rules["{rule=\"volume\"}"] == 1
            }
            #expect(try world.shares() == [east: 100, west: 0])
            #expect(try world.status(at: east).cause == "adopted")
            let figures = try world.figures(east)
            say(
                "two Regions, a worker and a controller in each. \(east) has everything: \(figures.agentsOnline) agents online, \(figures.landed) contacts so far"
            )
            return (eastern, western)
        }

        /// Returns when the first contact landed, by who let it.
        private func lost(_ world: FailoverWorld, _ workers: (east: KafkaWorker, west: KafkaWorker)) throws -> Double {
            let before = try world.figures(west).landed
            try world.lose(east)
            workers.east.signal(SIGKILL)
            let last = try #require(try world.figures(east).lastEventAt)
            say("\(east) is gone: Connect's API hangs, no events, its worker and controller killed, replication cut")
            try eventually("contacts land in \(west)", of: [workers.west]) {
                try world.shares() == [east: 0, west: 100] && world.figures(west).landed > before + 20
            }
            try eventually("the agents are there", of: [workers.west]) { try world.figures(west).agentsAvailable > agents / 2 }
            try eventually("it is verified", of: [workers.west]) { try world.history().contains { $0.kind == "verified" } }
            let history = try world.history()
            let move = history.filter { $0.term != 1 && ["suspected", "committed", "sent", "verified"].contains($0.kind) }
            #expect(move.map(\.kind) == ["suspected", "committed", "sent", "verified"], "\(history)")
            #expect(move.map(\.at) == move.map(\.at).sorted())
            #expect(move.allSatisfy { $0.author.hasPrefix(west) })
            let status = try world.status(at: west)
            #expect(
                status.cause == "automatic" && ["fulfilled", "closed"].contains(status.state) && status.term == 2, "\(status)")
            #expect(try world.connect.groups().map(\.updates) == [1])
            try tell(history, last, world)
            try landed(last, world, workers.west)
            return try #require(try world.connect.changes().last?.firstLanded[west])
        }

        /// The report of the move has every phase and what may be lost, as they were.
        private func landed(_ last: Double, _ world: FailoverWorld, _ western: KafkaWorker) throws {
            try eventually("it is written down how it landed", of: [western]) {
                try world.history().contains { $0.kind == "landed" && $0.term == 2 }
            }
            let report = try FailoverAccount(world.told("explain", "2", at: west))
            let change = try #require(try world.connect.changes().last)
            #expect(report.phases.count == 6 && report.phases.allSatisfy { $0.state != "unknown" }, "\(report)")
            let landed = try #require(report.landed)
            // The first contact since the change that Connect's stub let land there, and none of before or of elsewhere. Times are in whole milliseconds.
            #expect(landed >= (change.firstLanded[west] ?? .infinity) - 0.002, "\(report)")
            // Nothing newer was ever told there, and the age is that of when it was read.
            let (fact, read) = (try #require(report.fact), try #require(report.read))
            #expect(fact <= last + 0.002 && read >= change.at - 0.002, "\(report), last \(last)")
            #expect(abs((report.lost ?? 0) - (read - fact)) < 0.002, "\(report)")
            #expect(abs((report.recovery ?? 0) - (landed - fact)) < 0.002, "\(report)")
            #expect(report.agentsBefore == agents && report.agentsBack * 10 >= agents * 9, "\(report)")
            say("the report of term 2 (converge failover explain 2):")
            for phase in report.phases { say("  \(phase.name): \(phase.took)") }
            say(
                String(
                    format: "  lost to landed (RTO) %.1f s; facts lost at most (RPO) %.1f s; %d of %d agents available",
                    report.recovery ?? .nan, report.lost ?? .nan, report.agentsBack, report.agentsBefore ?? 0))
        }

        private func tell(_ history: [FailoverWorld.Entry], _ last: Double, _ world: FailoverWorld) throws {
            let change = try #require(try world.connect.changes().last)
            for entry in history where entry.at > last {
                say(String(format: "  %+6.1f s  ", entry.at - last) + "\(entry.kind): \(entry.lines.first ?? "")")
            }
            let committed = history.last { $0.kind == "committed" }?.at ?? 0
            let landed = change.firstLanded[west] ?? 0
            let answered = change.firstAnswered[west] ?? 0
            say(
                String(
                    format:
                        "from \(east)'s last event: distribution changed after %.1f s, a contact landed in \(west) after %.1f s, "
                        + "an agent took one after %.1f s; from the intent to the changed distribution %.2f s",
                    change.at - last, landed - last, answered - last, change.at - committed))
            let (lost, here) = (try world.figures(east).lost, try world.figures(west))
            say(
                "callers lost: \(lost); contacts that landed in \(west): \(here.landed); agents available there: \(here.agentsAvailable)"
            )
        }

        private func comesBack(_ world: FailoverWorld, _ western: KafkaWorker) throws -> [KafkaWorker] {
            try world.restore(east)
            let eastern = try world.worker(east)
            try world.rounds(5)
            #expect(try world.shares() == [east: 0, west: 100])
            #expect(try world.status(at: east).term == 2)
            say("\(east) is back, with a worker and a controller. Nothing moves by itself")
            return [eastern]
        }

        private func returns(_ world: FailoverWorld, _ workers: [KafkaWorker], _ first: Double) throws {
            let begun = try world.command("return", "--to", east, "--share", "40", "--step", "20", "--hold", "5s", at: west)
            #expect(begun.code == 0 && begun.text.contains("2 steps"), "\(begun)")
            say("a person: converge failover return --to \(east) --share 40 --step 20 --hold 5s")
            for share in [20, 40] {
                try eventually("\(east) has \(share) %", of: workers) { try world.shares()[east] == share }
                say("  \(east) has \(share) %")
            }
            // The newer term ends the watch of the move: all that was told late is in the report by now.
            var (landed, minutes): (Double?, [String]) = (nil, [])
            try eventually("the very first contact is the one of the report; \(landed ?? .nan), \(first)", of: workers) {
                let report = try FailoverAccount(world.told("explain", "2", at: west))
                (landed, minutes) = (report.landed, report.minutes)
                return landed.map { abs($0 - first) < 0.002 } ?? false
            }
            say("  contacts by minute of the move, \(east)/\(west): \(minutes.suffix(4).joined(separator: " "))")
            try eventually("the return is done", of: workers) { try world.status(at: west).plan == "done" }
            #expect(try world.connect.groups().map(\.updates) == [3])

            let again = try world.command("return", "--to", east, "--share", "100", "--step", "30", "--hold", "10m", at: west)
            #expect(again.code == 0, "\(again)")
            say(
                "a person: converge failover return --to \(east) --share 100 --step 30; and somebody hears that callers of \(east) hear silence"
            )
            try world.word(on: east, "callers hear silence")
            try eventually("the return is halted", of: workers) { try world.status(at: west).plan == "halted" }
            let halted = try world.status(at: west)
            #expect(halted.planEvidence.contains("callers hear silence"), "\(halted)")
            #expect(try world.shares() == [east: 40, west: 60])
            say("  halted: \(halted.planEvidence)")
        }
    }
}
