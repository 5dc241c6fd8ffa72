import JSON
import Lattice
import Platform

/// Contact events of EventBridge, in both spellings, with and without their envelope: `docs/merge.md`.
/// Source: AG contact-events.
extension RecordDecoder {
    func decodeContactEvent(
        _ root: JSONValue, _ top: TopLevel, arrival: Timestamp?, into batch: MutationBatch
    ) throws(Refusal) {
        guard let json = top.detail else { throw Refusal(.noIdentity, "a contact event without detail") }
        var detail = ContactDetail(json)
        guard detail.contactID != nil, detail.eventType != nil else {
            // Some other event of EventBridge.
            if try !decodeNotice(json, top, arrival: arrival, into: batch) {
                decodeOtherDetail(json, of: root, arrival: arrival, into: batch)
            }
            return
        }
        guard let time = milestone(top.time) else { throw Refusal(.noStamp, "a contact event without a valid time") }
        // An older sample of the documentation has the times beside the detail instead of in it.
        detail.takeTimes(of: root)
        if detail.isAmbiguous {
            let sorted = try uniqueMembers(of: root)
            detail = ContactDetail(sorted.member("detail") ?? sorted)
            detail.takeTimes(of: sorted)
        }
        let region = self.region(of: detail) ?? known(top.region).map(ConnectARN.region)
        try writeContactEvent(
            detail, time: time, region: region, id: packID(known(top.id) ?? RecordDecoder.empty), arrival: arrival, into: batch)
    }

    /// A detail without its envelope: stamped by the latest of its own times.
    func decodeContactDetail(_ root: JSONValue, arrival: Timestamp?, into batch: MutationBatch) throws(Refusal) {
        var detail = ContactDetail(root)
        if detail.isAmbiguous { detail = ContactDetail(try uniqueMembers(of: root)) }
        let times = [
            detail.initiated, detail.connectedToSystem, detail.enqueued, detail.connectedToAgent, detail.disconnected,
            detail.facts.dequeued, detail.facts.accepted, detail.facts.previewEnded, detail.facts.afterContactWorkStarted,
            detail.facts.afterContactWorkEnded,
        ]
        guard let time = times.compactMap({ milestone($0) }).max() else {
            throw Refusal(.noStamp, "a contact event with neither an envelope nor an event time")
        }
        let id = canonicalID(of: canonical(root))
        try writeContactEvent(detail, time: time, region: region(of: detail), id: id, arrival: arrival, into: batch)
    }

    private func writeContactEvent(
        _ detail: ContactDetail, time: Timestamp, region: ByteView?, id: EventID, arrival: Timestamp?, into batch: MutationBatch
    ) throws(Refusal) {
        let contact = try identity(detail.contactID, "a contact event without a contact id")
        guard let typeName = known(detail.eventType) else { throw Refusal(.noIdentity, "a contact event without a type") }
        guard typeName.count <= RecordDecoder.nameLengthMax else {
            throw Refusal(.tooLong, "an event type longer than 1,024 bytes")
        }
        let type = ContactEventType(typeName)
        try admit(type.counted, time, arrival: arrival, into: batch)

        let stamp = Stamp(time: time, rank: type.rank, region: region ?? RecordDecoder.empty, id: id)
        let agent = agentID(detail.agentARN)
        let customer = known(detail.customerID) ?? detail.attributes.flatMap { self.customer(in: $0) }
        // Who only rang has no time; a producer of few fields says it by the event alone.
        let connected = milestone(detail.connectedToAgent) ?? (type.counted == .contactConnectedToAgent ? time : nil)

        batch.mutate(.contact, contact) { buffer, entity in
            // In ascending order of path.
            if let agent, let connected { self.writeConnected(&buffer, &entity, agent, at: connected) }
            let facts = detail.facts
            self.write(&buffer, &entity, "event/afterContactWorkSeconds", seconds: facts.afterContactWorkSeconds, stamp)
            if let agent { self.write(&buffer, &entity, "event/agent", agent, stamp) }
            self.write(&buffer, &entity, "event/answeringMachineStatus", known(facts.answeringMachineStatus), stamp)
            self.write(&buffer, &entity, "event/campaignId", known(facts.campaign?.fact("campaignid")), stamp)
            if let channel = known(detail.channel) {
                entity.beginRegister(&buffer, "event/channel", segment: nil, rule: .lastWriterWins, stamp: stamp)
                // Before it is escaped: an escape is no letter.
                value.removeAll()
                value.append(channel)
                value.uppercase(from: 0)
                buffer.appendJSONString(value.bytes)
                entity.endRegister(&buffer)
            }
            self.write(&buffer, &entity, "event/customerEndpoint", endpoint: facts.customerEndpoint, stamp)
            if let customer { self.write(&buffer, &entity, "event/customerId", customer, stamp) }
            self.write(&buffer, &entity, "event/disconnectReason", known(detail.disconnectReason), stamp)
            self.write(&buffer, &entity, "event/evaluations", document: facts.evaluations, stamp)
            self.write(&buffer, &entity, resiliency: facts.globalResiliency, stamp)
            self.write(&buffer, &entity, "event/holdSeconds", seconds: facts.holdSeconds, stamp)
            self.write(&buffer, &entity, "event/initialContactId", known(detail.initialContactID), stamp)
            self.write(&buffer, &entity, "event/initiationMethod", known(detail.initiationMethod), stamp)
            self.write(&buffer, &entity, "event/nextContactId", known(detail.nextContactID), stamp)
            self.write(&buffer, &entity, "event/previousContactId", known(detail.previousContactID), stamp)
            self.write(&buffer, &entity, "event/queue", known(detail.queueARN), stamp)
            self.write(&buffer, &entity, "event/queueType", known(facts.queueType), stamp)
            self.write(&buffer, &entity, recordings: facts.recordings, stamp)
            self.write(&buffer, &entity, "event/relatedContactId", known(detail.relatedContactID), stamp)
            self.write(&buffer, &entity, "event/routingCriteria", document: facts.routingCriteria, stamp)
            self.write(&buffer, &entity, "event/scheduledAt", moment: facts.scheduled, stamp)
            self.write(&buffer, &entity, "event/segmentAttributes", document: facts.segmentAttributes, stamp)
            self.write(&buffer, &entity, "event/systemEndpoint", endpoint: facts.systemEndpoint, stamp)
            self.write(&buffer, &entity, "event/tags", document: facts.tags, stamp)
            self.write(&buffer, &entity, "milestone/ACCEPTED_BY_AGENT", facts.accepted, stamp)
            self.write(&buffer, &entity, "milestone/AFTER_CONTACT_WORK_ENDED", facts.afterContactWorkEnded, stamp)
            self.write(&buffer, &entity, "milestone/AFTER_CONTACT_WORK_STARTED", facts.afterContactWorkStarted, stamp)
            self.write(&buffer, &entity, "milestone/CONNECTED_TO_AGENT", detail.connectedToAgent, stamp)
            self.write(&buffer, &entity, "milestone/CONNECTED_TO_SYSTEM", detail.connectedToSystem, stamp)
            self.write(&buffer, &entity, "milestone/DEQUEUED", facts.dequeued, stamp)
            self.write(&buffer, &entity, "milestone/DISCONNECTED", detail.disconnected, stamp)
            self.write(&buffer, &entity, "milestone/INITIATED", detail.initiated, stamp)
            self.write(&buffer, &entity, "milestone/PREVIEW_ENDED", facts.previewEnded, stamp)
            self.write(&buffer, &entity, "milestone/QUEUED", detail.enqueued, stamp)
            entity.extremum(
                &buffer, "seen/", segment: typeName, rule: .max, measure: time.milliseconds, stamp: stamp,
                value: RecordDecoder.null)
        }
        if let customer {
            writeCustomer(
                customer, contact: contact, agent: connected == nil ? nil : agent, at: milestone(detail.initiated) ?? time,
                source: "lastContact/event", stamp: stamp, into: batch)
        }
        writeAlias(
            endpoint: detail.facts.customerEndpoint, contact: contact, customer: customer,
            at: milestone(detail.initiated) ?? time, into: batch)
        if type.counted == .contactInitiated {
            writeStart(
                contact, channel: known(detail.channel), method: known(detail.initiationMethod),
                origin: detail.facts.globalResiliency, region: region, at: min(milestone(detail.initiated) ?? time, time),
                into: batch)
        }
    }

    /// The Region by the instance's ARN, nil where that tells none.
    private func region(of detail: ContactDetail) -> ByteView? {
        guard let arn = known(detail.instanceARN).flatMap({ ConnectARN($0) }), !arn.region.isEmpty else { return nil }
        return arn.region
    }

    /// A string register, where the string is known.
    @inline(__always)
    private func write(
        _ buffer: inout ByteBuffer, _ entity: inout EntityWriter, _ path: StaticString, _ text: ByteView?, _ stamp: Stamp
    ) {
        guard let text else { return }
        entity.beginRegister(&buffer, path, segment: nil, rule: .lastWriterWins, stamp: stamp)
        buffer.appendJSONString(text)
        entity.endRegister(&buffer)
    }

    /// A milestone's own time, where it has come.
    @inline(__always)
    private func write(
        _ buffer: inout ByteBuffer, _ entity: inout EntityWriter, _ path: StaticString, _ value: JSONValue?, _ stamp: Stamp
    ) {
        guard let time = milestone(value) else { return }
        entity.extremum(&buffer, path, rule: .max, measure: time.milliseconds, stamp: stamp, value: RecordDecoder.null)
    }

    /// That an agent was connected, and when. Stamped by that time alone, so that whatever repeats it changes nothing.
    @inline(__always)
    func writeConnected(_ buffer: inout ByteBuffer, _ entity: inout EntityWriter, _ agent: ByteView, at time: Timestamp) {
        entity.extremum(
            &buffer, "connected/", segment: agent, rule: .max, measure: time.milliseconds, stamp: Stamp(time: time),
            value: RecordDecoder.null)
    }

    /// The agent entity id of an ARN, written to ``entityID``. Nil where the ARN is none.
    @inline(__always)
    func agentID(_ value: JSONValue?) -> ByteView? {
        guard let text = known(value), let arn = ConnectARN(text), arn.isAgent else { return nil }
        entityID.removeAll()
        arn.appendAgentID(to: &entityID)
        return entityID.bytes
    }

    /// The customer that attributes name, by the attribute that the options choose.
    func customer(in attributes: JSONValue) -> ByteView? {
        guard attributes.isObject else { return nil }
        return known(
            customerAttribute.withUnsafeBytes { wanted in
                var found: JSONValue?
                for (key, value) in attributes.members where key.equals(wanted) { found = value }
                return found
            })
    }

    /// What a contact tells about its customer.
    func writeCustomer(
        _ customer: ByteView, contact: ByteView, agent: ByteView?, at time: Timestamp, source: StaticString, stamp: Stamp,
        into batch: MutationBatch
    ) {
        guard customer.count <= EntityKind.idLengthMax else { return }
        batch.mutate(.customer, customer) { buffer, entity in
            value.removeAll()
            value.appendJSONString(contact)
            if value.count <= RecordDecoder.memberLengthMax {
                entity.unionMember(&buffer, "contacts", capacity: 64, stamp: Stamp(time: time), value: value.bytes)
            }
            value.removeAll()
            value.append("{\"agentId\":")
            if let agent { value.appendJSONString(agent) } else { value.append("null") }
            value.append(",\"at\":\"")
            time.append(to: &value)
            value.append("\",\"contactId\":")
            value.appendJSONString(contact)
            value.append("}")
            entity.extremum(&buffer, source, rule: .max, measure: time.milliseconds, stamp: stamp, value: value.bytes)
        }
    }
}

/// A type of contact event, and its place in a contact's life.
private struct ContactEventType {
    /// 1 to 6 along the life of a contact, 0 beside it.
    var rank: UInt8
    var counted: EventType

    init(_ name: ByteView) {
        (rank, counted) =
            if name.equals("INITIATED") {
                (1, .contactInitiated)
            } else if name.equals("CONNECTED_TO_SYSTEM") {
                (2, .contactConnectedToSystem)
            } else if name.equals("QUEUED") {
                (3, .contactQueued)
            } else if name.equals("CONNECTED_TO_AGENT") {
                (4, .contactConnectedToAgent)
            } else if name.equals("DISCONNECTED") {
                (5, .contactDisconnected)
            } else if name.equals("COMPLETED") {
                (6, .contactCompleted)
            } else if name.equals("CONTACT_DATA_UPDATED") {
                (0, .contactDataUpdated)
            } else if name.equals("PAUSED") {
                (0, .contactPaused)
            } else if name.equals("RESUMED") {
                (0, .contactResumed)
            } else {
                (0, .contactOther)
            }
    }
}

/// The members of a detail that are facts, whichever way they are spelled.
private struct ContactDetail {
    var contactID: JSONValue?
    var eventType: JSONValue?
    var channel: JSONValue?
    var instanceARN: JSONValue?
    var initiationMethod: JSONValue?
    var disconnectReason: JSONValue?
    var customerID: JSONValue?
    var attributes: JSONValue?
    var initialContactID: JSONValue?
    var previousContactID: JSONValue?
    var nextContactID: JSONValue?
    var relatedContactID: JSONValue?
    var agentARN: JSONValue?
    var queueARN: JSONValue?
    var initiated: JSONValue?
    var connectedToSystem: JSONValue?
    var enqueued: JSONValue?
    var connectedToAgent: JSONValue?
    var disconnected: JSONValue?
    var facts = ContactEventFacts()
    private var agent: JSONValue?
    private var queue: JSONValue?

    /// Whether a member came twice, in one spelling or two. Which one counts must not depend on their order, so such a detail
    /// is read again in its canonical form: there camelCase comes last, and counts.
    private(set) var isAmbiguous = false

    private init() {}

    init(_ json: JSONValue) {
        for (name, value) in json.members { take(name, value) }
        if let agent { takeAgent(agent) }
        if let queue { takeQueue(queue) }
    }

    private mutating func takeAgent(_ agent: JSONValue) {
        for (name, value) in agent.members {
            if name.equalsIgnoringCase("agentarn") {
                ContactDetail.set(&agentARN, value, &isAmbiguous)
            } else if name.equalsIgnoringCase("connectedtoagenttimestamp") {
                ContactDetail.set(&connectedToAgent, value, &isAmbiguous)
            } else {
                facts.takeAgent(name, value, &isAmbiguous)
            }
        }
    }

    private mutating func takeQueue(_ queue: JSONValue) {
        for (name, value) in queue.members {
            if name.equalsIgnoringCase("queuearn") {
                ContactDetail.set(&queueARN, value, &isAmbiguous)
            } else if name.equalsIgnoringCase("enqueuetimestamp") {
                ContactDetail.set(&enqueued, value, &isAmbiguous)
            } else {
                facts.takeQueue(name, value, &isAmbiguous)
            }
        }
    }

    @inline(__always)
    private mutating func take(_ name: ByteView, _ value: JSONValue) {
        switch name.count {
        case 7: if name.equalsIgnoringCase("channel") { ContactDetail.set(&channel, value, &isAmbiguous) }
        case 9:
            if name.equalsIgnoringCase("contactid") {
                ContactDetail.set(&contactID, value, &isAmbiguous)
            } else if name.equalsIgnoringCase("eventtype") {
                ContactDetail.set(&eventType, value, &isAmbiguous)
            } else if name.equalsIgnoringCase("agentinfo") {
                ContactDetail.set(&agent, value, &isAmbiguous)
            } else if name.equalsIgnoringCase("queueinfo") {
                ContactDetail.set(&queue, value, &isAmbiguous)
            }
        case 10:
            if name.equalsIgnoringCase("customerid") {
                ContactDetail.set(&customerID, value, &isAmbiguous)
            } else if name.equalsIgnoringCase("attributes") {
                ContactDetail.set(&attributes, value, &isAmbiguous)
            } else {
                facts.take(name, value, &isAmbiguous)
            }
        case 11: if name.equalsIgnoringCase("instancearn") { ContactDetail.set(&instanceARN, value, &isAmbiguous) }
        case 13: if name.equalsIgnoringCase("nextcontactid") { ContactDetail.set(&nextContactID, value, &isAmbiguous) }
        case 16:
            if name.equalsIgnoringCase("initiationmethod") {
                ContactDetail.set(&initiationMethod, value, &isAmbiguous)
            } else if name.equalsIgnoringCase("disconnectreason") {
                ContactDetail.set(&disconnectReason, value, &isAmbiguous)
            } else if name.equalsIgnoringCase("initialcontactid") {
                ContactDetail.set(&initialContactID, value, &isAmbiguous)
            } else if name.equalsIgnoringCase("relatedcontactid") {
                ContactDetail.set(&relatedContactID, value, &isAmbiguous)
            } else {
                facts.take(name, value, &isAmbiguous)
            }
        case 17:
            if name.equalsIgnoringCase("previouscontactid") {
                ContactDetail.set(&previousContactID, value, &isAmbiguous)
            } else {
                facts.take(name, value, &isAmbiguous)
            }
        case 19, 26: takeTime(name, value)
        default: facts.take(name, value, &isAmbiguous)
        }
    }

    /// Times that stand beside the detail, where the detail has none.
    mutating func takeTimes(of envelope: JSONValue) {
        var outer = ContactDetail()
        for (name, value) in envelope.members { outer.takeTime(name, value) }
        if initiated == nil { initiated = outer.initiated }
        if connectedToSystem == nil { connectedToSystem = outer.connectedToSystem }
        if disconnected == nil { disconnected = outer.disconnected }
        if outer.isAmbiguous { isAmbiguous = true }
    }

    @inline(__always)
    private mutating func takeTime(_ name: ByteView, _ value: JSONValue) {
        switch name.count {
        case 19:
            if name.equalsIgnoringCase("disconnecttimestamp") {
                ContactDetail.set(&disconnected, value, &isAmbiguous)
            } else if name.equalsIgnoringCase("initiationtimestamp") {
                ContactDetail.set(&initiated, value, &isAmbiguous)
            }
        case 26:
            if name.equalsIgnoringCase("connectedtosystemtimestamp") {
                ContactDetail.set(&connectedToSystem, value, &isAmbiguous)
            }
        default: break
        }
    }

    @inline(__always)
    private static func set(_ member: inout JSONValue?, _ value: JSONValue, _ isAmbiguous: inout Bool) {
        ContactEventFacts.set(&member, value, &isAmbiguous)
    }
}
