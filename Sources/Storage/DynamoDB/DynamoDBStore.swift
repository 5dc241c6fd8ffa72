public import AWS
import ContactCenter
public import EngineCore
public import Platform
import Synchronization

/// Rows in DynamoDB global tables, a table a kind, shared with every other worker of the Region and replicated to the other Regions.
///
///     let store = try DynamoDBStore(AWSSession(), prefix: "converge")
///
/// A worker writes rows of its own Region only (`sk`), each on the condition that the row is still the one that it last read: no two
/// Regions ever write one item, so global tables have no conflict to resolve. `docs/reading-state.md` shows the rows.
///
/// Bounds: a flush has at most ``requestsInFlightMax`` requests under way, fewer while the table throttles, and a read an eighth as many, of a
/// hundred rows each; a flush is held up and never dropped. Safe from any thread; one write at a time.
///
/// Invariant (`@unchecked Sendable`): what can change is guarded by the monitor, or by a mutex of its own.
public final class DynamoDBStore: Store, @unchecked Sendable {
    /// Requests of a flush under way at one time.
    public static let requestsInFlightMax = 128

    /// The Region whose rows are written: that of the tables' own ARNs.
    public let region: String
    public let prefix: String
    /// Whose tables are written to. That of aliases is there where a deployment has a key for them (``ContactCenter/AliasKey``).
    private let kinds: [EntityKind]
    let client: ServiceClient
    let retention: Int64?
    let readable: ReadableAttribute
    private let expiry: Expiry?
    /// How long a flush tries rows that are throttled before they go back to be joined and written again.
    let throttledMilliseconds: Int64
    let monitor = Monitor()
    /// Guarded by the monitor; so is ``sending``.
    var figures = Figures()
    var sending = SendLimit(most: DynamoDBStore.requestsInFlightMax)
    private let epochs: Mutex<TableEpochs>
    /// What the tables were called at first.
    private let firstEpoch = Mutex<String?>(nil)
    let dictionaries: RowDictionaries
    private let format: Mutex<TableFormat>
    /// Of ``write(_:)`` alone, which is one at a time; so are `state` and `advice`.
    let coding = RegistersCoding()
    let state = RowState()
    var advice = DictionaryAdvice()
    let tell: @Sendable (String) -> Void
    /// Monotonic.
    let startedAt = monotonicMilliseconds()

    /// Of rows that the last write gave back, the hashes of their keys: they come again in this flush. Guarded by the monitor.
    var overtaken: Set<UInt64> = []

    /// What it has come to.
    public struct Figures: Sendable {
        public var rowsWritten = 0
        public var writes = WriteFigures()
        /// Rows that another writer was ahead with.
        public var conflicts = 0
        /// Requests that the service refused because of their rate, after the client's own attempts.
        public var throttles = 0
        /// As the service counts them.
        public var writeUnits = 0.0
        public var readUnits = 0.0
        public var rowsRead = 0
        /// What a dictionary of this worker's own rows would save, as it was last measured; nil: not yet.
        package var advice: DictionaryAdvice.Found?
        /// Requests that may be under way now.
        public var limit = 0
    }

    public var currentFigures: Figures {
        monitor.locked {
            var figures = figures
            figures.limit = sending.limit
            return figures
        }
    }

    /// Looks at all tables: that they are there, of the Region that is worked in, and which life they live. `region` nil is the session's.
    /// `retention`: milliseconds from the latest event until contacts, flows and sessions may be removed; nil: never. `watch`: is told of
    /// those that may be removed already when they are written. `readable`: what items tell people. `throttledMilliseconds`: for how long
    /// a flush tries rows that are throttled before it gives them back. `isOldFormat`: rows are written as by programs without dictionaries,
    /// whatever the tables say. `hasAliases`: whether there is a table of aliases. `tell` is given a sentence where that is so for want of a dictionary,
    /// and where one of the worker's own rows would save a twentieth of the write units or more.
    public init(
        _ session: AWSSession, prefix: String, region: String? = nil, retention: Int64? = nil, watch: ExpiryWatch? = nil,
        readable: ReadableAttribute = .state, throttledMilliseconds: Int64 = 10_000, isOldFormat: Bool = false,
        hasAliases: Bool = true, tell: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(StoreError) {
        do {
            client = try session.client(.dynamoDB, region: region)
        } catch {
            throw StoreError(.unavailable, "\(error)")
        }
        self.prefix = prefix
        kinds = EntityKind.allCases.filter { hasAliases || $0 != .alias }
        self.region = client.region
        self.retention = retention
        self.readable = readable
        self.tell = tell
        expiry = retention.map { Expiry(retention: $0, watch: watch) }
        self.throttledMilliseconds = throttledMilliseconds
        epochs = Mutex(TableEpochs(client: client, prefix: prefix, kinds: kinds))
        dictionaries = RowDictionaries(client, prefix: prefix)
        format = Mutex(TableFormat(client, prefix: prefix, dictionaries, isOld: isOldFormat, tell: tell))
        _ = try epoch()
    }

    package static func table(_ kind: EntityKind, prefix: String) -> String { "\(prefix)-\(kind.name)" }

    func table(_ kind: EntityKind) -> String { DynamoDBStore.table(kind, prefix: prefix) }

    /// The table of a key; rows of a kind that this program does not know have none.
    func table(of key: ByteView) throws(StoreError) -> String {
        guard let kind = EntityKey(key).kind else {
            throw StoreError(.failed, "there is no table for rows of kind \(key.isEmpty ? 0 : key[0])")
        }
        return table(kind)
    }

    // MARK: - The life of the tables

    /// Which format rows are written in is looked at with it. Tables that took the place of the first ones are given the dictionaries that this
    /// worker knows: rows may have been written with them by then, and a backup may be older than they are.
    public func epoch() throws(StoreError) -> String? {
        let epoch = try epochs.withLock { (epochs) throws(StoreError) in try epochs.current() }
        let first = firstEpoch.withLock { first in
            first = first ?? epoch
            return first
        }
        if epoch != first { try leaveDictionaries() }
        try format.withLock { (format) throws(StoreError) in try format.look() }
        return epoch
    }

    /// Puts every dictionary that was found so far into each table that does not have it.
    private func leaveDictionaries() throws(StoreError) {
        let puts = dictionaries.known.flatMap { dictionary in
            kinds.map { DictionaryRow.put(dictionary, in: table($0)) }
        }
        for case .failure(let error) in client.performAll(puts) where error.dynamoDB != .conditionFailed {
            throw StoreError(error, prefix: prefix)
        }
    }

    /// What rows are written with now.
    func currentCoding() -> RegistersCoding {
        coding.dictionary = format.withLock { $0.dictionary }
        return coding
    }

    /// The id of the dictionary that rows are written with now; nil: they are written in the old format.
    package var dictionary: String? { format.withLock { $0.dictionary?.id } }

    func tell(ofWritten rows: [RowBatch]) { expiry?.tell(ofWritten: rows) }

    /// Tables that rows are written to: their epoch is looked at before the next commit.
    func touched(_ kinds: Set<EntityKind>) { epochs.withLock { $0.touched.formUnion(kinds) } }

    /// None: commits carry the epoch, and the source keeps them.
    public func checkpoints() throws(StoreError) -> [Checkpoint] { [] }

    /// Not offered: a table has no order of keys. ``DynamoDBReader`` reads all of it.
    public func scan(from first: ByteView, _ body: (_ key: ByteView, _ entity: ByteView) throws -> Bool) throws {
        throw StoreError(
            .unavailable, "a DynamoDB table cannot be read in order of its keys; use converge show or digest dynamodb:\(prefix)"
        )
    }
}

extension AWSError {
    /// Whether it says that a state without aliases has no table of them.
    func isMissing(aliasesOf prefix: String, _ table: String) -> Bool {
        dynamoDB == .missing && table == DynamoDBStore.table(.alias, prefix: prefix)
    }
}

extension StoreError {
    /// Of an operation on a table.
    init(_ error: AWSError, prefix: String) {
        var message = "\(error)"
        if error.dynamoDB == .missing {
            message += "; create the tables with converge tables create --prefix \(prefix)"
        }
        if case .unreadable = error.cause {
            self.init(.failed, message)
        } else {
            self.init(.unavailable, message)
        }
    }
}
