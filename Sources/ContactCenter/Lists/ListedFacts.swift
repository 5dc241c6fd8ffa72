public import Lattice
public import Platform

/// What lists are filtered and counted by: of an entity what its projection (`docs/state.md`) says under the same names.
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
public struct ListedAgent: Equatable, Sendable {
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
        public var name: String
        public var presence: Presence
        public var status: String?
        public var lastSeen: Timestamp?

        public init(name: String, presence: Presence, status: String? = nil, lastSeen: Timestamp? = nil) {
            self.name = name
            self.presence = presence
            self.status = status
            self.lastSeen = lastSeen
        }
    }

    public var presence = Presence.unknown
    /// Ascending by name.
    public var regions: [Region] = []
    /// The name of the status that is shown.
    public var status: String?
    public var routingProfile: String?
    public var routingProfileARN: String?
    public var lastSeen: Timestamp?
    /// Username, a line break, first and last name; in lower case, as far as they are known. Personal.
    public var names: [UInt8] = []

    public init() {}

    /// The Regions where the agent is shown as online and has not been heard of.
    public func staleRegions(now: Timestamp) -> [String] {
        regions.filter { $0.presence == .online && AgentFreshness.isStale(lastSeen: $0.lastSeen, now: now) }.map(\.name)
    }
}

/// A contact that goes on.
public struct ListedContact: Equatable, Sendable {
    public var phase: LifecyclePhase
    public var channel: String?
    public var queueARN: String?
    public var queueName: String?
    /// Who has it, or had it last.
    public var agentId: String?
    /// In lower case. Personal.
    public var agentUsername: String?
    /// Where it is.
    public var region: String?

    public init(phase: LifecyclePhase) { self.phase = phase }
}
