import Platform
import Storage

/// Where state is kept, and for how long.
package struct StoreSettings: Sendable {
    package enum Place: Sendable, Equatable {
        /// A directory of this machine.
        case embedded(path: String)
        case memory
        /// Tables of DynamoDB whose names begin so.
        case tables(prefix: String)
    }

    /// Where nothing else is given, to every command.
    package static let defaultPath = "converge-state"
    package static let defaultRetention = "30d"
    static let defaultReadable = ReadableAttribute.state

    package var place: Place
    /// How long contacts, flows and sessions stay after their latest event.
    package var retentionMilliseconds: Int64
    /// What rows in DynamoDB tell people and functions.
    package var readable: ReadableAttribute
    /// Which format of rows DynamoDB's tables are written with.
    package var format: Format

    /// The words of `store.format`.
    package enum Format: String, CaseIterable, Sendable {
        /// What the tables say.
        case auto
        /// As releases without dictionaries.
        case old = "2"
    }

    /// The words of `store.kind`.
    enum Kind: String, CaseIterable { case embedded, memory, dynamodb }

    init(_ configuration: Configuration) throws(ConfigurationError) {
        let required = configuration.required
        switch try required.word("store.kind") as Kind {
        case .embedded: place = .embedded(path: try required.text("store.path"))
        case .memory: place = .memory
        case .dynamodb: place = .tables(prefix: try required.text("store.prefix"))
        }
        retentionMilliseconds = try required.milliseconds("store.retain-contacts")
        readable = try required.word("store.readable")
        format = try required.word("store.format")
    }

    /// What is wrong with the tables' prefix, as a sentence; nil where nothing is, or there are no tables.
    var prefixProblem: String? {
        guard case .tables(let prefix) = place, !DynamoDBTables.isPrefix(prefix) else { return nil }
        return
            "store.prefix: '\(printable(prefix))' cannot begin a table name; use at most 200 letters, digits, '_', '-' and '.'"
    }

    /// Whether other workers write to it, too, so that each write costs money, and positions are kept elsewhere.
    package var isShared: Bool { if case .tables = place { true } else { false } }
}
