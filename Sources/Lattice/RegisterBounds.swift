public import Platform

/// What one entity may hold of registers whose number and size events decide.
///
/// A table takes no item over 400 KB and no transaction over 4 MB, so without a bound one hostile or broken producer could make a row that no
/// table takes. The bounds are of what is encoded, before any compression, and the same whatever keeps the state, so that a digest does not
/// depend on it. `docs/merge.md` lists them. The largest entity that events can make fits, each family that its kind has and each union full, even
/// where nothing can be compressed (`LargestEntityTests` of `Storage`): a contact has the least to spare. A line of a state file tells what
/// events write, too, or is refused (`KnownPaths` of `ContactCenter`).
///
/// A *family* is the registers whose paths share their first segment (`agent/..`, `seen/..`). What events name by themselves (`variable/..`,
/// `field/..`, `authentication/..`) is one family together. A family keeps its ``count`` greatest registers in ``RegisterView/precedes(_:)``'s
/// order. That is a join: the winner of each path is its greatest in the very order by which the family keeps, so a register that is dropped
/// has so many greater ones that it would be dropped from any larger set, too; it comes back only under a greater stamp, as a new telling. A
/// bound of a family's bytes would be none: what a large register displaced would be missing once a small one replaces it.
///
/// Unions have a capacity of their own, sketches one size, and the paths of both are few and known: they are in no family. A path without a second segment stands for itself.
public struct RegisterBounds: Equatable, Sendable {
    /// Registers of the family that an entity keeps.
    public let count: Int
    /// Bytes of a register with path and stamp; an event that tells a larger one is refused.
    public let bytes: Int

    /// The least ``count`` and ``bytes`` of any family: below both nothing needs a look.
    static let countMin = 16
    public static let bytesMin = 4 << 10
    /// The ``count`` of all families but the snapshots' and the fields'.
    static let countUsual = 64

    /// What a path that is no union's is bounded by.
    public static func of(_ path: ByteView) -> RegisterBounds { RegisterFamily(path).bounds }
}

/// The registers of an entity that share a bound.
struct RegisterFamily: Equatable {
    private enum Name { case fields, snapshots, agents, events, record, alone, other }

    private let name: Name
    /// The first segment and its slash; the whole path where there is none.
    private let prefix: ByteView

    init(_ path: ByteView) {
        let slash = path.firstOffset(of: UInt8(ascii: "/"))
        prefix = slash.map { path.slice(0, $0 + 1) } ?? path
        name =
            if slash == nil {
                prefix.equals("record") ? .record : .alone
            } else if prefix.equals("variable/") || prefix.equals("field/") || prefix.equals("authentication/") {
                .fields
            } else if prefix.equals("snapshot/") {
                .snapshots
            } else if prefix.equals("agent/") {
                .agents
            } else if prefix.equals("event/") {
                .events
            } else {
                .other
            }
    }

    var bounds: RegisterBounds {
        switch name {
        case .fields: RegisterBounds(count: 200, bytes: 16 << 10)
        case .snapshots: RegisterBounds(count: RegisterBounds.countMin, bytes: 128 << 10)
        case .agents: RegisterBounds(count: RegisterBounds.countUsual, bytes: 8 << 10)
        case .events: RegisterBounds(count: RegisterBounds.countUsual, bytes: 16 << 10)
        case .record: RegisterBounds(count: 1, bytes: 256 << 10)
        case .alone: RegisterBounds(count: 1, bytes: 64 << 10)
        case .other: RegisterBounds(count: RegisterBounds.countUsual, bytes: RegisterBounds.bytesMin)
        }
    }

    /// Whether it keeps fewer than the others.
    var isTight: Bool { name == .snapshots }

    static func == (a: RegisterFamily, b: RegisterFamily) -> Bool {
        a.name == b.name && (a.name == .fields || a.prefix.equals(b.prefix))
    }

    /// The places of those registers, given in ascending order of path, that their families do not keep. Cost: a sort of each family that
    /// holds too many.
    static func dropped(of registers: [RegisterView]) -> [Int] {
        var families: [(family: RegisterFamily, places: [Int])] = []
        var fields: Int?
        for (place, register) in registers.enumerated() where register.rule != .union && register.rule != .sketch {
            let family = RegisterFamily(register.path)
            // But for the fields, a family's paths stand together.
            if let last = families.last, last.family == family {
                families[families.count - 1].places.append(place)
            } else if family.name == .fields, let fields {
                families[fields].places.append(place)
            } else {
                if family.name == .fields { fields = families.count }
                families.append((family, [place]))
            }
        }
        var dropped: [Int] = []
        for (family, places) in families where places.count > family.bounds.count {
            let leastFirst = places.sorted { registers[$0].precedes(registers[$1]) }
            dropped += leastFirst.prefix(places.count - family.bounds.count)
        }
        return dropped
    }
}

extension RegisterView {
    /// Whether a family that is full drops this register before that one: by rule, then by what decides a contest of its rule, then by path.
    func precedes(_ other: RegisterView) -> Bool {
        if rule != other.rule { return rule.rawValue < other.rule.rawValue }
        let order = contest(other)
        return order != 0 ? order < 0 : path.compare(other.path) < 0
    }
}

extension EntityView {
    /// Whether every register, and the number of each family's, is within its bound (``RegisterBounds``). What one event tells has to be.
    /// Cost: a walk; with many registers a little more.
    public var isWithinBounds: Bool {
        for register in self
        where register.rule != .union && register.rule != .sketch
            && register.bytes.count > RegisterBounds.of(register.path).bytes
        {
            return false
        }
        return count <= RegisterBounds.countMin || RegisterFamily.dropped(of: Array(self)).isEmpty
    }
}
