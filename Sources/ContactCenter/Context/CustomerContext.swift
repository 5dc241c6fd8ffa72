import JSON
public import Lattice
public import Platform

/// What a contact flow or an agent wants to know when a customer comes again: who it is, how far an authentication still goes, the last contact
/// and its agent, a journey that was broken off, a callback that goes on.
///
///     var context = CustomerContext(of: "cust-42", contact: "5f0c..")
///     while case let reads = context.nextReads(), !reads.isEmpty {
///         for read in reads { .. context.take(key, entity) }       // rows in any order, of one entity as many as there are
///     }
///     context.append(asked, withPersonal: true, to: &json)
///
/// A fold of entities, without I/O: it says what it wants to read, in ``roundsMax`` rounds and ``readsMax`` reads at most; the reads of one round do
/// not depend on each other. What it comes to depends on what it was given, not on the order.
public struct CustomerContext {
    /// The customer; then the contacts with their flows, and the agent whom the customer names; then the agent whom the last contact names.
    public static let roundsMax = 3
    /// One customer, the contacts, the flows of the newest, and two agents.
    public static let readsMax = 1 + contactsMax + flowsMax + 2
    static let contactsMax = 6
    static let flowsMax = 3
    /// Milliseconds in which contacts count as repeated.
    static let repeatSpan: Int64 = 24 * 3_600_000

    /// Of whom: a customer; where no event has named one, an alias or a contact.
    private let subject: ContextRead
    /// The contact that asks; it is none of those before.
    private let asking: String?
    private var round = 0
    private var entities: [ContextRead: [UInt8]] = [:]

    /// - `contact`: the new contact itself, where it is known: it counts as none of those before.
    public init(of customer: String, contact: String? = nil) {
        subject = ContextRead(.customer, customer)
        asking = contact
    }

    /// The same of a caller of whom no more is known than the alias: the contacts from there, with their agents and flows.
    public init(ofAlias alias: String, contact: String? = nil) {
        subject = ContextRead(.alias, alias)
        asking = contact
    }

    /// The same of one contact alone, whose customer is not known.
    public init(ofContact contact: String) {
        subject = ContextRead(.contact, contact)
        asking = nil
    }

    /// Whether anything is known of the customer.
    public var isFound: Bool { entities[subject] != nil }

    /// What is to be read next, each once; empty where nothing more is needed. Whatever is not taken until the next call is not there.
    public mutating func nextReads() -> [ContextRead] {
        defer { round += 1 }
        switch round {
        case 0: return [subject]
        case 1:
            guard isFound else { return [] }
            let contacts = told().contacts
            return contacts.prefix(CustomerContext.contactsMax).map { ContextRead(.contact, $0.id) }.filter { $0 != subject }
                + contacts.prefix(CustomerContext.flowsMax).map { ContextRead(.flow, $0.id) }
                + (told().agentId.map { [ContextRead(.agent, $0)] } ?? [])
        case 2:
            guard let id = contacts().first?.agentId else { return [] }
            let agent = ContextRead(.agent, id)
            return told().agentId == id ? [] : [agent]
        default: return []
        }
    }

    /// Takes in an entity, or one of the rows that it is the join of.
    public mutating func take(_ key: EntityKey, _ entity: EntityView) {
        guard let kind = key.kind else { return }
        let read = ContextRead(kind, key.id.text)
        guard let before = entities[read] else {
            entities[read] = Array(entity.bytes)
            return
        }
        var joined = ByteBuffer()
        if before.withUnsafeBytes({ Join.join(EntityView($0), entity, into: &joined).changed }) {
            entities[read] = joined.array
        }
    }

    /// The Regions that told of any of it, sorted.
    public var regions: [String] {
        var regions: Set<String> = []
        for encoding in entities.values {
            encoding.withUnsafeBytes { EntityView($0).gatherRegions(into: &regions) }
        }
        return regions.sorted()
    }

    // MARK: Reading what was taken

    /// What the customer's own entity tells: contacts newest first without the one that asks, and the last agent.
    private func told() -> (contacts: [(id: String, at: Timestamp)], agentId: String?) {
        guard let encoding = entities[subject] else { return ([], nil) }
        return encoding.withUnsafeBytes { bytes in
            if subject.kind == .contact { return ([(subject.id, EntityView(bytes).latest ?? Timestamp(milliseconds: 0))], nil) }
            var contacts: [(id: String, at: Timestamp)] = []
            let parser = JSONParser()
            if let register = EntityView(bytes).register("contacts"), register.rule == .union {
                for member in register.members where member.isText {
                    guard let id = try? parser.parse(member.value).root.text, id != asking else { continue }
                    contacts.append((id, member.stamp.time))
                }
            }
            contacts.sort { $0.at != $1.at ? $0.at > $1.at : $0.id < $1.id }
            let agentId = CustomerContext.projection(subject, bytes) { $0.member("lastContact")?.text("agentId") }
            return (contacts, agentId ?? nil)
        }
    }

    /// The contacts that were read, newest first.
    private func contacts() -> [ContextContact] {
        told().contacts.compactMap { told in
            guard var contact = state(ContextRead(.contact, told.id), { ContextContact(told.id, $0) }) else { return nil }
            contact.flow = state(ContextRead(.flow, told.id)) { ContextContact.Flow($0) }
            return contact
        }
    }

    private func agent(_ id: String) -> ContextAgent? { state(ContextRead(.agent, id)) { ContextAgent($0) } }

    private func state<Value>(_ read: ContextRead, _ body: (JSONValue) -> Value) -> Value? {
        entities[read]?.withUnsafeBytes { CustomerContext.projection(read, $0, body) }
    }

    /// What `body` finds in the projection of an entity.
    private static func projection<Value>(_ read: ContextRead, _ entity: ByteView, _ body: (JSONValue) -> Value) -> Value? {
        var key = ByteBuffer()
        var text = ByteBuffer(capacity: 4096)
        key.append(read.kind.rawValue)
        key.append(read.id)
        StateWriter().appendState(key: EntityKey(key.bytes), entity: EntityView(entity), to: &text)
        let parser = JSONParser()
        return withExtendedLifetime(parser) { (try? parser.parse(text.bytes).root).map(body) }
    }

    // MARK: Writing

    /// Members that are left out without personal data.
    public static let personalMembers = PersonalMembers([
        "authentication.strength", "authentication.values", "brokenOff.variables", "caseId", "fields", "language",
        "lastContact.agent.username",
    ])

    /// Appends it as a JSON object (`docs/api.md`), keys sorted. Times are RFC 3339.
    public func append(_ asked: ContextAsked, withPersonal: Bool, to out: inout ByteBuffer) {
        var json = JSONWriter(capacity: 2048)
        write(asked, to: &json)
        guard !withPersonal else { return out.append(json.buffer.bytes) }
        CustomerContext.personalMembers.appendRest(ofText: json.buffer.bytes, to: &out)
    }

    private func write(_ asked: ContextAsked, to json: inout JSONWriter) {
        let told = told()
        let contacts = contacts()
        let (fields, authentication) =
            state(subject) { ($0.member("fields")?.bytes.text, $0.member("authentication")?.bytes.text) } ?? (nil, nil)
        let wishes = wishes(contacts)
        json.object { json in
            json.key("authentication")
            write(authentication ?? "{}", contacts, asked, to: &json)
            json.key("brokenOff")
            write(brokenOff(contacts), to: &json)
            json.key("callback")
            write(callback: contacts.first { $0.isOpen && $0.initiationMethod == "CALLBACK" }, to: &json)
            json.member("caseId", wishes.caseId)
            json.member("channelBefore", contacts.first?.channel)
            json.member(
                "contactsInLastDay",
                told.contacts.count {
                    $0.at <= asked.now && asked.now.milliseconds - $0.at.milliseconds <= CustomerContext.repeatSpan
                })
            json.member("customerId", subject.kind == .customer ? subject.id : nil)
            json.key("fields")
            json.raw(fields ?? "{}")
            json.member("language", wishes.language)
            json.key("lastContact")
            write(last: contacts.first, told.contacts.first?.at, asked, to: &json)
        }
    }

    private func write(
        _ values: String, _ contacts: [ContextContact], _ asked: ContextAsked, to json: inout JSONWriter
    ) {
        let carried = entities[subject]?.withUnsafeBytes { bytes in
            CarriedAuthentication(EntityView(bytes)) { id, moment in
                if let id { return contacts.first { $0.id == id }?.channel }
                return contacts.first { contact in
                    (contact.initiatedAt.map { $0 <= moment } ?? false) && (contact.disconnectedAt.map { moment <= $0 } ?? true)
                }?.channel
            }
        }
        guard let carried = carried ?? nil else { return json.null() }
        let obstacle = carried.obstacle(asked)
        json.object { json in
            json.member("at", "\(carried.at)")
            json.member("carriesOver", obstacle == nil)
            json.member("carriesUntil", "\(carried.until)")
            json.member("channel", carried.channel)
            json.member("obstacle", obstacle?.rawValue)
            json.member("region", carried.region)
            json.key("strength")
            json.raw(carried.strength ?? "null")
            json.key("values")
            json.raw(values)
        }
    }

    /// The newest contact that came to a place in a flow, as its log or the flow itself told, and to no agent; none where a newer one came to an agent.
    private func brokenOff(_ contacts: [ContextContact]) -> ContextContact? {
        for contact in contacts {
            if contact.isConnected { return nil }
            if contact.flow?.isPlaced == true { return contact }
        }
        return nil
    }

    private func write(_ contact: ContextContact?, to json: inout JSONWriter) {
        guard let contact, let flow = contact.flow else { return json.null() }
        json.object { json in
            json.member("contactId", contact.id)
            json.member("flowId", flow.id)
            json.member("flowName", flow.name)
            json.key("position")
            json.raw(flow.position ?? "null")
            json.key("stack")
            json.raw(flow.stack)
            json.key("variables")
            json.raw(flow.variables)
        }
    }

    private func write(callback contact: ContextContact?, to json: inout JSONWriter) {
        guard let contact else { return json.null() }
        json.object { json in
            json.member("contactId", contact.id)
            json.member("phase", contact.phase.map { $0.json.view.trimmed })
            json.member("queue", contact.queue)
            json.member("region", contact.region)
            json.member("scheduledAt", contact.scheduledAt)
            json.member("since", contact.initiatedAt.map { "\($0)" })
        }
    }

    private func write(last contact: ContextContact?, _ at: Timestamp?, _ asked: ContextAsked, to json: inout JSONWriter) {
        guard let contact else { return json.null() }
        json.object { json in
            json.key("agent")
            if let id = contact.agentId {
                let agent = agent(id)
                json.object { json in
                    json.member("id", id)
                    json.member("isStale", AgentFreshness.isStale(lastSeen: agent?.lastSeen, now: asked.now))
                    json.member("lastSeen", agent?.lastSeen.map { "\($0)" })
                    json.member("presence", agent?.presence ?? "unknown")
                    json.key("regionsOnline")
                    json.raw(agent?.regionsOnline ?? "[]")
                    json.key("status")
                    json.raw(agent?.status ?? "null")
                    json.member("username", agent?.username ?? contact.agentUsername)
                }
            } else {
                json.null()
            }
            json.member("at", (contact.initiatedAt ?? at).map { "\($0)" })
            json.member("channel", contact.channel)
            json.member("contactId", contact.id)
            json.member("disconnectReason", contact.disconnectReason)
            json.member("endedAt", contact.disconnectedAt.map { "\($0)" })
            json.member("phase", contact.phase.map { $0.json.view.trimmed })
            json.member("queue", contact.queue)
            json.member("region", contact.region)
        }
    }

    /// What people call a language and a case, wherever it stands first: a flow's variables, newest first, the customer's fields, attributes.
    private func wishes(_ contacts: [ContextContact]) -> (language: String?, caseId: String?) {
        let parser = JSONParser()
        var places = contacts.compactMap { contact in
            contact.flow.map { flow in
                var flow = flow
                return flow.variables.withUTF8 { text in
                    withExtendedLifetime(parser) { ContextContact.texts(try? parser.parse(ByteView(text)).root) }
                }
            }
        }
        places.append(state(subject) { ContextContact.texts($0.member("fields")) } ?? [:])
        places += contacts.map(\.attributes)
        func first(_ names: Set<String>) -> String? {
            for place in places {
                for (name, value) in place.sorted(by: { $0.key < $1.key }) {
                    guard !value.isEmpty else { continue }
                    if names.contains(name.lowercased().filter { $0.isLetter }) { return value }
                }
            }
            return nil
        }
        return (first(["language", "languagecode", "locale"]), first(["caseid"]))
    }
}

extension ByteView {
    /// A JSON string's text without its quotes, where it has no escapes.
    fileprivate var trimmed: String { slice(1, count - 2).text }
}

extension EntityView {
    /// Adds the Regions that the stamps of its registers name.
    public func gatherRegions(into regions: inout Set<String>) {
        for register in self {
            if register.rule == .union {
                for member in register.members where !member.stamp.region.isEmpty { regions.insert(member.stamp.region.text) }
            } else if !register.stamp.region.isEmpty {
                regions.insert(register.stamp.region.text)
            }
        }
    }
}
