import ContactCenter
import HTTPServer
import Platform

/// Which agents a list has.
struct AgentFilter {
    static let names = ["name", "presence", "region", "routingProfile", "stale", "status"]

    private var presence: ListedAgent.Presence?
    private var region: String?
    private var status: String?
    private var routingProfile: String?
    private var isStale: Bool?
    /// In lower case.
    private var name: [UInt8]?
    private let own: OwnEntities?
    private let now: Timestamp

    init(_ texts: [String: String], own: OwnEntities?, now: Timestamp) throws(UsageError) {
        if let text = texts["presence"] {
            presence = ListedAgent.Presence.allCases.first { $0.name == text }
            guard presence != nil else {
                throw UsageError("presence: '\(printable(text))' is not accepted; give online, offline or unknown")
            }
        }
        if let text = texts["stale"] {
            guard text == "true" || text == "false" else {
                throw UsageError("stale: '\(printable(text))' is not accepted; give true or false")
            }
            isStale = text == "true"
        }
        (region, status, routingProfile) = (texts["region"], texts["status"], texts["routingProfile"])
        if let text = texts["name"] {
            name = Array(text.lowercased().utf8)
            guard !text.unicodeScalars.contains(where: { $0.value < 32 }) else {
                throw UsageError("name: it has a control character; give a part of a name")
            }
        }
        self.own = own
        self.now = now
    }

    /// With a Region: presence, status and staleness are those in that Region, and who is not known there is not meant.
    func matches(_ key: [UInt8], _ facts: ListedFacts) -> Bool {
        guard case .agent(let agent) = facts else { return false }
        var (shown, status, lastSeen) = (agent.presence, agent.status, agent.lastSeen)
        if let region {
            guard let there = agent.regions.first(where: { $0.name == region }) else { return false }
            (shown, status, lastSeen) = (there.presence, there.status, there.lastSeen)
        }
        if let presence, presence != shown { return false }
        if let wanted = self.status, wanted != status { return false }
        if let routingProfile, routingProfile != agent.routingProfile.name, routingProfile != agent.routingProfile.arn {
            return false
        }
        if let isStale, isStale != AgentFreshness.isStale(lastSeen: lastSeen, now: now) { return false }
        if let name, !agent.names.contains(name) { return false }
        return own.map { $0.has(agent: key, agent) } ?? true
    }
}

/// Which contacts a list has, of those that go on.
struct ContactFilter {
    static let names = ["agent", "channel", "phase", "queue", "region"]
    static let phases = LifecyclePhase.allCases.filter { $0 < .disconnected }

    private var phase: LifecyclePhase?
    private let channel: String?
    private let queue: String?
    private let agent: String?
    private let region: String?
    private let own: OwnEntities?

    init(_ texts: [String: String], own: OwnEntities?) throws(UsageError) {
        if let text = texts["phase"] {
            phase = ContactFilter.phases.first { $0.name == text }
            guard phase != nil else {
                let accepted = ContactFilter.phases.map(\.name).joined(separator: ", ")
                throw UsageError(
                    "phase: '\(printable(text))' is not accepted; give one of \(accepted): the list has contacts that go on")
            }
        }
        channel = texts["channel"]?.uppercased()
        (queue, region) = (texts["queue"], texts["region"])
        agent = texts["agent"].map { AgentID.id(told: $0) }
        self.own = own
    }

    func matches(_ key: [UInt8], _ facts: ListedFacts) -> Bool {
        guard case .contact(let contact) = facts else { return false }
        if let phase, phase != contact.phase { return false }
        if let channel, channel != contact.channel { return false }
        if let queue, queue != contact.queue.arn, queue != contact.queue.name { return false }
        if let region, region != contact.region { return false }
        if let agent, agent != contact.agentId { return false }
        return own.map { $0.has(contact) } ?? true
    }
}

/// What of a list an agent's token shows: what is this agent's own, as ``HTTPRequest/mayRead(agent:username:)`` and ``HTTPCaller/owns(session:)``
/// have it, for whoever looks at very many.
struct OwnEntities {
    private let own: String

    /// Nil of who is no agent.
    init?(_ request: HTTPRequest) {
        guard let own = request.caller?.agent else { return nil }
        self.own = own
    }

    func has(agent key: [UInt8], _ agent: ListedAgent) -> Bool { isOwn(key.dropFirst()) || isOwn(username: agent.username) }

    func has(_ contact: ListedContact) -> Bool {
        contact.agentId.map { isOwn($0.utf8) } ?? false || isOwn(username: contact.agentUsername)
    }

    func has(session key: [UInt8]) -> Bool {
        let rest = key.dropFirst(1 + own.utf8.count)
        return !own.isEmpty && key.dropFirst().starts(with: own.utf8) && (rest.isEmpty || rest.first == UInt8(ascii: "/"))
    }

    /// The whole id, or the last part of it.
    private func isOwn(_ agent: some BidirectionalCollection<UInt8>) -> Bool {
        let before = agent.dropLast(own.utf8.count)
        return !own.isEmpty && agent.dropFirst(before.count).elementsEqual(own.utf8)
            && (before.isEmpty || before.last == UInt8(ascii: "/"))
    }

    private func isOwn(username: String?) -> Bool { username.map { !own.isEmpty && OwnName.isSameUsername(own, $0) } ?? false }
}

extension [UInt8] {
    /// Whether another's bytes stand in it, one after the other.
    func contains(_ part: [UInt8]) -> Bool {
        guard let first = part.first, part.count <= count else { return part.isEmpty }
        return withUnsafeBytes { all in
            part.withUnsafeBytes { part in
                (0...all.count - part.count).contains { all[$0] == first && all.slice($0, part.count).equals(part) }
            }
        }
    }
}
