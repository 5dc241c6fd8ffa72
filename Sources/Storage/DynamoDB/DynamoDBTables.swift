import ContactCenter

/// The tables of a state: one a kind, named after a prefix, in one Region or several; what they have to be like, and the calls that
/// make them so.
///
/// With replicas each is one global table (version 2019.11.21) whose replicas are in the other Regions; without, each Region has a
/// table of its own. Writers touch only rows whose `sk` is their own Region, so that replication never has a conflict to resolve.
public struct DynamoDBTables: Equatable, Sendable {
    /// What `prefix` is unless somebody says otherwise.
    public static let defaultPrefix = "converge"
    /// What TTL goes by. Rows that do not have it stay, so it is on for every table.
    static let expiryAttribute = "expiresAt"
    static let globalTableVersion = "2019.11.21"

    public let prefix: String
    /// No Region twice, at least one. With replicas the first is where tables are created.
    public let regions: [String]
    public let areReplicated: Bool

    /// Nil where the prefix cannot be part of a table's name (letters, digits, `_`, `-`, `.`; 200 at most), or `regions` is empty.
    public init?(prefix: String, regions: [String], areReplicated: Bool = false) {
        guard DynamoDBTables.isPrefix(prefix), !regions.isEmpty else { return nil }
        self.prefix = prefix
        var seen: Set<String> = []
        self.regions = regions.filter { seen.insert($0).inserted }
        self.areReplicated = areReplicated
    }

    /// Whether names that begin so are names of tables. Of 255 characters that a name may have, 55 are left for what comes behind.
    public static func isPrefix(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 200
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): true
                default: false
                }
            }
    }

    /// Those of the state, by kind: `converge-agent`, `converge-contact`..
    public var names: [String] { EntityKind.allCases.map { DynamoDBStore.table($0, prefix: prefix) } }

    /// The log of the feed. Each Region has its own, never a replica: two Regions' followers would write over each other.
    var feed: String { FeedTable.name(prefix: prefix) }

    /// All tables.
    public var allNames: [String] { names + [feed] }
}
