import ContactCenter

/// How many agents and contacts that go on are listed, by what people count them by. Kept as they come, change and go.
package struct FeedCounts: Equatable, Sendable {
    package struct AgentPlace: Hashable, Sendable {
        /// Nil: over all Regions.
        package var region: String?
        package var presence: ListedAgent.Presence
    }

    package struct ContactPlace: Hashable, Sendable {
        package var region: String?
        package var phase: LifecyclePhase
        package var channel: String?
    }

    package struct QueuePlace: Hashable, Sendable {
        package var arn: String?
        package var name: String?
        package var region: String?
        package var phase: LifecyclePhase
    }

    /// None is 0.
    package private(set) var agents: [AgentPlace: Int] = [:]
    package private(set) var contacts: [ContactPlace: Int] = [:]
    /// Of contacts that have a queue.
    package private(set) var queues: [QueuePlace: Int] = [:]

    package init() {}

    /// Agents of a presence: in a Region, or over all.
    package func agents(_ presence: ListedAgent.Presence, in region: String? = nil) -> Int {
        agents[AgentPlace(region: region, presence: presence)] ?? 0
    }

    /// Counts an entity in, or out with -1.
    package mutating func add(_ facts: ListedFacts, _ change: Int = 1) {
        switch facts {
        case .agent(let agent):
            FeedCounts.add(change, to: AgentPlace(region: nil, presence: agent.presence), &agents)
            for region in agent.regions {
                FeedCounts.add(change, to: AgentPlace(region: region.name, presence: region.presence), &agents)
            }
        case .contact(let contact):
            let place = ContactPlace(region: contact.region, phase: contact.phase, channel: contact.channel)
            FeedCounts.add(change, to: place, &contacts)
            guard contact.queue != (nil, nil) else { return }
            let queue = QueuePlace(
                arn: contact.queue.arn, name: contact.queue.name, region: contact.region, phase: contact.phase)
            FeedCounts.add(change, to: queue, &queues)
        case .ended, .plain, .unlisted: break
        }
    }

    private static func add<Place: Hashable>(_ change: Int, to place: Place, _ counts: inout [Place: Int]) {
        let count = counts[place, default: 0] + change
        assert(count >= 0, "more went than came")
        counts[place] = count == 0 ? nil : count
    }
}
