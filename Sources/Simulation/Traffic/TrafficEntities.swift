/// The channel of a contact.
enum ContactChannel: UInt8, Sendable {
    case voice, chat, task

    var text: StaticString {
        switch self {
        case .voice: "VOICE"
        case .chat: "CHAT"
        case .task: "TASK"
        }
    }

    /// The value of the segment attribute `connect:Subtype`.
    var subtype: StaticString {
        switch self {
        case .voice: "connect:Telephony"
        case .chat: "connect:Chat"
        case .task: "connect:Task"
        }
    }
}

/// How a contact came about.
enum ContactMethod: UInt8, Sendable {
    case inbound, outbound, transfer, callback, api, web

    var text: StaticString {
        switch self {
        case .inbound: "INBOUND"
        case .outbound: "OUTBOUND"
        case .transfer: "TRANSFER"
        case .callback: "CALLBACK"
        case .api: "API"
        case .web: "WEBRTC_API"
        }
    }
}

/// The state of a contact in a snapshot.
enum SnapshotContactState: UInt8, Sendable {
    case incoming, connecting, connected, onHold, missed, ended

    var text: StaticString {
        switch self {
        case .incoming: "INCOMING"
        case .connecting: "CONNECTING"
        case .connected: "CONNECTED"
        case .onHold: "CONNECTED_ONHOLD"
        case .missed: "MISSED"
        case .ended: "ENDED"
        }
    }
}

/// A contact as an agent's snapshot shows it. A time of 0 is not known.
struct SnapshotContact: Sendable {
    var number: UInt64
    /// The first contact of a chain of transfers; 0 where this is it.
    var initial: UInt64
    var channel: ContactChannel
    var method: ContactMethod
    var state: SnapshotContactState
    var queue: Int
    var stateStart: Int64
    var connectedAt: Int64
    var queuedAt: Int64
}

/// What an agent looks like in one Region.
struct AgentSnapshot: Sendable {
    var status: AgentStatusCode
    var statusStart: Int64
    /// The status to come after the contacts at hand, and when it was chosen.
    var next: AgentStatusCode?
    var nextChosenAt: Int64
    var contacts: [SnapshotContact]

    static let offline = AgentSnapshot(status: .offline, statusStart: 0, next: nil, nextChosenAt: 0, contacts: [])
}

/// An agent's presence in one Region.
///
/// Invariant: `idlePlace >= 0` only while the session is online, Available, settled and without contacts.
struct AgentSession: Sendable {
    enum Presence: UInt8, Sendable {
        /// Never here, or gone without a LOGOUT that anyone saw.
        case absent
        case online
        /// Its LOGOUT is out; heartbeats go on for an hour.
        case loggedOut
    }

    var presence = Presence.absent
    /// True from the first status after LOGIN on.
    var settled = false
    /// True once the agent is to change Region as soon as its contacts are done.
    var leaving = false
    var heartbeatArmed = false
    var idlePlace: Int32 = -1
    var current = AgentSnapshot.offline
    /// The snapshot of the last event; nil after LOGIN.
    var published: AgentSnapshot?
    var lastPublishedAt: Int64 = 0
    var loggedOutAt: Int64 = 0
}

/// An agent, as far as it is not a function of its number.
struct Agent: Sendable {
    let home: UInt8
    /// Where the agent works, or will at the next login.
    var region: UInt8
}

/// What happens next to a contact.
enum ContactStep: UInt8, Sendable {
    case connectToSystem, leaveFlow, route, answer, clearMissed, toggleHold, end, finishWrapUp, record
}

/// A contact between its first event and its first record.
struct Contact: Sendable {
    var number: UInt64
    var initial: UInt64 = 0
    var previous: UInt64 = 0
    var next: UInt64 = 0
    var channel: ContactChannel
    var method: ContactMethod
    var region: UInt8
    var step = ContactStep.connectToSystem
    var queue: Int
    var customer: Int
    var agent = -1
    var attempts = 0
    var holdsToCome = 0
    var holds = 0
    /// Leaves the flow without ever asking for an agent.
    var selfService = false
    var transfers = false
    /// Copies of the record sent so far, and when the last one was.
    var copies = 0
    var recordedAt: Int64 = 0
    var initiatedAt: Int64
    var systemAt: Int64 = 0
    var enqueuedAt: Int64 = 0
    var patienceEndsAt: Int64 = 0
    var connectedAt: Int64 = 0
    var endsAt: Int64 = 0
    var holdStartedAt: Int64 = 0
    var heldFor: Int64 = 0
    var longestHold: Int64 = 0
    var disconnectedAt: Int64 = 0
    var wrapUpEndsAt: Int64 = 0

    /// Varies what is not worth a field of its own.
    var variety: Int { Int(truncatingIfNeeded: mixed(number) & 0xFFFF_FFFF) }
}

/// A browser session of a customer.
struct WebSession: Sendable {
    enum Stage: UInt8, Sendable { case connecting, connected, moved }

    let number: UInt64
    let customer: Int
    let contact: UInt64
    var region: UInt8
    var stage = Stage.connecting
}
