import TestSupport
import Testing

/// Presence against what made-up agents really did. `docs/decisions/0059-presence-by-status-start.md` has the figures of many more of them.
@Suite("presence in random histories", .limited)
struct PresenceHistoryTests {
    /// What the program shows of the agent.
    private func shown(_ world: EventWorld) -> Bool? {
        switch world.shown(.agent, Texts.agentID, "presence") {
        case "\"online\"": true
        case "\"offline\"": false
        default: nil
        }
    }

    @Test(
        "without lost events and with two seconds between changes, presence is right after every event",
        arguments: AgentHistory.Grain.allCases)
    func truth(grain: AgentHistory.Grain) {
        for seed in 0..<25 as Range<UInt64> {
            let history = AgentHistory(seed: seed, grain: grain, isCalm: true)
            let world = EventWorld()
            for event in history.events {
                world.feed(event.text)
                let (found, expected) = (shown(world), history.isOnline(at: event.time + 1_000))
                #expect(found == expected, "seed \(seed), event \(event.number): \(event.text)")
            }
        }
    }

    @Test("presence does not depend on the order and repetition of events")
    func order() {
        for seed in 100..<112 as Range<UInt64> {
            let history = AgentHistory(seed: seed, grain: .seconds, isCalm: false)
            var random = Dice(seed: seed)
            let world = EventWorld()
            for event in history.events { world.feed(event.text) }
            let shuffled = EventWorld()
            for event in (history.events + history.events.prefix(30)).shuffled(using: &random) { shuffled.feed(event.text) }
            #expect(shuffled.state == world.state, "seed \(seed)")
        }
    }

    /// What goes missing of a history, or has not come yet.
    enum Loss: CaseIterable {
        case nothing, oneInTwenty, oneInFive, tenMinutes

        func remainder(of history: AgentHistory, using random: inout Dice) -> [AgentHistory.Event] {
            switch self {
            case .nothing: return history.events
            case .oneInTwenty: return history.events.filter { _ in Int.random(in: 0..<20, using: &random) > 0 }
            case .oneInFive: return history.events.filter { _ in Int.random(in: 0..<5, using: &random) > 0 }
            case .tenMinutes:
                guard let first = history.events.first?.time else { return [] }
                let start = Int64.random(in: first...history.end, using: &random)
                return history.events.filter { !(start..<start + 600_000).contains($0.time) }
            }
        }

        /// Wrong answers of a hundred, at moments half of which are within two minutes of an event.
        var bound: Double {
            switch self {
            case .nothing: 1
            case .oneInTwenty: 2
            case .oneInFive: 5
            case .tenMinutes: 6
            }
        }
    }

    /// Wrong answers of a hundred by rule, over histories in which events tie, heartbeats come late and events are lost.
    private func wrong(_ loss: Loss, seeds: Range<UInt64>) -> [PresenceModel.Rule: Double] {
        var wrong: [PresenceModel.Rule: Int] = [:]
        var asked = 0
        for seed in seeds {
            let grain = AgentHistory.Grain.allCases[Int(seed % 3)]
            let history = AgentHistory(seed: seed, grain: grain, isCalm: false)
            var random = Dice(seed: seed &+ 1_000_000)
            let told = loss.remainder(of: history, using: &random)
            var moments: [Int64] = []
            for event in history.events where Int.random(in: 0..<8, using: &random) == 0 {
                moments.append(event.time + [3_000, 10_000, 125_000].randomElement(using: &random)!)
                moments.append(Int64.random(in: history.events[0].time...history.end + 3_600_000, using: &random))
            }
            var model = PresenceModel()
            var next = 0
            for moment in moments.sorted() {
                while next < told.count, told[next].time <= moment {
                    model.tell(told[next])
                    next += 1
                }
                // Within the seconds of a change nobody can say.
                guard !history.truth.contains(where: { moment - 2_000 < $0.from && $0.from <= moment }) else { continue }
                asked += 1
                let truth = history.isOnline(at: moment)
                for rule in PresenceModel.Rule.allCases where model.isOnline(rule) != truth { wrong[rule, default: 0] += 1 }
            }
        }
        return Dictionary(
            uniqueKeysWithValues: PresenceModel.Rule.allCases.map { ($0, 100 * Double(wrong[$0] ?? 0) / Double(asked)) })
    }

    @Test("no other tested rule of presence is wrong less often, whatever events are lost", arguments: Loss.allCases)
    func best(loss: Loss) throws {
        let wrong = wrong(loss, seeds: 0..<400)
        let kept = try #require(wrong[.kept])
        #expect(kept <= loss.bound, "\(wrong)")
        for (rule, share) in wrong { #expect(kept <= share, "\(rule) has \(share) %, the rule kept \(kept) %") }
        #expect(try #require(wrong[.before]) > 3 * kept, "\(wrong)")
    }

    @Test(
        "presence equals the model's after every event",
        arguments: [Loss.oneInFive, .tenMinutes])
    func model(loss: Loss) {
        for seed in 200..<218 as Range<UInt64> {
            let history = AgentHistory(seed: seed, grain: AgentHistory.Grain.allCases[Int(seed % 3)], isCalm: false)
            var random = Dice(seed: seed)
            let world = EventWorld()
            var model = PresenceModel()
            // Not in their order: what is late is joined like anything else.
            for event in loss.remainder(of: history, using: &random).shuffled(using: &random) {
                world.feed(event.text)
                model.tell(event)
                #expect(shown(world) == model.isOnline(.kept), "seed \(seed), event \(event.number)")
            }
        }
    }
}
