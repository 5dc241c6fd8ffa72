import AWS
import EngineCore
import Platform

/// With what a Region's rows are written, as its tables say (``FormatRow``): looked at when a worker starts and again every
/// ``intervalMilliseconds``, so that a raised format is taken up without a restart.
///
/// A dictionary that the tables name and the agents' table does not have is not written with, even if the program has it: rows are written in
/// the old format meanwhile, which every program reads.
struct TableFormat {
    static let intervalMilliseconds: Int64 = 5_000

    private let client: ServiceClient
    private let prefix: String
    private let dictionaries: RowDictionaries
    /// Whether the old format is written, whatever the tables say.
    private let isOld: Bool
    private let tell: @Sendable (String) -> Void
    private var lookedAt: Int64?
    private var told: FormatRow?
    /// Nil: the old format.
    private(set) var dictionary: RowDictionary?

    init(
        _ client: ServiceClient, prefix: String, _ dictionaries: RowDictionaries, isOld: Bool,
        tell: @escaping @Sendable (String) -> Void
    ) {
        self.client = client
        self.prefix = prefix
        self.dictionaries = dictionaries
        self.isOld = isOld
        self.tell = tell
    }

    /// Looks where it is due. Cost: a read unit then; of a dictionary that is new to this worker a query.
    mutating func look() throws(StoreError) {
        let now = monotonicMilliseconds()
        guard !isOld, lookedAt.map({ now - $0 >= TableFormat.intervalMilliseconds }) ?? true else { return }
        let row: FormatRow?
        do throws(AWSError) {
            row = try client.perform(
                FormatRow.get(DynamoDBStore.table(.agent, prefix: prefix), region: client.region))
        } catch {
            throw StoreError(error, prefix: prefix)
        }
        dictionary = try named(by: row)
        lookedAt = now
    }

    /// Of a format beyond those that this program writes, its newest: whoever reads that one reads this one, too.
    private mutating func named(by row: FormatRow?) throws(StoreError) -> RowDictionary? {
        guard let row, row.format >= RegistersFormat.zstd.rawValue else { return nil }
        if let dictionary, dictionary.id == row.dictionary { return dictionary }
        if let found = try dictionaries.fetch(id: row.dictionary) { return found }
        if told != row {
            tell(
                "the tables name a dictionary that \(DynamoDBStore.table(.agent, prefix: prefix)) does not have, \(row.dictionary): rows are written in the old format, "
                    + "which takes several times as much room; copy the row pk \(DictionaryRow.partition), sk \(row.dictionary) from another table or Region"
            )
        }
        told = row
        return nil
    }
}
