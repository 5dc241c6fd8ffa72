/// Types of contact events.
enum ContactEventType: Sendable {
    case initiated, connectedToSystem, queued, connectedToAgent, dataUpdated, disconnected, completed

    var text: StaticString {
        switch self {
        case .initiated: "INITIATED"
        case .connectedToSystem: "CONNECTED_TO_SYSTEM"
        case .queued: "QUEUED"
        case .connectedToAgent: "CONNECTED_TO_AGENT"
        case .dataUpdated: "CONTACT_DATA_UPDATED"
        case .disconnected: "DISCONNECTED"
        case .completed: "COMPLETED"
        }
    }
}

/// Contact events: EventBridge envelopes, keys in the order in which people write them, unknown members left out.
/// One of a hundred spells its member names with a capital, as some of the documentation does.
extension TrafficWorld {
    mutating func tellContact(_ contact: Contact, _ type: ContactEventType) {
        guard var line = begin(.contact) else { return }
        let local = catalog.regions[Int(contact.region)]
        line.raw(#"{"version":"0","id":""#)
        line.uuid(nextEventID())
        line.raw(#"","detail-type":"Amazon Connect Contact Event","source":"aws.connect","account":""#)
        line.raw("236630710668")
        line.raw(#"","time":"#)
        line.seconds(clock)
        line.raw(#","region":"#)
        line.string(local.name)
        line.raw(#","resources":[""#)
        line.raw(local.instanceARN)
        line.raw(#"",""#)
        line.raw(local.instanceARN)
        line.raw("/contact/")
        line.uuid(contactID(contact.number))
        line.raw(#""],"detail":"#)
        line.capitalised = random.chance(0.01)
        line.open()
        writeIdentity(of: contact, type, into: &line)
        writeTimes(of: contact, type, into: &line)
        writeParties(of: contact, type, in: local, into: &line)
        writeContext(of: contact, type, into: &line)
        line.close()
        line.raw("}")
        line.capitalised = false
        send(line, at: clock)
    }

    private func writeIdentity(of contact: Contact, _ type: ContactEventType, into line: inout TrafficLine) {
        line.key("eventType")
        line.string(type.text)
        line.key("contactId")
        writeContactID(contact.number, into: &line)
        if contact.initial != 0 {
            line.key("initialContactId")
            writeContactID(contact.initial, into: &line)
            line.key("previousContactId")
            writeContactID(contact.previous, into: &line)
        }
        line.key("channel")
        line.string(contact.channel.text)
        line.key("instanceArn")
        line.string(catalog.regions[Int(contact.region)].instanceARN)
        line.key("initiationMethod")
        line.string(contact.method.text)
        if type == .dataUpdated {
            line.key("updatedProperties")
            line.raw(
                contact.variety % 3 == 0
                    ? #"["UserDefinedAttributes","Tags"]"# : #"["ContactLens.ConversationalAnalytics.Configuration"]"#)
        }
    }

    private func writeTimes(of contact: Contact, _ type: ContactEventType, into line: inout TrafficLine) {
        line.key("initiationTimestamp")
        line.milliseconds(contact.initiatedAt)
        if contact.systemAt != 0 {
            line.key("connectedToSystemTimestamp")
            line.milliseconds(contact.systemAt)
        } else if type == .dataUpdated {
            line.key("connectedToSystemTimestamp")
            line.string("1970-01-01T00:00:00.001Z")
        }
        if contact.disconnectedAt != 0 {
            line.key("disconnectTimestamp")
            line.milliseconds(contact.disconnectedAt)
            if contact.method != .transfer {
                line.key("disconnectReason")
                line.string(disconnectReason(of: contact))
            }
        }
    }

    private func writeParties(
        of contact: Contact, _ type: ContactEventType, in local: RegionCatalog, into line: inout TrafficLine
    ) {
        if contact.enqueuedAt != 0 {
            line.key("queueInfo")
            line.open()
            line.key("queueArn")
            line.string(local.queueARNs[contact.queue])
            line.key("queueType")
            line.string("STANDARD")
            line.key("enqueueTimestamp")
            line.milliseconds(contact.enqueuedAt)
            line.close()
        }
        guard contact.connectedAt != 0 else {
            // The service fills what has not happened with the first millisecond of 1970.
            if type == .dataUpdated {
                line.key("agentInfo")
                line.open()
                line.key("connectedToAgentTimestamp")
                line.string("1970-01-01T00:00:00.001Z")
                line.close()
            }
            return
        }
        line.key("agentInfo")
        line.open()
        line.key("agentArn")
        line.raw("\"")
        line.raw(local.instanceARN)
        line.raw("/agent/")
        line.uuid(agentID(contact.agent))
        line.raw("\"")
        line.key("connectedToAgentTimestamp")
        line.milliseconds(contact.connectedAt)
        line.key("hierarchyGroups")
        line.open()
        line.key("level1")
        line.open()
        line.key("arn")
        line.string(local.groupARNs[contact.agent % TrafficCatalog.groupCount])
        line.close()
        line.close()
        if contact.disconnectedAt != 0 {
            line.key("agentInitiatedHoldDuration")
            line.integer(Int(contact.heldFor / 1000))
        }
        if contact.wrapUpEndsAt != 0 {
            line.key("afterContactWorkStartTimestamp")
            line.milliseconds(contact.disconnectedAt)
            line.key("afterContactWorkEndTimestamp")
            line.milliseconds(contact.wrapUpEndsAt)
            line.key("afterContactWorkDuration")
            line.integer(Int((contact.wrapUpEndsAt - contact.disconnectedAt) / 1000))
        }
        line.close()
    }

    private func writeContext(of contact: Contact, _ type: ContactEventType, into line: inout TrafficLine) {
        if contact.variety % 5 < 2 {
            line.key("customerId")
            writeCustomer(contact.customer, into: &line)
        }
        if type == .connectedToAgent || type == .dataUpdated {
            line.key("contactLens")
            line.raw(
                #"{"conversationalAnalytics":{"configuration":{"enabled":true,"languageLocale":"en-US","channelConfiguration":{"analyticsModes":["PostContact"]},"sentimentConfiguration":{"behavior":"ENABLE"}}}}"#
            )
        }
        line.key("segmentAttributes")
        line.raw(#"{"connect:Subtype":{"valueString":"#)
        line.string(contact.channel.subtype)
        line.raw("}}")
        line.key("tags")
        line.raw(#"{"aws:connect:instanceId":""#)
        line.uuid(TrafficUUID(.instance, 0, seed: options.seed))
        line.raw(#"","aws:connect:systemEndpoint":"+1206555"#)
        line.digits(UInt(contact.variety % 40), width: 4)
        line.raw(#"","team":""#)
        line.raw(contact.queue % 2 == 0 ? "größe/équipe" : "core")
        line.raw(#""}"#)
    }

    func disconnectReason(of contact: Contact) -> StaticString {
        if contact.agent < 0 {
            return contact.selfService && contact.variety % 2 == 0 ? "CONTACT_FLOW_DISCONNECT" : "CUSTOMER_DISCONNECT"
        }
        switch contact.variety % 20 {
        case 0: return "TELECOM_PROBLEM"
        case 1: return "THIRD_PARTY_DISCONNECT"
        case 2...8: return "AGENT_DISCONNECT"
        default: return "CUSTOMER_DISCONNECT"
        }
    }

    /// A quoted customer id.
    func writeCustomer(_ customer: Int, into line: inout TrafficLine) {
        line.raw("\"C")
        line.digits(UInt(truncatingIfNeeded: customer &* 7_919 &+ 1_000_003) % 1_000_000_007, width: 9)
        line.raw("\"")
    }
}
