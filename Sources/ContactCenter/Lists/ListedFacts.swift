import Lattice
public import Platform

/// What lists are filtered and counted by: of an entity what its projection (`docs/state.md`) says under the same names.
///
/// What it holds is kept by reference, so that a walk over very many copies nothing.
public enum ListedFacts: Equatable, Sendable {
    case agent(ListedAgent)
    /// A contact that goes on.
    case contact(ListedContact)
    /// A contact that is over: no list has it.
    case ended
    /// Listed by its id alone: a queue, a session.
    case plain
    /// Of a kind that is not listed, or a contact of which no step is known.
    case unlisted
}

/// An agent, over all Regions and in each.
public final class ListedAgent: Equatable, Sendable {
    public enum Presence: UInt8, CaseIterable, Sendable {
        case online, offline, unknown

        /// As the projection has it.
        public var name: String {
            switch self {
            case .online: "online"
            case .offline: "offline"
            case .unknown: "unknown"
            }
        }
    }

    /// What one Region tells.
    public struct Region: Equatable, Sendable {
        public let name: String
        public let presence: Presence
        public let status: String?
        public let lastSeen: Timestamp?
    }

    public let presence: Presence
    /// Ascending by name.
    public let regions: [Region]
    /// The name of the status that is shown.
    public let status: String?
    public let routingProfile: (name: String?, arn: String?)
    public let lastSeen: Timestamp?
    /// Personal.
    public let username: String?
    /// Username, a line break, first and last name; in lower case, as far as they are known. Personal.
    public let names: [UInt8]

    init(
        presence: Presence, regions: [Region], status: String?, routingProfile: (name: String?, arn: String?),
        username: String?,
        fullName: String
    ) {
        self.presence = presence
        self.regions = regions
        self.status = status
        self.routingProfile = routingProfile
        self.username = username
        lastSeen = regions.compactMap(\.lastSeen).max()
        names = Array(((username ?? "") + "\n" + fullName).lowercased().utf8)
    }

    /// The Regions where the agent is shown as online and has not been heard of.
    public func staleRegions(now: Timestamp) -> [String] {
        regions.filter { $0.presence == .online && AgentFreshness.isStale(lastSeen: $0.lastSeen, now: now) }.map(\.name)
    }

    public static func == (a: ListedAgent, b: ListedAgent) -> Bool {
        a.presence == b.presence && a.regions == b.regions && a.status == b.status && a.routingProfile == b.routingProfile
            && a.username == b.username && a.names == b.names
    }
}

/// A contact that goes on.
public final class ListedContact: Equatable, Sendable {
    public let phase: LifecyclePhase
    public let channel: String?
    public let queue: (arn: String?, name: String?)
    /// Who has it, or had it last.
    public let agentId: String?
    /// Personal.
    public let agentUsername: String?
    /// Where it is.
    public let region: String?

    init(
        phase: LifecyclePhase, channel: String?, queue: (arn: String?, name: String?), agentId: String?, agentUsername: String?,
        region: String?
    ) {
        self.phase = phase
        self.channel = channel
        self.queue = queue
        self.agentId = agentId
        self.agentUsername = agentUsername
        self.region = region
    }

    public static func == (a: ListedContact, b: ListedContact) -> Bool {
        a.phase == b.phase && a.channel == b.channel && a.queue == b.queue && a.agentId == b.agentId
            && a.agentUsername == b.agentUsername && a.region == b.region
    }
}
