import JSON
import Lattice
import Platform

/// What the contact projection takes from a contact record. Text is canonical JSON, quotes included.
struct RecordFacts {
    /// For what is read where it is written.
    let members: RecordMembers
    let region: ByteView
    let agentARN: ByteView?
    let username: ByteView?
    let connectedToAgentAt: Timestamp?
    let channel: ByteView?
    let initiationMethod: ByteView?
    let queueARN: ByteView?
    let queueName: ByteView?
    let enqueuedAt: Timestamp?
    let dequeuedAt: Timestamp?
    let initiatedAt: Timestamp?
    let connectedToSystemAt: Timestamp?
    let disconnectedAt: Timestamp?
    let disconnectReason: ByteView?
    /// An object.
    let attributes: ByteView?
    let initialContactId: ByteView?
    let previousContactId: ByteView?
    let nextContactId: ByteView?
    let relatedContactId: ByteView?
    let updatedAt: Timestamp?

    /// Nil where the value is no object.
    init?(_ register: RegisterView, parser: JSONParser) {
        guard let root = register.object(parser) else { return nil }
        let members = RecordMembers(root)
        self.members = members
        region = register.region
        let agent = members.agent
        agentARN = agent?.member("ARN")?.toldText
        username = agent?.member("Username")?.toldText
        connectedToAgentAt = agent?.member("ConnectedToAgentTimestamp")?.toldTime
        channel = members.channel?.toldText
        initiationMethod = members.initiationMethod?.toldText
        let queue = members.queue
        queueARN = queue?.member("ARN")?.toldText
        queueName = queue?.member("Name")?.toldText
        enqueuedAt = queue?.member("EnqueueTimestamp")?.toldTime
        dequeuedAt = queue?.member("DequeueTimestamp")?.toldTime
        initiatedAt = members.initiationTimestamp?.toldTime
        connectedToSystemAt = members.connectedToSystemTimestamp?.toldTime
        disconnectedAt = members.disconnectTimestamp?.toldTime
        disconnectReason = members.disconnectReason?.toldText
        attributes = members.attributes.flatMap { $0.isObject ? $0.bytes : nil }
        initialContactId = members.initialContactId?.toldText
        previousContactId = members.previousContactId?.toldText
        nextContactId = members.nextContactId?.toldText
        relatedContactId = members.relatedContactId?.toldText
        updatedAt = members.lastUpdateTimestamp?.toldTime
    }

    /// Whether it was written when all is over.
    var isOver: Bool { disconnectedAt != nil }

    /// Appends the entity id of the agent that it names, if it does.
    func appendAgentID(to out: inout ByteBuffer) {
        // One with escapes left in it is none: what it would be split into must stay text.
        guard let text = agentARN, !text.contains(UInt8(ascii: "\\")), let arn = ConnectARN(text.slice(1, text.count - 2)),
            arn.isAgent
        else { return }
        arn.appendAgentID(to: &out)
    }

    /// The furthest step that the record's times tell of. One with a disconnect time is written when all is over.
    var phase: LifecyclePhase? {
        if isOver { return .completed }
        if connectedToAgentAt != nil { return .connectedToAgent }
        if enqueuedAt != nil { return .queued }
        if connectedToSystemAt != nil { return .connectedToSystem }
        return initiatedAt != nil ? .initiated : nil
    }

    /// The steps whose times the record tells, by their names in `milestone/*`.
    func forEachMilestone(_ body: (StaticString, Timestamp) -> Void) {
        func tell(_ name: StaticString, _ time: Timestamp?) {
            if let time { body(name, time) }
        }
        let agent = members.agent
        tell("ACCEPTED_BY_AGENT", agent?.member("AcceptedByAgentTimestamp")?.toldTime)
        tell("AFTER_CONTACT_WORK_ENDED", agent?.member("AfterContactWorkEndTimestamp")?.toldTime)
        tell("AFTER_CONTACT_WORK_STARTED", agent?.member("AfterContactWorkStartTimestamp")?.toldTime)
        tell("CONNECTED_TO_AGENT", connectedToAgentAt)
        tell("CONNECTED_TO_SYSTEM", connectedToSystemAt)
        tell("DEQUEUED", dequeuedAt)
        tell("DISCONNECTED", disconnectedAt)
        tell("INITIATED", initiatedAt)
        tell("PREVIEW_ENDED", agent?.member("PreviewEndTimestamp")?.toldTime)
        tell("QUEUED", enqueuedAt)
    }
}

/// What the contact projection takes from one agent's telling, an `agent/<id>` register.
struct AgentTelling {
    /// The agent entity id, decoded.
    let agentId: ByteView
    let stamp: Stamp
    let channel: ByteView?
    let connectedAt: Timestamp?
    let initialContactId: ByteView?
    let initiationMethod: ByteView?
    let queueARN: ByteView?
    let queueName: ByteView?
    let state: ByteView?
    let username: ByteView?

    /// Nil where the value is no object.
    init?(_ register: RegisterView, agentId: ByteView, parser: JSONParser) {
        guard let root = register.object(parser) else { return nil }
        self.agentId = agentId
        stamp = register.stamp
        channel = root.member("channel")?.toldText
        connectedAt = root.member("connectedAt")?.toldTime
        initialContactId = root.member("initialContactId")?.toldText
        initiationMethod = root.member("initiationMethod")?.toldText
        let queue = root.member("queue")
        queueARN = queue?.member("arn")?.toldText
        queueName = queue?.member("name")?.toldText
        state = root.member("state")?.toldText
        username = root.member("username")?.toldText
    }

    /// Whether the contact has left the agent's snapshot.
    var hasLeft: Bool { state?.equals("\"LEFT\"") ?? false }

    /// The least that must have happened for the agent to see this. A time of connection says that the agent was connected,
    /// whatever became of it; without one the state says it, where nobody is in that state who was not.
    var phase: LifecyclePhase {
        if connectedAt != nil { return .connectedToAgent }
        if let state,
            state.equals("\"CONNECTED\"") || state.equals("\"CONNECTED_ONHOLD\"") || state.equals("\"PAUSED\"")
                || state.equals("\"ENDED\"")
        {
            return .connectedToAgent
        }
        return queueARN != nil || queueName != nil ? .queued : .initiated
    }

    /// Whether this telling is shown rather than `other`: one that has not left, then the newer; of equal stamps the greater id.
    func isPreferred(over other: AgentTelling) -> Bool {
        if hasLeft != other.hasLeft { return !hasLeft }
        let stamps = stamp.compare(other.stamp)
        return stamps != 0 ? stamps > 0 : agentId.compare(other.agentId) > 0
    }
}
