import JSON
import Lattice
import Platform

/// Agent events: `docs/merge.md`, first table. Source: AG agent-event-stream-model.
extension RecordDecoder {
    func decodeAgentEvent(_ top: TopLevel, arrival: Timestamp?, into batch: MutationBatch) throws(Refusal) {
        guard let time = milestone(top.eventTimestamp) else {
            throw Refusal(.noStamp, "an agent event without a valid EventTimestamp")
        }
        guard let arnText = known(top.agentARN), let arn = ConnectARN(arnText), arn.isAgent else {
            throw Refusal(.noIdentity, "an agent event without a valid AgentARN")
        }
        entityID.removeAll()
        arn.appendAgentID(to: &entityID)
        guard entityID.count <= EntityKind.idLengthMax else { throw Refusal(.tooLong, "an id longer than 1,024 bytes") }
        let type = AgentEventType(known(top.eventType) ?? RecordDecoder.empty)
        try admit(type.counted, time, arrival: arrival, into: batch)

        let stamp = Stamp(
            time: time, rank: type.rank, region: arn.region, id: packID(known(top.eventID) ?? RecordDecoder.empty))
        let current = top.currentSnapshot.flatMap { $0.isObject ? AgentSnapshot($0) : nil }
        let agent = entityID.bytes
        batch.mutate(.agent, agent) { buffer, entity in
            entity.extremum(
                &buffer, "firstSeen/", segment: arn.region, rule: .min, measure: time.milliseconds, stamp: stamp,
                value: RecordDecoder.null)
            if type == .login || type == .logout {
                let value: StaticString = type == .login ? "\"LOGIN\"" : "\"LOGOUT\""
                entity.lastWriterWins(&buffer, "presence/", segment: arn.region, stamp: stamp, value: value.view)
            }
            entity.extremum(
                &buffer, "seen/", segment: arn.region, rule: .max, measure: time.milliseconds, stamp: stamp,
                value: RecordDecoder.null)
            if let current {
                entity.beginRegister(
                    &buffer, "snapshot/", segment: arn.region, rule: .lastWriterWins, stamp: stamp)
                current.json.appendCanonical(to: &buffer)
                entity.endRegister(&buffer)
                if let status = status(of: current, toldBy: type, at: time) {
                    let value: StaticString = status.isOffline ? "\"OFFLINE\"" : "\"ONLINE\""
                    entity.extremum(
                        &buffer, "status/", segment: arn.region, rule: .max, measure: status.start.milliseconds, stamp: stamp,
                        value: value.view)
                }
            }
        }
        guard let current else { return }
        if let username = known(current.username), username.count <= EntityKind.idLengthMax {
            writeAlias(username, agent: agent, time: time, into: batch)
        }
        for contact in current.contacts?.elements ?? noElements(current.json) {
            writeContact(contact, of: current, agent: agent, stamp: stamp, left: false, into: batch)
        }
        // A contact that was there before and is not now has left the agent: the only sign of the end of after-call work.
        guard let here = current.contacts,
            let previous = top.previousSnapshot.flatMap({ $0.isObject ? AgentSnapshot($0) : nil }),
            let contacts = previous.contacts
        else { return }
        // An agent has a few contacts; only a list that no agent has is worth sorting.
        let ids = here.elements.prefix(17).reduce(0) { count, _ in count + 1 } > 16 ? contactIDs(of: here) : nil
        for contact in contacts.elements {
            guard let id = known(contact.member("ContactId")) else { continue }
            let isHere =
                ids?.holds(id) ?? here.elements.contains { known($0.member("ContactId"))?.equals(id) == true }
            if !isHere { writeContact(contact, of: previous, agent: agent, stamp: stamp, left: true, into: batch) }
        }
    }

    /// The ids of a snapshot's contacts.
    private func contactIDs(of contacts: JSONValue) -> SortedIDs {
        var ids: [ByteView] = []
        for contact in contacts.elements {
            if let id = known(contact.member("ContactId")) { ids.append(id) }
        }
        return SortedIDs(ids)
    }

    /// Whether the status of a snapshot is offline, by its type or, without one, as before 2019, by its name; and when it began, never
    /// after the event. One that does not say when began with the event if that is a change, and is the oldest of all if it is a repetition.
    @inline(__always)
    private func status(
        of snapshot: AgentSnapshot, toldBy event: AgentEventType, at time: Timestamp
    ) -> (start: Timestamp, isOffline: Bool)? {
        guard let status = snapshot.status, status.isObject else { return nil }
        var name: JSONValue?
        var type: JSONValue?
        var began: JSONValue?
        for (member, value) in status.members {
            switch member.count {
            case 4: if member.equals("Type") { type = value } else if member.equals("Name") { name = value }
            case 14: if member.equals("StartTimestamp") { began = value }
            default: break
            }
        }
        guard let isOffline = known(type)?.equals("OFFLINE") ?? known(name)?.equals("Offline") else { return nil }
        let start = milestone(began) ?? (event == .stateChange ? time : Timestamp(milliseconds: 0))
        return (min(start, time), isOffline)
    }

    @inline(__always)
    private func noElements(_ json: JSONValue) -> JSONValue.Elements { json.elements }

    /// The alias: which agents a username stands for. Stamped by the day, so that it changes once a day.
    private func writeAlias(_ username: ByteView, agent: ByteView, time: Timestamp, into batch: MutationBatch) {
        let day: Int64 = 86_400_000
        let start = time.milliseconds - (time.milliseconds % day + day) % day
        value.removeAll()
        value.appendJSONString(agent)
        guard value.count <= RecordDecoder.memberLengthMax else { return }
        batch.mutate(.username, username) { buffer, entity in
            entity.unionMember(
                &buffer, "agents", capacity: 16, stamp: Stamp(time: Timestamp(milliseconds: start)), value: value.bytes)
        }
    }

    /// What a snapshot says of one contact: who has it, its state there and since when.
    private func writeContact(
        _ contact: JSONValue, of snapshot: AgentSnapshot, agent: ByteView, stamp: Stamp, left: Bool, into batch: MutationBatch
    ) {
        let facts = AgentContact(contact)
        guard let id = known(facts.contactID), id.count <= EntityKind.idLengthMax else { return }
        batch.mutate(.contact, id) { buffer, entity in
            entity.beginRegister(&buffer, "agent/", segment: agent, rule: .lastWriterWins, stamp: stamp)
            buffer.append("{\"channel\":")
            buffer.appendKnown(facts.channel)
            buffer.append(",\"connectedAt\":")
            buffer.appendKnown(facts.connectedAt)
            buffer.append(",\"initialContactId\":")
            buffer.appendKnown(facts.initialContactID)
            buffer.append(",\"initiationMethod\":")
            buffer.appendKnown(facts.initiationMethod)
            buffer.append(",\"queue\":")
            if let queue = facts.queue, queue.isObject {
                buffer.append("{\"arn\":")
                buffer.appendKnown(queue.member("ARN"))
                buffer.append(",\"name\":")
                buffer.appendKnown(queue.member("Name"))
                buffer.append("}")
            } else {
                buffer.append("null")
            }
            buffer.append(",\"queuedAt\":")
            buffer.appendKnown(facts.queuedAt)
            buffer.append(",\"since\":")
            if left {
                buffer.append("\"")
                stamp.time.append(to: &buffer)
                buffer.append("\",\"state\":\"LEFT\"")
            } else {
                buffer.appendKnown(facts.since)
                buffer.append(",\"state\":")
                buffer.appendKnown(facts.state)
            }
            buffer.append(",\"username\":")
            buffer.appendKnown(snapshot.username)
            buffer.append("}")
            entity.endRegister(&buffer)
            if let connected = milestone(facts.connectedAt) { writeConnected(&buffer, &entity, agent, at: connected) }
        }
    }
}

private enum AgentEventType {
    case heartBeat, stateChange, login, logout, other

    @inline(__always)
    init(_ name: ByteView) {
        if name.equals("HEART_BEAT") {
            self = .heartBeat
        } else if name.equals("STATE_CHANGE") {
            self = .stateChange
        } else if name.equals("LOGIN") {
            self = .login
        } else if name.equals("LOGOUT") {
            self = .logout
        } else {
            self = .other
        }
    }

    /// What decides between events of one moment: a heartbeat never wins, a logout always does.
    var rank: UInt8 {
        switch self {
        case .other: 0
        case .heartBeat: 1
        case .stateChange: 2
        case .login: 3
        case .logout: 4
        }
    }

    var counted: EventType {
        switch self {
        case .other: .agentOther
        case .heartBeat: .agentHeartBeat
        case .stateChange: .agentStateChange
        case .login: .agentLogin
        case .logout: .agentLogout
        }
    }
}

/// The parts of a snapshot that more than its own register needs.
private struct AgentSnapshot {
    let json: JSONValue
    var status: JSONValue?
    private var configuration: JSONValue?
    var contacts: JSONValue?

    var username: JSONValue? { configuration?.member("Username") }

    @inline(__always)
    init(_ json: JSONValue) {
        self.json = json
        for (name, value) in json.members {
            switch name.count {
            case 8: if name.equals("Contacts") { contacts = value.isArray ? value : nil }
            case 11: if name.equals("AgentStatus") { status = value }
            case 13: if name.equals("Configuration") { configuration = value }
            default: break
            }
        }
    }
}

/// A contact inside a snapshot.
private struct AgentContact {
    var contactID: JSONValue?
    var channel: JSONValue?
    var connectedAt: JSONValue?
    var initialContactID: JSONValue?
    var initiationMethod: JSONValue?
    var queue: JSONValue?
    var queuedAt: JSONValue?
    var since: JSONValue?
    var state: JSONValue?

    init(_ json: JSONValue) {
        for (name, value) in json.members {
            switch name.count {
            case 5: if name.equals("Queue") { queue = value } else if name.equals("State") { state = value }
            case 7: if name.equals("Channel") { channel = value }
            case 9: if name.equals("ContactId") { contactID = value }
            case 14: if name.equals("QueueTimestamp") { queuedAt = value }
            case 16:
                if name.equals("InitialContactId") {
                    initialContactID = value
                } else if name.equals("InitiationMethod") {
                    initiationMethod = value
                }
            case 19: if name.equals("StateStartTimestamp") { since = value }
            case 25: if name.equals("ConnectedToAgentTimestamp") { connectedAt = value }
            default: break
            }
        }
    }
}
