import JSON
import Lattice
import Platform

/// A contact as a row shows it. The times that the whole projection has beside `milestones` are those of `milestones`, to the second; what
/// its documents tell at length (recordings, references, evaluations, routing criteria) is left to the whole one.
extension ContactState {
    /// `id`: the contact's own. `latest`: when its newest event was. `parser` as in ``append(parser:to:)``.
    func appendLean(
        id: ByteView, latest: Timestamp?, _ notes: inout LeanNotes, parser: JSONParser, to out: inout ByteBuffer
    ) {
        let telling = telling
        let queue = queue(telling)
        let instance = InstanceName(agentId: agentId.bytes) ?? queue?.arn.flatMap { InstanceName(arn: $0) }
        let resiliency = GlobalResiliency(record: record, event: event.globalResiliency?.object(parser))
        let origin = ContactState.plain(resiliency.originRegion) ?? originRegion
        let active = ContactState.plain(resiliency.activeRegion) ?? activeRegion

        out.append(UInt8(ascii: "{"))
        if let active, !(origin?.equals(active) ?? false) { out.appendLean("activeRegion", text: active) }
        appendLeanAgent(instance, to: &out)
        out.appendLeanObject("agentWork") { appendLeanWork(to: &$0) }
        if let analysis, let root = analysis.object(parser) {
            out.appendLeanObject("analysis") { out in
                out.appendLean("at", analysis.time)
                out.appendLean("reason", root.member("reason")?.toldText)
                out.appendLean("state", root.member("state")?.toldText)
            }
        }
        out.appendLean(
            "answeringMachineStatus", record?.members.answeringMachineDetectionStatus?.toldText ?? event.answeringMachineStatus)
        out.appendLean("at", latest)
        appendLeanMembers("attributes", of: record?.members.attributes, &notes, to: &out)
        out.appendLean("campaignId", record?.members.campaign?.member("CampaignId")?.toldText ?? event.campaignId)
        out.appendLean("categories", &notes) { appendCategories(to: &$0) }
        out.appendLean("channel", &notes) { ContactState.appendUpperCase(channel(telling), to: &$0) }
        appendLeanEndpoint("customerEndpoint", record?.members.customerEndpoint, else: event.customerEndpoint, parser, to: &out)
        out.appendLean("customerId", customerId)
        out.appendLean("disconnectReason", record?.disconnectReason ?? event.disconnectReason)
        if let initial = record?.initialContactId ?? event.initialContactId ?? telling?.initialContactId,
            !initial.slice(1, initial.count - 2).equals(id)
        {
            out.appendLean("initialContactId", initial)
        }
        out.appendLean("initiationMethod", record?.initiationMethod ?? event.initiationMethod ?? telling?.initiationMethod)
        if let instance {
            out.appendLeanName("instance")
            instance.append(to: &out)
        }
        out.appendLeanObject("milestones") { appendLeanMilestones(to: &$0) }
        out.appendLean("nextContactId", record?.nextContactId ?? event.nextContactId)
        out.appendLean("offeredTo", &notes) { appendLeanOffers(instance, to: &$0) }
        out.appendLean("originRegion", text: origin)
        out.appendLean("phase", phase?.json.view)
        out.appendLean("previousContactId", record?.previousContactId ?? event.previousContactId)
        appendLeanQueue(queue, instance, to: &out)
        out.appendLean("queueSeconds", number: record?.members.queue?.member("Duration")?.toldNumber)
        out.appendLean("queueType", event.queueType)
        out.appendLean("recordUpdatedAt", record?.updatedAt)
        out.appendLean("relatedContactId", record?.relatedContactId ?? event.relatedContactId)
        out.appendLean("rules", &notes) { $0.appendTexts(rules) }
        out.appendLean("scheduledAt", record?.members.scheduledTimestamp?.toldTime ?? event.scheduledAt)
        appendLeanSegmentAttributes(ContactState.plain(channel(telling)), parser, &notes, to: &out)
        if let sentiment = timedSentiment ?? sentiment {
            out.appendLeanObject("sentiment") { out in
                out.appendLean("role", sentiment.role)
                out.appendLean("sentiment", sentiment.sentiment)
            }
        }
        appendLeanEndpoint("systemEndpoint", record?.members.systemEndpoint, else: event.systemEndpoint, parser, to: &out)
        appendLeanTags(parser, &notes, to: &out)
        out.appendLean("trafficDistributionGroupId", resiliency.trafficDistributionGroupId)
        appendLeanEndpoint("transferredToEndpoint", record?.members.transferredToEndpoint, else: nil, parser, to: &out)
        notes.append(to: &out)
        out.append(UInt8(ascii: "}"))
    }

    /// What stands between the quotes, of text that needs no escape.
    private static func plain(_ json: ByteView?) -> ByteView? {
        guard let json, !json.contains(UInt8(ascii: "\\")) else { return nil }
        return json.slice(1, json.count - 2)
    }

    private func appendLeanMilestones(to out: inout ByteBuffer) {
        var isConnected = false
        for milestone in milestones where !milestone.event.isEmpty {
            if milestone.phase == .connectedToAgent { isConnected = true }
            out.appendLeanComma()
            out.appendJSONString(milestone.event)
            out.append(UInt8(ascii: ":"))
            out.appendDecimal(milestone.time.milliseconds)
        }
        if !isConnected { out.appendLean("CONNECTED_TO_AGENT", connectedAt) }
    }

    // MARK: - Who and where

    private func appendLeanAgent(_ instance: InstanceName?, to out: inout ByteBuffer) {
        out.appendLeanObject("agent") { out in
            out.appendLean("id", text: InstanceName.short(agentId.bytes, in: instance))
            out.appendLean("username", agentUsername)
        }
    }

    private func appendLeanOffers(_ instance: InstanceName?, to out: inout ByteBuffer) {
        out.append(UInt8(ascii: "["))
        for offer in offers {
            out.appendLeanElement { out in
                out.appendLean("id", text: InstanceName.short(offer.agentId, in: instance))
                out.appendLean("state", offer.telling?.state)
                out.appendLean("username", offer.telling?.username)
            }
        }
        out.append(UInt8(ascii: "]"))
    }

    private func appendLeanQueue(
        _ queue: (arn: ByteView?, name: ByteView?)?, _ instance: InstanceName?, to out: inout ByteBuffer
    ) {
        guard let queue else { return }
        out.appendLeanObject("queue") { out in
            if let arn = queue.arn {
                if let id = instance?.queue(arn) { out.appendLean("id", text: id) } else { out.appendLean("arn", arn) }
            }
            out.appendLean("name", queue.name)
        }
    }

    /// Without the type where it is a telephone number, as nearly all are.
    private func appendLeanEndpoint(
        _ name: StaticString, _ told: JSONValue?, else event: ByteView?, _ parser: JSONParser, to out: inout ByteBuffer
    ) {
        var address = told?.member("Address")?.toldText
        var type = told?.member("Type")?.toldText
        if address == nil {
            let told = event.flatMap { try? parser.parse($0).root }
            (address, type) = (told?.member("address")?.toldText, told?.member("type")?.toldText)
        }
        guard let address else { return }
        out.appendLeanObject(name) { out in
            out.appendLean("address", address)
            if let type, !type.equals("\"TELEPHONE_NUMBER\"") { out.appendLean("type", type) }
        }
    }

    /// Seconds and counts; the moments are milestones. Where nothing was held, nothing more is said of it.
    private func appendLeanWork(to out: inout ByteBuffer) {
        let agent = record?.members.agent
        let holds = agent?.member("NumberOfHolds")?.toldNumber
        let wasHeld = !(holds?.equals("0") ?? false)
        func appendHold(_ name: StaticString, _ seconds: ByteView?) {
            if let seconds, wasHeld || !seconds.equals("0") { out.appendLean(name, number: seconds) }
        }
        out.appendLean(
            "afterContactWorkSeconds",
            number: agent?.member("AfterContactWorkDuration")?.toldNumber ?? event.afterContactWorkSeconds)
        appendHold("customerHoldSeconds", agent?.member("CustomerHoldDuration")?.toldNumber)
        appendHold("holdSeconds", agent?.member("AgentInitiatedHoldDuration")?.toldNumber ?? event.holdSeconds)
        out.appendLean("holds", number: holds)
        out.appendLean("interactionSeconds", number: agent?.member("AgentInteractionDuration")?.toldNumber)
        appendHold("longestHoldSeconds", agent?.member("LongestHoldDuration")?.toldNumber)
    }

    // MARK: - What others wrote

    private func appendLeanMembers(
        _ part: StaticString, of object: JSONValue?, _ notes: inout LeanNotes, to out: inout ByteBuffer
    ) {
        guard let object else { return }
        out.appendLeanObject(part) { out in
            for (name, value) in object.members {
                out.appendLeanEntry(of: part, name, isEscaped: true, value.bytes, &notes)
            }
        }
    }

    /// Of those that Connect sets itself (`connect:`) the subtype alone, on its own, unless the channel says it: `SMS`, `WebRTC`.
    private func appendLeanSegmentAttributes(
        _ channel: ByteView?, _ parser: JSONParser, _ notes: inout LeanNotes, to out: inout ByteBuffer
    ) {
        guard let object = object(record?.members.segmentAttributes, else: event.segmentAttributes?.value, parser) else {
            return
        }
        var subtype: ByteView?
        out.appendLeanObject("segmentAttributes") { out in
            for (name, value) in object.members {
                guard let told = value.isObject ? value.members.first(where: { !$0.value.isNull })?.value : value else {
                    continue
                }
                if !name.begins(with: "connect:") {
                    out.appendLeanEntry(of: "segmentAttributes", name, isEscaped: true, told.bytes, &notes)
                } else if name.equals("connect:Subtype"), told.isString, !told.hasEscapes {
                    subtype = told.rawString
                }
            }
        }
        guard var subtype else { return }
        if subtype.begins(with: "connect:") { subtype = subtype.slice(8, subtype.count - 8) }
        if let channel, ContactState.isUsual(subtype, of: channel) { return }
        out.appendLean("subtype", text: subtype)
    }

    /// Whether contacts of this channel are of this subtype as a rule.
    private static func isUsual(_ subtype: ByteView, of channel: ByteView) -> Bool {
        subtype.equals("Telephony") && channel.equalsIgnoringCase("voice")
            || subtype.equals("Chat") && channel.equalsIgnoringCase("chat")
            || subtype.equals("Task") && channel.equalsIgnoringCase("task")
            || subtype.equals("Email") && channel.equalsIgnoringCase("email")
    }

    /// Without those that Connect sets itself, which repeat the instance and the endpoint.
    private func appendLeanTags(_ parser: JSONParser, _ notes: inout LeanNotes, to out: inout ByteBuffer) {
        guard let object = object(record?.members.tags, else: event.tags, parser) else { return }
        out.appendLeanObject("tags") { out in
            for (name, value) in object.members where !name.begins(with: "aws:") {
                out.appendLeanEntry(of: "tags", name, isEscaped: true, value.bytes, &notes)
            }
        }
    }

    /// The record's object, or the event's where the record has none or an empty one.
    private func object(_ told: JSONValue?, else event: ByteView?, _ parser: JSONParser) -> JSONValue? {
        if let told, told.isObject, told.toldDocument != nil { return told }
        guard let event, let root = try? parser.parse(event).root, root.isObject else { return nil }
        return root
    }
}

extension ByteView {
    fileprivate func begins(with prefix: StaticString) -> Bool {
        count >= prefix.utf8CodeUnitCount && slice(0, prefix.utf8CodeUnitCount).equals(prefix)
    }
}
