/// Which facts of a kind of entity tell of a person: who somebody is, how to reach them, what they or others wrote about them.
/// Erasure, redaction and exports go by this table, so that a fact is personal in one place or in none.
///
/// Some registers are whole documents of which a part is personal (a record, a snapshot); those name the *members*. What is not
/// listed tells of the conversation (times, queues, statuses, sentiment) and goes when its entity goes. Ids of agents, contacts and
/// customers count as opaque; a username is none.
///
///     PersonalFacts.of(.contact).first { $0.covers("record") }?.isPersonal(member: ["Agent", "Username"])   // true
///
/// Values; a lookup is linear in a table of at most some twenty rows. Source: DATA_MODEL sections 1 to 3.
public struct PersonalFacts: Sendable, Equatable {
    /// What a fact tells.
    public enum Meaning: String, Sendable, CaseIterable {
        /// A name, or an alias that stands for one.
        case name
        /// Where a person can be reached: a number, an address.
        case endpoint
        /// What an application or a person wrote, which may say anything.
        case content
        /// An id that another system knows a person by.
        case identifier
        /// The place of a voice or a text.
        case recording
    }

    /// A register's path, or, where it ends in `/`, what paths begin with.
    public let path: String
    public let meaning: Meaning
    /// A member of the register's document, from the outside in; `*` stands for any element or name. Empty: the whole value.
    public let member: [String]

    private init(_ path: String, _ meaning: Meaning) { self.init(path, "", meaning) }

    private init(_ path: String, _ member: String, _ meaning: Meaning) {
        self.path = path
        self.meaning = meaning
        self.member = member.split(separator: ".").map { String($0) }
    }

    /// Whether this is about the register at `path`, encoded as it lies.
    public func covers(_ path: String) -> Bool { self.path.hasSuffix("/") ? path.hasPrefix(self.path) : path == self.path }

    /// Whether a member of the document lies in what this names.
    public func isPersonal(member path: [String]) -> Bool {
        path.count >= member.count && zip(member, path).allSatisfy { $0 == "*" || $0 == $1 }
    }

    /// The table.
    public static func of(_ kind: EntityKind) -> [PersonalFacts] {
        switch kind {
        case .agent: agent
        case .contact: contact
        case .customer: [PersonalFacts("authentication/", .content), PersonalFacts("field/", .content)]
        case .flow: [PersonalFacts("field/", .content), PersonalFacts("variable/", .content)]
        case .session: [PersonalFacts("field/", .content)]
        case .queue: []
        case .username: []
        case .volume: []
        case .alias: [PersonalFacts("customers", .identifier)]
        }
    }

    /// Whether an entity's id itself is a name.
    public static func idIsPersonal(_ kind: EntityKind) -> Bool { kind == .username }

    /// Whether a register, or a member of its document, is personal.
    public static func isPersonal(_ kind: EntityKind, _ path: String, member: [String] = []) -> Bool {
        of(kind).contains { $0.covers(path) && $0.isPersonal(member: member) }
    }

    /// Members, in lower case, that hold a name or an address wherever they stand: what text that quotes an event is cleared of.
    public static let memberNames = Set(
        EntityKind.allCases.flatMap(of).filter { $0.meaning == .name || $0.meaning == .endpoint }.compactMap(\.member.last)
            .map { $0.lowercased() })

    private static let agent = [
        PersonalFacts("snapshot/", "Configuration.FirstName", .name),
        PersonalFacts("snapshot/", "Configuration.LastName", .name),
        PersonalFacts("snapshot/", "Configuration.Username", .name),
    ]

    private static let contact = [
        PersonalFacts("agent/", "username", .name),
        PersonalFacts("event/customerEndpoint", "address", .endpoint),
        PersonalFacts("event/customerId", .identifier),
        PersonalFacts("event/recordings", "*.location", .recording),
        PersonalFacts("event/segmentAttributes", .content),
        PersonalFacts("event/tags", .content),
        PersonalFacts("record", "AdditionalEmailRecipients", .endpoint),
        PersonalFacts("record", "Agent.Username", .name),
        PersonalFacts("record", "Attributes", .content),
        PersonalFacts("record", "ContactDetails", .content),
        PersonalFacts("record", "CustomerEndpoint.Address", .endpoint),
        PersonalFacts("record", "CustomerEndpoint.DisplayName", .name),
        PersonalFacts("record", "CustomerId", .identifier),
        PersonalFacts("record", "Recording.Location", .recording),
        PersonalFacts("record", "Recordings.*.Location", .recording),
        PersonalFacts("record", "References.*.Value", .content),
        PersonalFacts("record", "SegmentAttributes", .content),
        PersonalFacts("record", "Tags", .content),
        PersonalFacts("record", "TransferredToEndpoint.Address", .endpoint),
        PersonalFacts("record", "VoiceIdResult", .identifier),
        PersonalFacts("record/customer", .identifier),
    ]
}
