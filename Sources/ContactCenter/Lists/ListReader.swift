import JSON
public import Lattice
import Platform

/// Reads out of an entity's registers what lists are filtered and counted by.
///
/// One serves one thread and is reused. Cost: as that of a projection without writing it; texts that many entities share, such as names of
/// Regions and queues, are kept once (``sharedMax`` of them).
public final class ListReader {
    /// Texts that are kept for those that come next.
    private static let sharedMax = 4_096

    private let parser = JSONParser()
    private let textParser = JSONParser()
    private var names = NamedRegisters()
    private var agent = AgentState()
    private var contact = ContactState()
    private var shared: Set<String> = []

    public init() {}

    public func facts(_ key: EntityKey, _ entity: EntityView) -> ListedFacts {
        switch key.kind {
        case .agent: .agent(listedAgent(entity))
        case .contact: listedContact(entity)
        case .queue, .session: .plain
        case .alias, .customer, .flow, .username, .volume, nil: .unlisted
        }
    }

    private func listedAgent(_ entity: EntityView) -> ListedAgent {
        agent.read(entity, .lean, names: &names, parser: parser)
        let regions = agent.regions.map { region in
            ListedAgent.Region(
                name: share(region.name.text), presence: ListedAgent.Presence(region.presence),
                status: shared(region.snapshot?.status?.name), lastSeen: region.lastSeen)
        }
        let profile = agent.newestSnapshot { $0.hasRoutingProfile }
        let (presence, status) = (agent.presence, shared(agent.statusRegion?.snapshot?.status?.name))
        let username = text(agent.newestSnapshot { $0.username != nil }?.username)
        return ListedAgent(
            presence: ListedAgent.Presence(presence), regions: regions, status: status,
            routingProfile: (shared(profile?.routingProfileName), shared(profile?.routingProfileARN)), username: username,
            fullName: fullName(entity))
    }

    /// First and last name, of the newest snapshot that has one.
    private func fullName(_ entity: EntityView) -> String {
        var newest: (stamp: Stamp, name: String)?
        for register in entity where !register.isTombstone && register.segment(after: "snapshot/") != nil {
            if let newest, register.stamp.compare(newest.stamp) < 0 { continue }
            guard let told = register.object(parser)?.member("Configuration") else { continue }
            let parts = [told.text("FirstName"), told.text("LastName")].compactMap(\.self).filter { !$0.isEmpty }
            if !parts.isEmpty { newest = (register.stamp, parts.joined(separator: " ")) }
        }
        return newest?.name ?? ""
    }

    private func listedContact(_ entity: EntityView) -> ListedFacts {
        contact.read(entity, names: &names, parser: parser)
        guard let phase = contact.phase else { return .unlisted }
        guard phase < .disconnected else { return .ended }
        let telling = contact.telling
        let queue = contact.queue(telling)
        let told = GlobalResiliency(record: contact.record, event: contact.event.globalResiliency?.object(parser))
        return .contact(
            ListedContact(
                phase: phase, channel: shared(contact.channel(telling))?.uppercased(),
                queue: (shared(queue?.arn), shared(queue?.name)),
                agentId: contact.agentId.bytes.isEmpty ? nil : contact.agentId.bytes.text,
                agentUsername: text(contact.agentUsername),
                region: shared(told.activeRegion) ?? contact.activeRegion.map { share($0.text) }))
    }

    // MARK: Texts

    /// What canonical JSON of a string means.
    private func text(_ json: ByteView?) -> String? {
        guard let json else { return nil }
        guard json.contains(UInt8(ascii: "\\")) else { return json.slice(1, json.count - 2).text }
        return try? textParser.parse(json).root.text
    }

    private func shared(_ json: ByteView?) -> String? { text(json).map(share) }

    private func share(_ text: String) -> String {
        if let at = shared.firstIndex(of: text) { return shared[at] }
        if shared.count < ListReader.sharedMax { shared.insert(text) }
        return text
    }
}

extension ListedAgent.Presence {
    fileprivate init(_ presence: AgentState.Presence) {
        switch presence {
        case .online: self = .online
        case .offline: self = .offline
        case .unknown: self = .unknown
        }
    }
}
