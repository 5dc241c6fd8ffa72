import JSON
import Platform

/// What a customer's context takes from the projection of one of the customer's contacts, and of its flow.
struct ContextContact {
    struct Flow {
        var id: String?
        var name: String?
        /// Objects and lists as JSON.
        var position: String?
        var stack: String
        var variables: String
        /// Where the flow itself said that the contact is: the variable `position` (``converge.flow.v1``).
        var saved: String?

        /// Whether it is known where the contact came to.
        var isPlaced: Bool { position != nil || saved != nil }
    }

    let id: String
    /// Nil where no step of its life is known.
    let phase: LifecyclePhase?
    let initiatedAt: Timestamp?
    let disconnectedAt: Timestamp?
    let isConnected: Bool
    let agentId: String?
    let agentUsername: String?
    let channel: String?
    let queue: String?
    let region: String?
    let initiationMethod: String?
    let scheduledAt: String?
    let disconnectReason: String?
    let attributes: [String: String]
    var flow: Flow?

    /// `state`: of a contact, as `docs/state.md` has it.
    init(_ id: String, _ state: JSONValue) {
        self.id = id
        let phaseName = state.member("phase").flatMap { $0.isString ? $0.rawString : nil }
        phase = phaseName.flatMap { LifecyclePhase(event: $0) }
        initiatedAt = state.member("initiatedAt")?.toldTime
        disconnectedAt = state.member("disconnectedAt")?.toldTime
        let agent = state.member("agent")
        agentId = agent?.text("id")
        agentUsername = agent?.text("username")
        isConnected = agentId != nil || state.member("connectedToAgentAt")?.toldTime != nil || phase == .connectedToAgent
        channel = state.text("channel")
        queue = state.member("queue").flatMap { $0.text("name") ?? $0.text("arn") }
        region = state.text("activeRegion")
        initiationMethod = state.text("initiationMethod")
        scheduledAt = state.text("scheduledAt")
        disconnectReason = state.text("disconnectReason")
        attributes = ContextContact.texts(state.member("attributes"))
    }

    /// It goes on, as far as is known.
    var isOpen: Bool { phase.map { $0 < .disconnected } ?? false }

    /// The text members of an object.
    static func texts(_ object: JSONValue?) -> [String: String] {
        var texts: [String: String] = [:]
        if let object { for (name, value) in object.members { texts[name.text] = value.text } }
        return texts
    }
}

extension ContextContact.Flow {
    init(_ state: JSONValue) {
        id = state.text("flowId")
        name = state.text("flowName")
        position = state.member("position").flatMap { $0.isObject ? $0.bytes.text : nil }
        stack = state.member("stack").flatMap { $0.isArray ? $0.bytes.text : nil } ?? "[]"
        let told = state.member("variables").flatMap { $0.isObject ? $0 : nil }
        variables = told?.bytes.text ?? "{}"
        saved = told?.text("position").flatMap { $0.isEmpty ? nil : $0 }
    }
}
