import JSON
import Platform

/// JSON objects that are no event, by kind: how many there were, and the first of each, whole.
///
/// A kind is what an object's top-level members are called. Of EventBridge and CloudEvents, whose members are always the same, it
/// is the type that the envelope names. At most ``kindsMax`` are told apart; what comes of further kinds is counted as
/// ``otherKinds``. Cost of an object: a hash of its members' names; of a new kind, its name and a copy.
public struct UnknownObjects: Sendable {
    /// Kinds that are told apart.
    public static let kindsMax = 64
    /// The kind of objects whose own is one too many.
    public static let otherKinds = "(other kinds)"
    /// Longest name of a kind, in bytes; a longer one ends in two dots.
    public static let nameLengthMax = 160
    /// A longer object is no sample; the next one of its kind is.
    public static let sampleBytesMax = 1 << 20

    /// Objects of one kind.
    public struct Kind: Sendable {
        /// `detail,id,source`, the members in the order of their bytes; `EventBridge: <detail-type>`; `CloudEvent: <type>`.
        public var name: String
        public var count = 0
        /// The first one that is not too long.
        public var sample: Rejection?
    }

    /// In the order of the first object of each.
    public private(set) var kinds: [Kind] = []
    private var indexOf: [UInt64: Int] = [:]

    /// Counts an object of the kind that `hash` stands for and returns the kind's index. `name` is asked for at its first.
    mutating func count(_ hash: UInt64, name: () -> String) -> Int {
        if let index = indexOf[hash] {
            kinds[index].count += 1
            return index
        }
        let isFull = kinds.count >= UnknownObjects.kindsMax
        let name = isFull ? UnknownObjects.otherKinds : name()
        if let index = kinds.firstIndex(where: { $0.name == name }) {
            kinds[index].count += 1
            if !isFull { indexOf[hash] = index }
            return index
        }
        kinds.append(Kind(name: name, count: 1))
        if !isFull { indexOf[hash] = kinds.count - 1 }
        return kinds.count - 1
    }

    mutating func keep(_ sample: Rejection, of kind: Int) { kinds[kind].sample = sample }

    mutating func removeAll() {
        guard !kinds.isEmpty else { return }
        kinds.removeAll(keepingCapacity: true)
        indexOf.removeAll(keepingCapacity: true)
    }
}

/// What an unknown object is called.
struct UnknownName {
    private let prefix: StaticString
    /// What is told after the prefix; nil where the members' names are.
    private let type: JSONValue?
    private let root: JSONValue

    init(_ root: JSONValue) {
        self.root = root
        if let type = root.member("detail-type"), type.isString {
            (prefix, self.type) = ("EventBridge: ", type)
        } else if root.member("specversion") != nil, let type = root.member("type"), type.isString {
            (prefix, self.type) = ("CloudEvent: ", type)
        } else {
            (prefix, type) = ("", nil)
        }
    }

    /// The same for all objects of the kind, in whatever order their members come.
    var hash: UInt64 {
        if let type { return type.rawString.hash64 &+ UInt64(prefix.utf8CodeUnitCount) }
        return root.members.reduce(into: 0) { $0 &+= $1.name.hash64 }
    }

    var text: String {
        var name = prefix.description
        if let type {
            name += type.rawString.text
        } else {
            let names = root.members.map(\.name).sorted { $0.compare($1) < 0 }
            var last: ByteView?
            for member in names where last?.equals(member) != true {
                if last != nil { name += "," }
                last = member
                name += member.slice(0, min(member.count, UnknownObjects.nameLengthMax)).text
                if name.utf8.count > UnknownObjects.nameLengthMax { break }
            }
            if last == nil { name = "{}" }
        }
        guard name.utf8.count > UnknownObjects.nameLengthMax else { return name }
        return String(decoding: name.utf8.prefix(UnknownObjects.nameLengthMax - 2), as: UTF8.self) + ".."
    }
}
