import EngineCore

/// A row as one replica of the table has it.
struct TableRow: Equatable {
    var revision: Revision
    /// The canonical encoding.
    var entity: [UInt8]
    /// What it is compressed with; nil: nothing that a reader could lack.
    var dictionary: Int?
}

/// The put of one row on the condition that the table has it as `expected`; `.none`: that it has no such row.
struct RowWrite {
    var key: [UInt8]
    var entity: [UInt8]
    var expected: Revision
    var revision: Revision
    var dictionary: Int?
}

/// What became of one row of a write.
enum RowAnswer: Equatable {
    /// It took so many write units.
    case written(units: Int)
    /// The condition did not hold.
    case conflict
    /// Throttled or unprocessed: known not to be applied.
    case refused
    /// The item is larger than the table takes.
    case tooLarge
}

/// What the caller of a write is told.
enum WriteAnswer: Equatable {
    /// An answer a row, in the order of the write.
    case rows([RowAnswer])
    /// Nobody knows: any part may have been applied, or may yet be.
    case timedOut
}

/// What the caller of a read is told.
enum ReadAnswer: Equatable {
    /// A row a key, in the order of the read; nil where there is none.
    case rows([TableRow?])
    case failed
}
