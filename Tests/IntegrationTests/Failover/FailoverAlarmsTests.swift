import Foundation
import Servers
import Testing

extension ProgramTests {
    /// What looks like the loss of a Region and is none, one after the other in one world (`make failover-alarms`). Both Regions have half of everything, so that either could
    /// take the other half. In one of them a Region is really lost, until a move is committed: it is not quiet for being deaf.
    @Suite(
        "alarms of a failover that are false", .waiting(minutes: 30),
        .enabled(if: ProcessInfo.processInfo.environment["CONVERGE_FAILOVER_ALARMS"] == "1"))
    struct FailoverAlarmsTests {
        private let east = FailoverWorld.east
        private let west = FailoverWorld.west
        private let agents = 100
        private let half = [FailoverWorld.east: 50, FailoverWorld.west: 50]

        /// Both Regions' workers.
        private final class Workers {
            var east: KafkaWorker
            var west: KafkaWorker

            init(_ east: KafkaWorker, _ west: KafkaWorker) { (self.east, self.west) = (east, west) }

            var both: [KafkaWorker] { [east, west] }
        }

        @Test("nothing moves that should not, and each alarm says by which rule")
        func alarms() throws {
            let world = try FailoverWorld(agents: agents, .alarms, groups: ["sales"])
            try world.make()
            for group in try world.connect.groups() { try world.connect.moveByHand(half, of: group.name) }
            let workers = Workers(try start(east, in: world), try start(west, in: world))
            try eventually("both controllers live", of: workers.both) { try world.status(at: west).alive == [east, west] }

            try quiet("a Region is lost in a night without calls", world) { try night(world, workers) }
            try morning(world, workers)
            try quiet("only the canary dies", world) { try canary(world, workers) }
            try quiet("only Connect's API complains", world) { try oneSignal(world, workers) }
            try quiet("the link between the Regions is cut", world) { try link(world, workers) }
            try quiet("the control table is away", world) { try table(world, workers) }
            try quiet("the controller is stopped as it is about to act", world) { try stopped(world, workers) }
            try quiet("both Regions show the same fault", world) { try shared(world, workers) }
        }

        // MARK: What they have in common

        private func start(_ region: String, in world: FailoverWorld, _ more: [String: String] = [:]) throws -> KafkaWorker {
            try world.worker(
                region, ["CONVERGE_FAILOVER_WORD_FILE": world.scratch.path("words-\(region)")].merging(more) { $1 })
        }

        /// What a person in `region` says of Regions; nothing takes it back.
        private func say(_ words: [String: String], in region: String, _ world: FailoverWorld) throws {
            let now = ISO8601DateFormatter().string(from: Date())
            try world.scratch.write(
                "words-\(region)", words.map { "\($0.key) \($0.value) \(now) so they say\n" }.joined())
        }

        /// Nothing that callers or agents follow is updated meanwhile, by anybody. `body`: says by which rule.
        private func quiet(_ what: String, _ world: FailoverWorld, _ body: () throws -> String) throws {
            func look() throws -> [String] {
                try world.connect.groups().map { group in
                    let shares = [group.telephony, group.agents, group.signIn.mapValues { $0 ? 1 : 0 }]
                    return "\(group.name) \(shares.map { $0.sorted { $0.key < $1.key } }) \(group.updates) updates"
                }
            }
            let before = try look()
            let why = try body()
            let (after, history) = (try look(), try world.history())
            #expect(after == before, "\(what): \(history)")
            print("false alarm: \(what): \(why)")
        }

        /// What a signal of a Region is, as a worker's controller sees it.
        private func state(_ kind: String, of region: String, at worker: KafkaWorker) -> String? {
            let told = worker.series("converge_failover_signal_state").first {
                $0.value == 1 && $0.key.contains("kind=\"\(kind)\"") && $0.key.contains("region=\"\(region)\"")
            }
            return told?.key.components(separatedBy: "state=\"").last?.components(separatedBy: "\"").first
        }

        private func holds(_ rule: String, at worker: KafkaWorker) -> Bool? {
            worker.series("converge_failover_rule_holds")["{rule=\"\(rule)\"}"].map { $0 == 1 }
        }

        /// A line of the history that says which rule holds a Region's controllers back, written since `count` lines were there.
        private func heldBack(
            by rule: String, at region: String, since count: Int, _ world: FailoverWorld, _ workers: [KafkaWorker]
        ) throws -> String {
            var line = ""
            try eventually("the history says that \(rule) holds \(region) back", of: workers) {
                let held = try world.history(at: region).dropFirst(count).filter {
                    $0.kind == "held-back" && $0.author.hasPrefix(region)
                }
                line = held.compactMap(\.lines.first).first { $0.hasPrefix("\(rule): ") } ?? ""
                return !line.isEmpty
            }
            return line
        }

        /// Controllers of the Region were seen to live so often.
        private func looks(_ count: Int, at region: String, _ world: FailoverWorld) throws {
            var seen = 0
            try eventually("\(count) looks at the living controllers of \(region)", every: 0.1) {
                seen += try world.status(at: region).alive.contains(region) ? 1 : 0
                return seen >= count
            }
        }

        /// Nothing complains of a Region any more, as both workers see it.
        private func calm(_ world: FailoverWorld, _ workers: Workers) throws {
            try eventually("nobody complains any more", of: workers.both) {
                try world.status(at: west).alive == [east, west]
                    && workers.both.allSatisfy { worker in
                        [east, west].allSatisfy { state("connect-api", of: $0, at: worker) == "healthy" }
                            && worker.series("converge_failover_signal_state").allSatisfy {
                                $0.value == 0 || !$0.key.contains("state=\"unhealthy\"")
                            }
                    }
            }
        }

        /// The Region that was lost is there again, with a worker.
        private func comesBack(_ world: FailoverWorld, _ workers: Workers) throws {
            try world.restore(east)
            workers.east = try start(east, in: world)
        }

        // MARK: The alarms

        private func night(_ world: FailoverWorld, _ workers: Workers) throws -> String {
            try world.rounds(4)
            #expect(try world.status(at: west).outlooks.allSatisfy { !$0.contains("complaints") })
            let count = try world.history().count
            try world.lose(east)
            workers.east.signal(SIGKILL)
            let why = try heldBack(by: "volume", at: west, since: count, world, [workers.west])
            try looks(6, at: west, world)
            try comesBack(world, workers)
            return why
        }

        private func morning(_ world: FailoverWorld, _ workers: Workers) throws {
            try world.connect.open(within: 1)
            try world.connect.call(perSecond: 4)
            try eventually("both know how much the other has to lose", of: workers.both) {
                holds("volume", at: workers.east) == true && holds("volume", at: workers.west) == true
            }
            try calm(world, workers)
        }

        private func canary(_ world: FailoverWorld, _ workers: Workers) throws -> String {
            try world.regions.link.cut()
            let why = try outlook(with: "replication may be silent by the way from here", world, workers)
            try world.regions.link.heal()
            try calm(world, workers)
            return why
        }

        private func oneSignal(_ world: FailoverWorld, _ workers: Workers) throws -> String {
            try world.connect.set(east, .hang)
            let why = try outlook(with: "connect-api may be silent by the way from here", world, workers)
            try world.rounds(6)
            try world.connect.set(east, .up)
            try calm(world, workers)
            return why
        }

        /// What a living controller says of the other Region in `failover status`.
        private func outlook(with part: String, _ world: FailoverWorld, _ workers: Workers) throws -> String {
            var found: String?
            try eventually("status says: \(part)", of: workers.both) {
                found = try world.status(at: west).outlooks.first { $0.contains(part) }
                return found != nil
            }
            return found ?? ""
        }

        /// Each Region is told by a person, too, that the other does not serve.
        private func link(_ world: FailoverWorld, _ workers: Workers) throws -> String {
            let links = [(west, east), (east, west)].flatMap { ["\($0)>services/\($1)", "\($0)>connect/\($1)"] }
            for link in links { try world.links.set(link, .cut) }
            try world.regions.link.cut()
            try say([east: "unhealthy"], in: west, world)
            try say([west: "unhealthy"], in: east, world)
            // What is silent by the link counts for nothing while the other Region's controllers live, and a person is one complaint.
            let held = "complaints (person); held back by peer-unhealthy: 1 independent"
            let why = try outlook(with: "\(east) is unknown, with \(held)", world, workers)
            let other = try outlook(with: "\(west) is unknown, with \(held)", world, workers)
            try looks(6, at: west, world)
            for link in links { try world.links.set(link, .up) }
            try world.regions.link.heal()
            for region in [east, west] { try say([:], in: region, world) }
            try calm(world, workers)
            return "\(why); \(other)"
        }

        /// Meanwhile everything else speaks for a move.
        private func table(_ world: FailoverWorld, _ workers: Workers) throws -> String {
            let links = [east, west].map { "\($0)>services/\(FailoverWorld.controlRegion)" }
            for link in links { try world.links.set(link, .cut) }
            try world.connect.set(east, .hang)
            try say([east: "unhealthy"], in: west, world)
            try eventually("no rule but views-fresh speaks against a move", of: workers.both) {
                holds("peer-unhealthy", at: workers.west) == true && holds("peer-verdict", at: workers.west) == true
                    && holds("views-fresh", at: workers.west) == false
            }
            let status = try world.command("status", at: west)
            #expect(status.code == 1 && status.text.contains("control table: unknown"), "\(status)")
            let troubles = workers.west.entries("failover.trouble").compactMap { $0["message"] as? String }
            #expect(troubles.contains { $0.hasPrefix("reading the control table: no answer") }, "\(troubles)")
            try world.connect.set(east, .up)
            try say([:], in: west, world)
            try eventually("Connect's API answers in \(east)", of: workers.both) {
                state("connect-api", of: east, at: workers.west) == "healthy"
            }
            for link in links { try world.links.set(link, .up) }
            try calm(world, workers)
            try world.rounds(6)
            #expect(try world.history().allSatisfy { $0.kind != "committed" || $0.term == 1 })
            return "views-fresh; \(troubles.last ?? "")"
        }

        /// Its intent is committed, and it waits for groups that are being updated; then its process stops for longer than anything lasts that it read.
        private func stopped(_ world: FailoverWorld, _ workers: Workers) throws -> String {
            let names = try world.connect.groups().map(\.name)
            for name in names { try world.connect.control("PUT", "group", ["group": name, "status": "UPDATE_IN_PROGRESS"]) }
            try world.lose(east)
            workers.east.signal(SIGKILL)
            try eventually("a move is committed and begun", of: [workers.west]) {
                let status = try world.status(at: west)
                return status.cause == "automatic" && status.state == "sending"
            }
            workers.west.signal(SIGSTOP)
            try comesBack(world, workers)
            try looks(25, at: east, world)
            for name in names { try world.connect.control("PUT", "group", ["group": name, "status": "ACTIVE"]) }
            workers.west.signal(SIGCONT)
            var why = ""
            try eventually("it is withdrawn", of: workers.both) {
                let withdrawn = try world.history().flatMap(\.lines).last { $0.contains("is withdrawn: ") }
                why = withdrawn ?? ""
                return withdrawn != nil
            }
            try calm(world, workers)
            try world.rounds(6)
            let status = try world.status(at: west)
            #expect(status.cause == "adopted", "\(status)")
            let shown = try world.command("status", at: west).text
            #expect(shown.contains("nothing else moves by itself until 'converge failover acknowledge'"), "\(shown)")
            let acknowledged = try world.command("acknowledge", "--by", "a person", at: west)
            #expect(acknowledged.code == 0, "\(acknowledged)")
            return why
        }

        /// Neither instance can be described, and people complain of both. The groups can be read: else that alone would hold a move back.
        private func shared(_ world: FailoverWorld, _ workers: Workers) throws -> String {
            let count = try world.history().count
            let fault: [String: Any] = [
                "operation": "DescribeInstance", "fault": "error", "code": "InternalServiceException", "status": 500,
            ]
            try world.connect.set(faults: [fault])
            for region in [east, west] { try say([east: "unhealthy", west: "unhealthy"], in: region, world) }
            try eventually("both show the same", of: workers.both) {
                holds("peer-unhealthy", at: workers.west) == true && holds("not-shared", at: workers.west) == false
                    && holds("own-healthy", at: workers.west) == false
            }
            let why = try heldBack(by: "own-healthy", at: west, since: count, world, workers.both)
            try looks(6, at: west, world)
            try world.connect.set(faults: [])
            for region in [east, west] { try say([:], in: region, world) }
            try calm(world, workers)
            return "\(why); not-shared"
        }
    }
}
