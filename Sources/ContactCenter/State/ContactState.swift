import JSON
import Lattice
import Platform

/// The projection of a contact: its life, and what is known of it. Each fact comes from the best source that tells it: the
/// contact record, else a contact event, else an agent's snapshot.
///
/// Read, then written, as ``AgentState``.
struct ContactState: ~Copyable {
    /// When an agent was connected to the contact.
    private struct Connection {
        let agentId: ByteView
        let at: Timestamp
    }

    /// An agent at whom the contact rang.
    struct Offer {
        let agentId: ByteView
        let telling: AgentTelling?
    }

    struct Milestone {
        let event: ByteView
        var time: Timestamp
        let phase: LifecyclePhase?
        /// Whether a milestone's own time is known, and not only when an event was seen.
        var isTold = false
    }

    struct Sentiment {
        let role: ByteView?
        let sentiment: ByteView?

        init?(_ register: RegisterView, _ parser: JSONParser) {
            guard let root = register.object(parser) else { return nil }
            role = root.member("role")?.toldText
            sentiment = root.member("sentiment")?.toldText
        }
    }

    /// The newest stamp with a Region that was met.
    private struct Origin {
        var stamp: Stamp?

        mutating func take(_ candidate: Stamp) {
            guard !candidate.region.isEmpty else { return }
            if let stamp, candidate.compare(stamp) <= 0 { return }
            stamp = candidate
        }
    }

    private static let milestoneTag: UInt8 = 0
    private static let seenTag: UInt8 = 1

    /// Reads the record alone, so that what was read stays valid while other registers are.
    private let recordParser = JSONParser()
    private(set) var record: RecordFacts?
    private var recordCustomerId: ByteView?
    private(set) var event = EventRegisters()
    private var eventOrigin = Origin()
    private var agentOrigin = Origin()
    private var tellings: [AgentTelling] = []
    private var connections: [Connection] = []
    private(set) var offers: [Offer] = []
    /// The id of the agent shown; empty where there is none.
    private(set) var agentId = ByteBuffer()
    private(set) var milestones: [Milestone] = []
    private(set) var sentiment: Sentiment?
    private(set) var timedSentiment: Sentiment?
    private var categories: [ByteView] = []
    private(set) var analysis: RegisterView?
    private(set) var rules: RegisterView?

    mutating func read(_ entity: EntityView, names: inout NamedRegisters, parser: JSONParser) {
        reset()
        names.begin(entity)
        for register in entity where !register.isTombstone {
            if let agent = register.segment(after: "agent/") {
                guard let telling = AgentTelling(register, agentId: names.decode(agent), parser: parser) else { continue }
                tellings.append(telling)
                // Where an older program wrote no register of its own for it.
                if let at = telling.connectedAt { connections.append(Connection(agentId: telling.agentId, at: at)) }
                agentOrigin.take(telling.stamp)
            } else if let agent = register.segment(after: "connected/") {
                guard register.rule == .max else { continue }
                connections.append(Connection(agentId: names.decode(agent), at: Timestamp(milliseconds: register.measure)))
            } else if let name = register.segment(after: "event/") {
                event.take(name, register)
                eventOrigin.take(register.stamp)
            } else if let event = register.segment(after: "milestone/") {
                if register.rule == .max { names.add(event, tag: ContactState.milestoneTag, register) }
            } else if let event = register.segment(after: "seen/") {
                eventOrigin.take(register.stamp)
                if register.rule == .max { names.add(event, tag: ContactState.seenTag, register) }
            } else if register.path.equals("record") {
                record = RecordFacts(register, parser: recordParser)
            } else if register.path.equals("record/customer") {
                recordCustomerId = register.toldText
            } else if register.path.equals("lens/categories") || register.path.equals("analysis/categories") {
                categories.append(contentsOf: register.members.map(\.value))
            } else if register.path.equals("lens/sentiment") {
                sentiment = Sentiment(register, parser)
            } else if register.path.equals("analysis/sentiment") {
                timedSentiment = Sentiment(register, parser)
            } else if register.path.equals("analysis/rules") {
                rules = register
            } else if register.path.equals("analysis/state") {
                analysis = register
            }
        }
        readMilestones(&names)
        chooseAgent()
    }

    private mutating func reset() {
        record = nil
        recordCustomerId = nil
        event = EventRegisters()
        eventOrigin = Origin()
        agentOrigin = Origin()
        tellings.removeAll(keepingCapacity: true)
        connections.removeAll(keepingCapacity: true)
        offers.removeAll(keepingCapacity: true)
        agentId.removeAll()
        milestones.removeAll(keepingCapacity: true)
        sentiment = nil
        timedSentiment = nil
        categories.removeAll(keepingCapacity: true)
        analysis = nil
        rules = nil
    }

    /// A milestone's own time where one is told, by an event or else by the record, else the time of the event that was seen.
    private mutating func readMilestones(_ names: inout NamedRegisters) {
        names.sort()
        var at = 0
        while let group = names.nextGroup(&at) {
            var told = names.entries[group.lowerBound]
            for entry in names.entries[group.dropFirst()] where entry.tag < told.tag { told = entry }
            milestones.append(
                Milestone(
                    event: told.name, time: Timestamp(milliseconds: told.register.measure),
                    phase: LifecyclePhase(event: told.name), isTold: told.tag == ContactState.milestoneTag))
        }
        record?.forEachMilestone { tell($0.view, at: $1) }
    }

    private mutating func tell(_ event: ByteView, at time: Timestamp) {
        let index = milestones.firstIndex { $0.event.compare(event) >= 0 } ?? milestones.count
        if index < milestones.count, milestones[index].event.equals(event) {
            if !milestones[index].isTold { milestones[index].time = time }
        } else {
            milestones.insert(Milestone(event: event, time: time, phase: LifecyclePhase(event: event)), at: index)
        }
    }

    // MARK: - Choosing

    /// Whose contact it is, or was last: the record says where it names an agent or tells of the end, then also that it was nobody's; else the
    /// agent who was connected last, of equal times the one with the greater id. Those at whom it only rang are listed apart.
    private mutating func chooseAgent() {
        if let record, record.isOver || record.agentARN != nil || record.username != nil {
            record.appendAgentID(to: &agentId)
        } else if let last = connections.max(by: { $0.at != $1.at ? $0.at < $1.at : $0.agentId.compare($1.agentId) < 0 }) {
            agentId.append(last.agentId)
        }
        for telling in tellings { offer(telling.agentId, telling) }
        // One with an escape left in it names nobody.
        if let named = event.agent, !named.contains(UInt8(ascii: "\\")) { offer(named.slice(1, named.count - 2), nil) }
        offers.sort { $0.agentId.compare($1.agentId) < 0 }
    }

    private mutating func offer(_ agent: ByteView, _ telling: AgentTelling?) {
        guard !agent.equals(agentId.bytes), !connections.contains(where: { $0.agentId.equals(agent) }),
            !offers.contains(where: { $0.agentId.equals(agent) })
        else { return }
        offers.append(Offer(agentId: agent, telling: telling))
    }

    /// When the agent shown was connected.
    var connectedAt: Timestamp? {
        connections.filter { $0.agentId.equals(agentId.bytes) }.map(\.at).max()
    }

    /// The agent whose telling counts.
    var telling: AgentTelling? {
        var preferred: AgentTelling?
        for telling in tellings {
            if let other = preferred, !telling.isPreferred(over: other) { continue }
            preferred = telling
        }
        return preferred
    }

    var phase: LifecyclePhase? {
        var phase = record?.phase
        func raise(_ candidate: LifecyclePhase?) {
            if let candidate { phase = max(candidate, phase ?? candidate) }
        }
        for milestone in milestones { raise(milestone.phase) }
        for telling in tellings { raise(telling.phase) }
        if !connections.isEmpty { raise(.connectedToAgent) }
        return phase
    }

    private func time(of phase: LifecyclePhase) -> Timestamp? { milestones.first { $0.phase == phase }?.time }

    func time(of event: StaticString) -> Timestamp? { milestones.first { $0.event.equals(event) }?.time }

    /// The Region where the contact began. Its record is there, and without global routing all else too.
    var originRegion: ByteView? {
        if let record, !record.region.isEmpty { return record.region }
        return eventOrigin.stamp?.region ?? agentOrigin.stamp?.region
    }

    /// The Region where the contact is now: an agent's events come only where the agent is active.
    var activeRegion: ByteView? { agentOrigin.stamp?.region ?? originRegion }

    /// The queue, and its name where the source that names the queue, or any agent's snapshot of that very queue, knows it.
    func queue(_ telling: AgentTelling?) -> (arn: ByteView?, name: ByteView?)? {
        guard let arn = record?.queueARN ?? event.queueARN ?? telling?.queueARN else {
            let name = record?.queueName ?? telling?.queueName
            return name.map { (nil, $0) }
        }
        if let record, record.queueARN != nil, let name = record.queueName { return (arn, name) }
        var newest: AgentTelling?
        for telling in tellings where telling.queueName != nil {
            guard let other = telling.queueARN, other.equals(arn) else { continue }
            if let newest, telling.stamp.compare(newest.stamp) <= 0 { continue }
            newest = telling
        }
        return (arn, newest?.queueName)
    }

    func channel(_ telling: AgentTelling?) -> ByteView? { record?.channel ?? event.channel ?? telling?.channel }

    var customerId: ByteView? { recordCustomerId ?? event.customerId }

    /// The username is the record's, else what the shown agent's own register says: one agent's name never stands beside
    /// another's id.
    var agentUsername: ByteView? {
        record?.username ?? tellings.first { $0.agentId.equals(agentId.bytes) }?.username
    }

    // MARK: - Writing

    /// `parser` is free to read what `read` has left of the registers' values.
    func append(parser: JSONParser, to out: inout ByteBuffer) {
        let telling = telling
        let resiliency = GlobalResiliency(record: record, event: event.globalResiliency?.object(parser))
        out.append("{\"activeRegion\":")
        ContactState.append(region: resiliency.activeRegion, else: activeRegion, to: &out)
        out.append(",\"agent\":")
        appendAgent(to: &out)
        out.append(",\"agentWork\":")
        appendAgentWork(to: &out)
        out.append(",\"analysis\":")
        appendAnalysis(parser, to: &out)
        out.append(",\"answeringMachineStatus\":")
        out.appendOrNull(record?.members.answeringMachineDetectionStatus?.toldText ?? event.answeringMachineStatus)
        out.append(",\"attributes\":")
        if let attributes = record?.attributes { out.append(attributes) } else { out.append("{}") }
        out.append(",\"campaignId\":")
        out.appendOrNull(record?.members.campaign?.member("CampaignId")?.toldText ?? event.campaignId)
        out.append(",\"categories\":")
        appendCategories(to: &out)
        out.append(",\"channel\":")
        ContactState.appendUpperCase(channel(telling), to: &out)
        out.append(",\"connectedToAgentAt\":")
        out.appendOrNull(record?.connectedToAgentAt ?? time(of: .connectedToAgent) ?? connectedAt)
        out.append(",\"connectionAttempts\":")
        out.appendOrNull(record?.members.agentConnectionAttempts?.toldNumber)
        out.append(",\"customerEndpoint\":")
        appendEndpoint(record?.members.customerEndpoint, else: event.customerEndpoint, to: &out)
        out.append(",\"customerId\":")
        out.appendOrNull(customerId)
        out.append(",\"dequeuedAt\":")
        out.appendOrNull(record?.dequeuedAt ?? time(of: "DEQUEUED"))
        out.append(",\"disconnectReason\":")
        out.appendOrNull(record?.disconnectReason ?? event.disconnectReason)
        out.append(",\"disconnectedAt\":")
        out.appendOrNull(record?.disconnectedAt ?? time(of: .disconnected))
        out.append(",\"enqueuedAt\":")
        out.appendOrNull(record?.enqueuedAt ?? time(of: .queued))
        out.append(",\"evaluations\":")
        appendEvaluations(parser, to: &out)
        out.append(",\"initialContactId\":")
        out.appendOrNull(record?.initialContactId ?? event.initialContactId ?? telling?.initialContactId)
        out.append(",\"initiatedAt\":")
        out.appendOrNull(record?.initiatedAt ?? time(of: .initiated))
        out.append(",\"initiationMethod\":")
        out.appendOrNull(record?.initiationMethod ?? event.initiationMethod ?? telling?.initiationMethod)
        out.append(",\"milestones\":")
        appendMilestones(to: &out)
        out.append(",\"nextContactId\":")
        out.appendOrNull(record?.nextContactId ?? event.nextContactId)
        out.append(",\"offeredTo\":")
        appendOffers(to: &out)
        out.append(",\"originRegion\":")
        ContactState.append(region: resiliency.originRegion, else: originRegion, to: &out)
        out.append(",\"phase\":")
        if let phase { out.append(phase.json) } else { out.append("null") }
        out.append(",\"previousContactId\":")
        out.appendOrNull(record?.previousContactId ?? event.previousContactId)
        out.append(",\"queue\":")
        appendQueue(queue(telling), to: &out)
        out.append(",\"queueSeconds\":")
        out.appendOrNull(record?.members.queue?.member("Duration")?.toldNumber)
        out.append(",\"queueType\":")
        out.appendOrNull(event.queueType)
        out.append(",\"recordUpdatedAt\":")
        out.appendOrNull(record?.updatedAt)
        out.append(",\"recordings\":")
        appendRecordings(to: &out)
        out.append(",\"references\":")
        appendReferences(to: &out)
        out.append(",\"relatedContactId\":")
        out.appendOrNull(record?.relatedContactId ?? event.relatedContactId)
        out.append(",\"routingCriteria\":")
        out.appendOrNull(record?.members.routingCriteria?.toldDocument ?? event.routingCriteria)
        out.append(",\"rules\":")
        out.appendTexts(rules)
        out.append(",\"scheduledAt\":")
        out.appendOrNull(record?.members.scheduledTimestamp?.toldTime ?? event.scheduledAt)
        out.append(",\"segmentAttributes\":")
        appendSegmentAttributes(parser, to: &out)
        out.append(",\"sentiment\":")
        if let sentiment = timedSentiment ?? sentiment {
            out.append("{\"role\":")
            out.appendOrNull(sentiment.role)
            out.append(",\"sentiment\":")
            out.appendOrNull(sentiment.sentiment)
            out.append("}")
        } else {
            out.append("null")
        }
        out.append(",\"systemEndpoint\":")
        appendEndpoint(record?.members.systemEndpoint, else: event.systemEndpoint, to: &out)
        out.append(",\"tags\":")
        out.append(record?.members.tags?.toldDocument ?? event.tags ?? StaticString("{}").view)
        out.append(",\"trafficDistributionGroupId\":")
        out.appendOrNull(resiliency.trafficDistributionGroupId)
        out.append(",\"transferredToEndpoint\":")
        appendEndpoint(record?.members.transferredToEndpoint, else: nil, to: &out)
        out.append("}")
    }

    private static func append(region: ByteView?, else inferred: ByteView?, to out: inout ByteBuffer) {
        if let region {
            out.append(region)
        } else if let inferred {
            out.appendJSONString(inferred)
        } else {
            out.append("null")
        }
    }

    /// Each once, ascending by value bytes, whichever schema told it.
    func appendCategories(to out: inout ByteBuffer) {
        out.append("[")
        var last: ByteView?
        for category in categories.sorted(by: { $0.compare($1) < 0 })
        where category.count > 2 && category[0] == UInt8(ascii: "\"") {
            if let last, last.equals(category) { continue }
            if last != nil { out.append(",") }
            last = category
            out.append(category)
        }
        out.append("]")
    }

    private func appendAgent(to out: inout ByteBuffer) {
        let username = agentUsername
        guard !agentId.bytes.isEmpty || username != nil else { return out.append("null") }
        out.append("{\"id\":")
        if agentId.bytes.isEmpty { out.append("null") } else { out.appendJSONString(agentId.bytes) }
        out.append(",\"username\":")
        out.appendOrNull(username)
        out.append("}")
    }

    private func appendOffers(to out: inout ByteBuffer) {
        out.append("[")
        var first = true
        for offer in offers {
            if !first { out.append(",") }
            first = false
            out.append("{\"id\":")
            out.appendJSONString(offer.agentId)
            out.append(",\"state\":")
            out.appendOrNull(offer.telling?.state)
            out.append(",\"username\":")
            out.appendOrNull(offer.telling?.username)
            out.append("}")
        }
        out.append("]")
    }

    private func appendQueue(_ queue: (arn: ByteView?, name: ByteView?)?, to out: inout ByteBuffer) {
        guard let queue else { return out.append("null") }
        out.append("{\"arn\":")
        out.appendOrNull(queue.arn)
        out.append(",\"name\":")
        out.appendOrNull(queue.name)
        out.append("}")
    }

    private func appendMilestones(to out: inout ByteBuffer) {
        out.append("{")
        var first = true
        for milestone in milestones {
            if !first { out.append(",") }
            first = false
            out.appendJSONString(milestone.event)
            out.append(":")
            out.appendOrNull(milestone.time)
        }
        out.append("}")
    }

    /// Producers differ in case (`Voice`, `VOICE`). Text with an escape is left alone: no channel has one.
    static func appendUpperCase(_ json: ByteView?, to out: inout ByteBuffer) {
        let start = out.count
        out.appendOrNull(json)
        guard let json, json.firstOffset(of: UInt8(ascii: "\\")) == nil else { return }
        for at in 0..<json.count where json[at] >= UInt8(ascii: "a") && json[at] <= UInt8(ascii: "z") {
            out.store(json[at] - 32, at: start + at)
        }
    }
}
