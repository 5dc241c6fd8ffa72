/// Contact records: compact, keys in ASCII order, times in whole seconds, explicit nulls.
extension TrafficWorld {
    /// Sends a copy of a contact's record, last updated now.
    mutating func tellRecord(_ contact: Contact) {
        guard var line = begin(.record) else { return }
        writeRecord(contact, into: &line)
        send(line, at: clock)
    }

    /// Writes the record as of now. Copies differ in LastUpdateTimestamp, in Attributes, and some in Recordings.
    func writeRecord(_ contact: Contact, into line: inout TrafficLine) {
        let local = catalog.regions[Int(contact.region)]
        line.raw(#"{"AWSAccountId":"236630710668","AWSContactTraceRecordFormatVersion":"2017-03-10","Agent":"#)
        writeAgent(of: contact, in: local, into: &line)
        line.raw(#","AgentConnectionAttempts":"#)
        line.integer(contact.attempts)
        line.raw(#","AnsweringMachineDetectionStatus":null,"Attributes":"#)
        writeAttributes(of: contact, into: &line)
        line.raw(#","Campaign":{"CampaignId":null},"Channel":"#)
        line.string(contact.channel.text)
        line.raw(#","ConnectedToSystemTimestamp":"#)
        line.optionalSeconds(contact.systemAt)
        line.raw(#","ContactDetails":{},"ContactId":"#)
        writeContactID(contact.number, into: &line)
        line.raw(
            #","ContactLens":{"ConversationalAnalytics":{"Configuration":{"ChannelConfiguration":{"AnalyticsModes":["PostContact"]},"Enabled":true,"LanguageLocale":"en-US","RedactionConfiguration":{"Behavior":"Enable","Entities":["EMAIL","NAME"],"MaskMode":"PII","Policy":"RedactedAndOriginal"}}}},"CustomerEndpoint":{"Address":"+1415"#
        )
        line.digits(UInt(mixed(UInt64(contact.customer)) % 10_000_000), width: 7)
        line.raw(#"","Type":"TELEPHONE_NUMBER"},"CustomerVoiceActivity":null,"DisconnectReason":"#)
        if contact.variety % 7 == 0 { line.raw("null") } else { line.string(disconnectReason(of: contact)) }
        line.raw(#","DisconnectTimestamp":"#)
        line.seconds(contact.disconnectedAt)
        line.raw(#","InitialContactId":"#)
        writeContactID(contact.initial, into: &line)
        line.raw(#","InitiationMethod":"#)
        line.string(contact.method.text)
        line.raw(#","InitiationTimestamp":"#)
        line.seconds(contact.initiatedAt)
        line.raw(#","InstanceARN":"#)
        line.string(local.instanceARN)
        line.raw(#","LastUpdateTimestamp":"#)
        line.seconds(clock)
        line.raw(#","MediaStreams":"#)
        switch contact.channel {
        case .voice: line.raw(#"[{"Type":"AUDIO"}]"#)
        case .chat: line.raw(#"[{"Type":"CHAT"}]"#)
        case .task: line.raw("[]")
        }
        line.raw(#","NextContactId":"#)
        writeContactID(contact.next, into: &line)
        line.raw(#","PreviousContactId":"#)
        writeContactID(contact.previous, into: &line)
        writeQueue(of: contact, in: local, into: &line)
        writeRecordings(of: contact, into: &line)
        line.raw(
            #","References":[],"RelatedContactId":null,"ScheduledTimestamp":null,"SegmentAttributes":{"connect:Subtype":{"ValueString":"#
        )
        line.string(contact.channel.subtype)
        line.raw(#"}},"SystemEndpoint":{"Address":"+1206555"#)
        line.digits(UInt(contact.variety % 40), width: 4)
        line.raw(#"","Type":"TELEPHONE_NUMBER"},"Tags":{"aws:connect:instanceId":""#)
        line.uuid(TrafficUUID(.instance, 0, seed: options.seed))
        line.raw(#"","aws:connect:systemEndpoint":"+1206555"#)
        line.digits(UInt(contact.variety % 40), width: 4)
        line.raw(#""},"TransferCompletedTimestamp":"#)
        line.optionalSeconds(contact.next == 0 ? 0 : contact.disconnectedAt)
        line.raw(#","TransferredToEndpoint":null,"VoiceIdResult":null}"#)
    }

    private func writeAgent(of contact: Contact, in local: RegionCatalog, into line: inout TrafficLine) {
        guard contact.connectedAt != 0 else {
            line.raw("null")
            return
        }
        line.raw(#"{"ARN":""#)
        line.raw(local.instanceARN)
        line.raw("/agent/")
        line.uuid(agentID(contact.agent))
        line.raw(#"","AfterContactWorkDuration":"#)
        line.integer(Int((contact.wrapUpEndsAt - contact.disconnectedAt) / 1000))
        line.raw(#","AfterContactWorkEndTimestamp":"#)
        line.seconds(contact.wrapUpEndsAt)
        line.raw(#","AfterContactWorkStartTimestamp":"#)
        line.seconds(contact.disconnectedAt)
        line.raw(#","AgentInteractionDuration":"#)
        line.integer(Int((contact.disconnectedAt - contact.connectedAt - contact.heldFor) / 1000))
        line.raw(#","ConnectedToAgentTimestamp":"#)
        line.seconds(contact.connectedAt)
        line.raw(#","CustomerHoldDuration":"#)
        line.integer(Int(contact.heldFor / 1000))
        line.raw(
            #","DeviceInfo":{"OperatingSystem":"Windows 11","PlatformName":"Chrome","PlatformVersion":"126.0"},"HierarchyGroups":"#
        )
        line.raw(local.recordGroups[contact.agent % TrafficCatalog.groupCount])
        line.raw(#","LongestHoldDuration":"#)
        line.integer(Int(contact.longestHold / 1000))
        line.raw(#","NumberOfHolds":"#)
        line.integer(contact.holds)
        line.raw(#","RoutingProfile":"#)
        line.raw(profile(of: contact.agent, in: contact.region).brief)
        line.raw(#","StateTransitions":[],"Username":""#)
        writeUsername(contact.agent, into: &line)
        line.raw(#""}"#)
    }

    private func writeAttributes(of contact: Contact, into line: inout TrafficLine) {
        let variety = contact.variety
        line.raw(#"{"accountTier":"#)
        line.string(["gold", "silver", "bronze"][contact.customer % 3])
        if variety % 4 == 0 {
            line.raw(#","context":"{\"cart\":{\"items\":"#)
            line.integer(1 + variety / 8 % 9)
            line.raw(#",\"currency\":\"EUR\"},\"last\":\"Rück\\u00adgabe\",\"path\":[\"menu\",\"billing\"]}""#)
        }
        line.raw(#","customerId":"#)
        writeCustomer(contact.customer, into: &line)
        if contact.copies >= 50 { line.raw(#","followUp":"closed after review""#) }
        line.raw(#","intent":"#)
        line.string(["order_status", "refund", "cancel", "tech_help", "Adressänderung"][variety / 32 % 5])
        line.raw(#","language":"#)
        line.string(["en-US", "es-US", "fr-FR", "de-DE"][variety / 256 % 4])
        if variety % 8 == 1 { line.raw(#","note":"said \"call me back\"\tafter 5 – ¿mañana?""#) }
        if contact.copies > 1 {
            line.raw(#","surveyScore":""#)
            line.integer(1 + (variety + contact.copies) % 5)
            line.raw("\"")
        }
        line.raw(#","verified":"#)
        line.string(variety % 6 == 0 ? "false" : "true")
        line.raw("}")
    }

    private func writeQueue(of contact: Contact, in local: RegionCatalog, into line: inout TrafficLine) {
        line.raw(#","Queue":"#)
        guard contact.enqueuedAt != 0 else {
            line.raw("null")
            return
        }
        let left = contact.connectedAt == 0 ? contact.disconnectedAt : contact.connectedAt
        line.raw(#"{"ARN":"#)
        line.string(local.queueARNs[contact.queue])
        line.raw(#","DequeueTimestamp":"#)
        line.seconds(left)
        line.raw(#","Duration":"#)
        line.integer(Int((left - contact.enqueuedAt) / 1000))
        line.raw(#","EnqueueTimestamp":"#)
        line.seconds(contact.enqueuedAt)
        line.raw(#","Name":"#)
        line.raw(local.queueNames[contact.queue])
        line.raw("}")
    }

    private func writeRecordings(of contact: Contact, into line: inout TrafficLine) {
        line.raw(#","Recording":null,"Recordings":"#)
        guard contact.channel == .voice, contact.connectedAt != 0, contact.copies > 1 || contact.variety % 10 != 3 else {
            line.raw("null")
            return
        }
        line.raw(#"[{"DeletionReason":null,"FragmentStartNumber":null,"FragmentStopNumber":null,"Location":"#)
        line.raw(#""amazon-connect-recordings/connect/converge/CallRecordings/"#)
        line.uuid(contactID(contact.number))
        line.raw(#".wav","MediaStreamType":"AUDIO","ParticipantType":null,"StartTimestamp":"#)
        line.seconds(contact.connectedAt)
        line.raw(#","Status":"AVAILABLE","StopTimestamp":"#)
        line.seconds(contact.disconnectedAt)
        line.raw(#","StorageType":"S3"}]"#)
    }
}
