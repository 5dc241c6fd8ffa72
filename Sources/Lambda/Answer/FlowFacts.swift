import ContactCenter
import JSON
import Platform

extension FlowAnswer {
    /// What a customer's context says, as flat texts. `region`: of the function.
    init(_ context: CustomerContext, _ asked: ContextAsked, region: String, variables: [String], isWhole: Bool) {
        self.init(variables: variables)
        var text = ByteBuffer(capacity: 4096)
        context.append(asked, withPersonal: true, to: &text)
        if isWhole { self.context = text.array }
        set("found", is: true)
        let parser = JSONParser()
        guard let root = try? parser.parse(text.bytes).root else { return }
        set("customerId", id: root.text("customerId"))
        set("language", root.text("language"))
        set("caseId", id: root.text("caseId"))
        set("contactsInLastDay", root.member("contactsInLastDay")?.bytes.text)
        take(authentication: root.object("authentication"), asked.now)
        take(lastContact: root.object("lastContact"), asked.now, region)
        take(callback: root.object("callback"), asked.now)
        take(brokenOff: root.object("brokenOff"))
    }

    private mutating func take(authentication: JSONValue?, _ now: Timestamp) {
        guard let authentication else { return }
        set("authenticated", is: authentication.member("carriesOver")?.kind == .true)
        set("authenticationObstacle", authentication.text("obstacle"))
        set("authenticationStrength", authentication.member("strength").flatMap { $0.isNull ? nil : $0.bytes.text })
        set("authenticationAgeSeconds", FlowAnswer.age(authentication.text("at"), now))
    }

    private mutating func take(lastContact: JSONValue?, _ now: Timestamp, _ region: String) {
        guard let lastContact else { return }
        set("lastContactId", id: lastContact.text("contactId"))
        set("lastContactChannel", lastContact.text("channel"))
        set("lastContactPhase", lastContact.text("phase"))
        set("lastContactQueue", lastContact.text("queue"))
        set("lastContactReason", lastContact.text("disconnectReason"))
        set("lastContactRegion", lastContact.text("region"))
        set("lastContactAgeSeconds", FlowAnswer.age(lastContact.text("at"), now))
        guard let agent = lastContact.object("agent") else { return }
        // The last part is what flows know an agent by; account and instance stand before it.
        set("lastAgentId", id: agent.text("id").map { String($0.split(separator: "/").last ?? "") })
        set("lastAgentUsername", id: agent.text("username"))
        // Of whom nothing was heard for so long nobody knows where they are.
        guard agent.member("isStale")?.kind != .true else { return }
        set("lastAgentPresence", agent.text("presence"))
        let regions = agent.member("regionsOnline")?.elements.compactMap(\.text) ?? []
        set("lastAgentOnlineHere", is: regions.contains(region))
        set("lastAgentRegion", regions.contains(region) ? region : regions.first)
    }

    private mutating func take(callback: JSONValue?, _ now: Timestamp) {
        guard let callback else { return }
        set("callback", is: true)
        set("callbackContactId", id: callback.text("contactId"))
        set("callbackQueue", callback.text("queue"))
        set("callbackRegion", callback.text("region"))
        set("callbackAgeSeconds", FlowAnswer.age(callback.text("since"), now))
    }

    /// A place that the flow itself has told comes before the one that its log has: it is the one that the flow can go on at.
    private mutating func take(brokenOff: JSONValue?) {
        guard let brokenOff else { return }
        set("brokenOff", is: true)
        set("brokenOffContactId", id: brokenOff.text("contactId"))
        let told = brokenOff.object("variables")
        set("brokenOffFlow", told?.text("flow") ?? brokenOff.text("flowName"))
        set("brokenOffPosition", told?.text("position") ?? brokenOff.object("position")?.text("identifier"))
        guard let told else { return }
        let wanted = Set(variables)
        for (spelled, value) in told.members {
            var plain = ByteBuffer(capacity: spelled.count)
            JSONValue.appendUnescaped(name: spelled, to: &plain)
            let name = plain.bytes.text
            guard wanted.contains(name), !value.isNull else { continue }
            set(variable: name, value.text ?? value.bytes.text)
        }
    }

    /// Whole seconds since a moment; 0 where that lies ahead, nil where none is told.
    static func age(_ time: String?, _ now: Timestamp) -> String? {
        time.flatMap { Timestamp($0) }.map { "\(max(0, (now.milliseconds - $0.milliseconds) / 1000))" }
    }
}

extension JSONValue {
    /// A member that is an object.
    fileprivate func object(_ name: StaticString) -> JSONValue? { member(name).flatMap { $0.isObject ? $0 : nil } }
}
