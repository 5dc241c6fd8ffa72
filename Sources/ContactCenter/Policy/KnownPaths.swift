import Platform
import Lattice

/// The paths under which events write registers of a kind of entity, those of versions before among them (`docs/merge.md`). What a
/// line of a state file tells under another path is refused, so that no line makes an entity larger than events can.
///
/// Values; a lookup compares a path with some ten beginnings.
struct KnownPaths: Sendable {
    /// Paths without a second segment, but for sets.
    var alone: [StaticString] = []
    /// First segments, each with its slash.
    var families: [StaticString] = []
    /// Sets, and how many members each keeps: the same in every version, as of two capacities the lesser holds.
    var sets: [(path: StaticString, capacity: Int)] = []
    /// The first segment of sketches, with its slash; a minute of the hour in two digits comes behind it.
    var sketches: StaticString?

    /// Whether an event may have written such a register.
    func has(_ register: RegisterView) -> Bool {
        if let set = sets.first(where: { register.path.equals($0.path) }) {
            return register.rule == .union && register.members.capacity == set.capacity
        }
        if register.rule == .sketch {
            guard let minute = sketches.flatMap({ register.segment(after: $0) }) else { return false }
            return VolumeID.minute(minute) != nil
        }
        return register.rule != .union
            && (alone.contains { register.path.equals($0) } || families.contains { register.segment(after: $0) != nil })
    }

    /// The table.
    static func of(_ kind: EntityKind) -> KnownPaths {
        switch kind {
        case .agent: agent
        case .contact: contact
        case .customer: customer
        case .flow: flow
        case .queue, .session: fields
        case .username: username
        case .volume: volume
        case .alias: alias
        }
    }

    private static let agent = KnownPaths(
        // `active/` is written no more.
        families: ["active/", "firstSeen/", "presence/", "seen/", "snapshot/", "status/"])
    private static let contact = KnownPaths(
        alone: ["record"],
        families: ["agent/", "analysis/", "connected/", "event/", "lens/", "milestone/", "record/", "seen/"],
        sets: [
            ("analysis/categories", RecordDecoder.categoriesMax), ("analysis/rules", RecordDecoder.rulesMax),
            ("lens/categories", RecordDecoder.categoriesMax),
        ])
    private static let customer = KnownPaths(
        families: ["authentication/", "field/", "lastContact/"], sets: [("contacts", 64)])
    private static let flow = KnownPaths(alone: ["position"], families: ["field/", "variable/"])
    private static let fields = KnownPaths(families: ["field/"])
    private static let username = KnownPaths(sets: [("agents", 16)])
    private static let volume = KnownPaths(sketches: "starts/")
    private static let alias = KnownPaths(
        sets: [("contacts", RecordDecoder.aliasMembersMax), ("customers", RecordDecoder.aliasMembersMax)])
}
