import ContactCenter
import Foundation
import TestSupport
import Testing

@testable import API
@testable import HTTPServer
@testable import Platform

@Suite("lists against what a look at every entity finds", .limited(minutes: 5))
struct ListPropertyTests {
    private static let regions = ["us-east-1", "us-west-2"]
    private static let statuses = ["Available", "Lunch", "Offline"]
    private static let profiles = ["Basic", "Gold"]
    private static let queues = ["sales", "support"]
    private static let phases = ["INITIATED", "QUEUED", "CONNECTED_TO_AGENT", "DISCONNECTED"]
    private static let channels = ["VOICE", "CHAT"]

    private static func time(_ dice: inout Dice) -> Timestamp {
        Timestamp(milliseconds: ListWorld.now.milliseconds - Int64(dice.below(600_001)))
    }

    /// Something happens to one of `count` agents.
    private static func changeAgent(_ world: ListWorld, of count: Int, _ dice: inout Dice) throws -> String {
        let id = "1/i/a\(dice.below(count))"
        if dice.below(8) == 0 {
            for region in regions { world.remove(.agent, id, row: region) }
            return id
        }
        let status = dice.pick(statuses)
        try world.agent(
            id, dice.pick(regions), dice.below(3) == 0 ? dice.pick(["LOGIN", "LOGOUT"]) : nil,
            status: dice.below(4) == 0 ? nil : status, type: status == "Offline" ? "OFFLINE" : "ROUTABLE",
            profile: dice.pick(profiles), username: "User\(dice.below(20))", name: "Ann Lee\(dice.below(9))",
            seen: time(&dice))
        return id
    }

    private static func changeContact(_ world: ListWorld, of count: Int, _ dice: inout Dice) throws {
        let id = "c\(dice.below(count))"
        if dice.below(8) == 0 {
            for region in regions { world.remove(.contact, id, row: region) }
            return
        }
        try world.contact(
            id, dice.pick(regions), dice.pick(phases), channel: dice.pick(channels),
            queue: dice.below(2) == 0 ? dice.pick(queues) : nil, agent: dice.below(3) == 0 ? "1/i/a\(dice.below(5))" : nil,
            at: time(&dice))
    }

    @Test("agents: each filter, and any two of them, finds whom the projections show so")
    func agentFilters() {
        forAll(25) { dice in
            let world = ListWorld()
            for _ in 0..<150 { _ = try Self.changeAgent(world, of: 40, &dice) }
            let all = world.all(.agent)
            try demand(try world.ids("/v1/agents") == all.map(\.id), "all")
            for _ in 0..<20 {
                let region = dice.below(2) == 0 ? dice.pick(Self.regions) : nil
                var query = region.map { "&region=\($0)" } ?? ""
                var conditions: [([String: Any]) -> Bool] = []
                func shown(_ state: [String: Any]) -> [String: Any]? {
                    guard let region else { return state }
                    return (state["regions"] as? [String: Any])?[region] as? [String: Any]
                }
                conditions.append { shown($0) != nil }
                if dice.below(2) == 0 {
                    let presence = dice.pick(["online", "offline", "unknown"])
                    query += "&presence=\(presence)"
                    conditions.append { shown($0)?["presence"] as? String == presence }
                }
                if dice.below(3) == 0 {
                    let status = dice.pick(Self.statuses)
                    query += "&status=\(status)"
                    conditions.append { (shown($0)?["status"] as? [String: Any])?["name"] as? String == status }
                }
                if dice.below(3) == 0 {
                    let (profile, isARN) = (dice.pick(Self.profiles), dice.below(2) == 0)
                    query += "&routingProfile=\(isARN ? "arn:p/" : "")\(profile)"
                    conditions.append { ($0["routingProfile"] as? [String: Any])?["name"] as? String == profile }
                }
                if dice.below(3) == 0 {
                    let isStale = dice.below(2) == 0
                    query += "&stale=\(isStale)"
                    conditions.append { state in
                        let seen = (shown(state)?["lastSeen"] as? String).flatMap { Timestamp($0) }
                        return (seen.map { ListWorld.now.milliseconds - $0.milliseconds > 300_000 } ?? true) == isStale
                    }
                }
                if dice.below(3) == 0 {
                    let part = dice.pick(["user1", "USER1", "ser", "nobody", "19"])
                    query += "&name=\(part)"
                    conditions.append { ($0["username"] as? String)?.lowercased().contains(part.lowercased()) ?? false }
                }
                let wanted = all.filter { agent in conditions.allSatisfy { $0(agent.state) } }.map(\.id)
                let found = try world.ids("/v1/agents?" + query.dropFirst(), limit: dice.below(20) + 1)
                try demand(found == wanted, "\(query): \(found), not \(wanted)")
            }
        }
    }

    @Test("contacts: those that go on, by phase, channel, queue, agent and Region")
    func contactFilters() {
        forAll(25) { dice in
            let world = ListWorld()
            for _ in 0..<150 { try Self.changeContact(world, of: 60, &dice) }
            let open = world.all(.contact).filter { ($0.state["phase"] as? String).map { $0 != "DISCONNECTED" } ?? false }
            try demand(try world.ids("/v1/contacts") == open.map(\.id), "all")
            for _ in 0..<20 {
                var query: [String] = []
                var conditions: [([String: Any]) -> Bool] = []
                func on(_ name: String, _ value: String, _ condition: @escaping ([String: Any]) -> Bool) {
                    guard dice.below(3) == 0 else { return }
                    query.append("\(name)=\(value)")
                    conditions.append(condition)
                }
                let (phase, channel) = (dice.pick(Array(Self.phases.dropLast())), dice.pick(Self.channels))
                let (queue, region, agent) = (dice.pick(Self.queues), dice.pick(Self.regions), dice.below(5))
                on("phase", phase) { $0["phase"] as? String == phase }
                on("channel", channel.lowercased()) { $0["channel"] as? String == channel }
                on("queue", "arn:q/\(queue)") { ($0["queue"] as? [String: Any])?["arn"] as? String == "arn:q/\(queue)" }
                on("region", region) { $0["activeRegion"] as? String == region }
                on("agent", "1/i/a\(agent)") { ($0["agent"] as? [String: Any])?["id"] as? String == "1/i/a\(agent)" }
                let wanted = open.filter { contact in conditions.allSatisfy { $0(contact.state) } }.map(\.id)
                let found = try world.ids("/v1/contacts?" + query.joined(separator: "&"), limit: dice.below(20) + 1)
                try demand(found == wanted, "\(query): \(found), not \(wanted)")
            }
        }
    }

    @Test("nobody who is there all the time is missed or told twice, whoever comes, changes and goes between two pages")
    func stable() {
        forAll(30) { dice in
            let world = ListWorld()
            for _ in 0..<300 { _ = try Self.changeAgent(world, of: 200, &dice) }
            let target = dice.pick(["/v1/agents", "/v1/agents?presence=online", "/v1/agents?stale=false&status=Lunch"])
            var steady = Set(try world.ids(target))
            let found = try world.ids(target, limit: dice.below(30) + 1) {
                for _ in 0..<dice.below(12) { steady.remove(try Self.changeAgent(world, of: 200, &dice)) }
            }
            try demand(Set(found).count == found.count, "somebody was told twice")
            try demand(steady.isSubset(of: found), "missed: \(steady.subtracting(found))")
            try demand(zip(found, found.dropFirst()).allSatisfy { $0.utf8.lexicographicallyPrecedes($1.utf8) }, "out of order")
        }
    }

    @Test("counts are those of the projections, after everything that came, changed and went")
    func counts() {
        forAll(25) { dice in
            let world = ListWorld()
            for _ in 0..<dice.below(200) {
                _ = try Self.changeAgent(world, of: 30, &dice)
                try Self.changeContact(world, of: 50, &dice)
            }
            let data = try world.answer("/v1/summary")["data"] as? [String: [String: Any]] ?? [:]
            let agents = world.all(.agent).map(\.state)
            for presence in ["online", "offline", "unknown"] {
                let count = agents.filter { $0["presence"] as? String == presence }.count
                try demand((data["agents"]?["presence"] as? [String: Int])?[presence] == count, "\(presence): not \(count)")
                for region in Self.regions {
                    let there = agents.filter {
                        (($0["regions"] as? [String: Any])?[region] as? [String: Any])?["presence"] as? String == presence
                    }.count
                    let told = ((data["agents"]?["regions"] as? [String: Any])?[region] as? [String: Int])?[presence] ?? 0
                    try demand(told == there, "\(presence) in \(region): \(told), not \(there)")
                }
            }
            try demand(data["agents"]?["total"] as? Int == agents.count, "all agents")
            let open = world.all(.contact).map(\.state).filter {
                ($0["phase"] as? String).map { $0 != "DISCONNECTED" } ?? false
            }
            try demand(data["contacts"]?["total"] as? Int == open.count, "all contacts")
            let queues = data["contacts"]?["queues"] as? [[String: Any]] ?? []
            for phase in Self.phases.dropLast() {
                let count = open.filter { $0["phase"] as? String == phase }.count
                try demand((data["contacts"]?["phases"] as? [String: Int])?[phase] == count, "\(phase): not \(count)")
                for region in Self.regions {
                    let there = open.filter { $0["phase"] as? String == phase && $0["activeRegion"] as? String == region }
                    let told = ((data["contacts"]?["regions"] as? [String: Any])?[region] as? [String: Int])?[phase] ?? 0
                    try demand(told == there.count, "\(phase) in \(region): \(told)")
                    for queue in Self.queues {
                        let arn = "arn:q/\(queue)"
                        let waiting = there.filter { ($0["queue"] as? [String: Any])?["arn"] as? String == arn }.count
                        let regions = queues.first { $0["arn"] as? String == arn }?["regions"] as? [String: [String: Int]]
                        try demand(regions?[region]?[phase] ?? 0 == waiting, "\(phase) in \(queue) of \(region)")
                    }
                }
            }
        }
    }

    @Test("ten thousand agents: every one once, and those that a filter finds")
    func manyAgents() throws {
        let world = ListWorld()
        for number in 0..<10_000 {
            try world.agent(
                "1/i/\(String(number, radix: 36))", Self.regions[number % 2], number % 97 == 0 ? "LOGIN" : "LOGOUT",
                username: "user\(number)")
        }
        let all = try world.ids("/v1/agents")
        #expect(all.count == 10_000 && Set(all).count == 10_000)
        let online = try world.page("/v1/agents?presence=online&limit=1000")
        #expect(online.items.count == 104 && online.next == nil && !online.isPartial, "one page looks at all of them")
    }
}
