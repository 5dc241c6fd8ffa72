import ContactCenter

/// Types of agent events.
enum AgentEventType: Sendable {
    case login, logout, stateChange, heartbeat

    var text: StaticString {
        switch self {
        case .login: "LOGIN"
        case .logout: "LOGOUT"
        case .stateChange: "STATE_CHANGE"
        case .heartbeat: "HEART_BEAT"
        }
    }
}

/// Agent events: compact, keys in ASCII order, as captured ones are.
extension TrafficWorld {
    /// Tells of a session as it is; its last published snapshot is the previous one.
    mutating func tellAgent(_ index: Int, _ type: AgentEventType) {
        guard var line = begin(.agent) else { return }
        let agent = agent(of: index)
        let region = region(of: index)
        let session = sessions[index]
        line.raw(catalog.regions[region].agentEventHead)
        line.uuid(agentID(agent))
        line.raw(#"","CurrentAgentSnapshot":"#)
        if type == .login {
            line.raw("null")
        } else {
            write(session.current, of: agent, in: region, into: &line)
        }
        line.raw(#","EventId":""#)
        line.uuid(nextEventID())
        line.raw(#"","EventTimestamp":"#)
        line.milliseconds(stamp(clock, of: agent))
        line.raw(#","EventType":"#)
        line.string(type.text)
        line.raw(#","InstanceARN":"#)
        line.string(catalog.regions[region].instanceARN)
        line.raw(#","PreviousAgentSnapshot":"#)
        if let published = session.published {
            write(published, of: agent, in: region, into: &line)
        } else {
            line.raw("null")
        }
        line.raw(#","Version":"2017-10-01"}"#)
        send(line, at: clock)
    }

    func agentID(_ agent: Int) -> TrafficUUID { TrafficUUID(.agent, UInt64(agent), seed: options.seed) }

    func profile(of agent: Int, in region: UInt8) -> RegionCatalog.RoutingProfile {
        catalog.regions[Int(region)].profiles[agent % TrafficCatalog.profileCount]
    }

    /// One agent of fifty has the stamps of old captures: whole seconds, with the second repeated as milliseconds.
    private func stamp(_ time: Int64, of agent: Int) -> Int64 {
        agent % 50 == 17 ? time / 1000 * 1000 + time / 1000 % 60 : time
    }

    private func write(_ snapshot: AgentSnapshot, of agent: Int, in region: Int, into line: inout TrafficLine) {
        let local = catalog.regions[region]
        line.raw(#"{"AgentStatus":"#)
        line.raw(local.statusHeads[Int(snapshot.status.rawValue)])
        line.milliseconds(stamp(max(snapshot.statusStart, options.start), of: agent))
        line.raw(snapshot.status.tail)
        line.raw(#","Configuration":{"AgentHierarchyGroups":"#)
        if agent % 2 == 0 {
            line.raw("null")
        } else {
            line.raw(local.groups[agent % TrafficCatalog.groupCount])
        }
        line.raw(#","FirstName":"#)
        line.string(catalog.firstNames[agent % catalog.firstNames.count])
        line.raw(#","LastName":"#)
        line.string(catalog.lastNames[agent % catalog.lastNames.count])
        line.raw(#","Proficiencies":"#)
        line.raw(catalog.proficiencies[agent % catalog.proficiencies.count])
        line.raw(#","RoutingProfile":"#)
        writeProfile(of: agent, in: local, taken: snapshot.contacts, into: &line)
        line.raw(#","Username":""#)
        writeUsername(agent, into: &line)
        line.raw(#""},"Contacts":["#)
        for place in snapshot.contacts.indices {
            if place > 0 { line.raw(",") }
            write(snapshot.contacts[place], of: agent, in: local, into: &line)
        }
        line.raw(#"],"NextAgentStatus":"#)
        if let next = snapshot.next {
            line.raw(local.nextStatusHeads[Int(next.rawValue)])
            line.milliseconds(stamp(snapshot.nextChosenAt, of: agent))
            line.raw(local.nextStatusTails[Int(next.rawValue)])
        } else {
            line.raw("null")
        }
        line.raw("}")
    }

    func writeUsername(_ agent: Int, into line: inout TrafficLine) {
        line.raw("agent")
        line.digits(UInt(agent), width: 5)
        line.raw("@example.com")
    }

    private func writeProfile(
        of agent: Int, in local: RegionCatalog, taken: [SnapshotContact], into line: inout TrafficLine
    ) {
        let profile = local.profiles[agent % TrafficCatalog.profileCount]
        line.raw(profile.head)
        if profile.chatSlots > 0 {
            writeSlots("CHAT", profile.chatSlots, taken: taken.count { $0.channel == .chat }, into: &line)
            line.raw(",")
            writeSlots("TASK", 1, taken: taken.count { $0.channel == .task }, into: &line)
            line.raw(",")
        }
        writeSlots("VOICE", 1, taken: taken.count { $0.channel == .voice }, into: &line)
        line.raw(profile.middle)
        guard !profile.tail.isEmpty else { return }
        line.uuid(agentID(agent))
        line.raw(profile.tail)
    }

    private func writeSlots(_ channel: StaticString, _ most: Int, taken: Int, into line: inout TrafficLine) {
        line.raw(#"{"AvailableSlots":"#)
        line.integer(max(most - taken, 0))
        line.raw(#","Channel":"#)
        line.string(channel)
        line.raw(#","MaximumSlots":"#)
        line.integer(most)
        line.raw("}")
    }

    private func write(_ contact: SnapshotContact, of agent: Int, in local: RegionCatalog, into line: inout TrafficLine) {
        line.raw(#"{"Channel":"#)
        line.string(contact.channel.text)
        line.raw(#","ConnectedToAgentTimestamp":"#)
        writeStamp(contact.connectedAt, of: agent, into: &line)
        line.raw(#","ContactId":""#)
        line.uuid(contactID(contact.number))
        line.raw(#"","InitialContactId":"#)
        writeContactID(contact.initial, into: &line)
        line.raw(#","InitiationMethod":"#)
        line.string(contact.method.text)
        line.raw(#","Queue":"#)
        line.raw(local.contactQueues[contact.queue])
        line.raw(#","QueueTimestamp":"#)
        writeStamp(contact.queuedAt, of: agent, into: &line)
        line.raw(#","State":"#)
        line.string(contact.state.text)
        line.raw(#","StateStartTimestamp":"#)
        writeStamp(contact.stateStart, of: agent, into: &line)
        line.raw("}")
    }

    private func writeStamp(_ time: Int64, of agent: Int, into line: inout TrafficLine) {
        line.optionalMilliseconds(time == 0 ? 0 : stamp(time, of: agent))
    }

    func contactID(_ number: UInt64) -> TrafficUUID { TrafficUUID(.contact, number, seed: options.seed) }

    /// A quoted contact id, or null for the number 0.
    func writeContactID(_ number: UInt64, into line: inout TrafficLine) {
        guard number != 0 else {
            line.raw("null")
            return
        }
        line.raw("\"")
        line.uuid(contactID(number))
        line.raw("\"")
    }
}
