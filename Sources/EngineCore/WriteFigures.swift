public import ContactCenter

/// What writing rows has taken, as a store is told: write units by kind of entity and of write, rows by their units, and how far registers were compressed.
public struct WriteFigures: Sendable {
    /// Why a row was written.
    public enum Cause: Int, CaseIterable, Sendable {
        /// There was none.
        case first
        /// Something in it changed.
        case change
        /// Nothing in it changed but what may wait, such as the time of a heartbeat.
        case refresh
        /// Another writer was ahead with it, or may have been, in this flush.
        case retry
    }

    /// Rows that take so many units.
    public enum Size: Int, CaseIterable, Sendable {
        case one, two, four, more

        init(units: Double) {
            switch units {
            case ...1: self = .one
            case ...2: self = .two
            case ...4: self = .four
            default: self = .more
            }
        }
    }

    public init() {}

    private static let kindCount = EntityKind.allCases.count
    private var unitsByWrite = [Double](repeating: 0, count: kindCount * Cause.allCases.count)
    private var rowsBySize = [Int](repeating: 0, count: Size.allCases.count)
    /// Bytes of encodings of entities that went into rows, and of the registers there.
    public var entityBytes = 0
    public var registersBytes = 0

    private static func index(_ kind: EntityKind, _ cause: Cause) -> Int {
        (Int(kind.rawValue) - 1) * Cause.allCases.count + cause.rawValue
    }

    public func units(_ kind: EntityKind, _ cause: Cause) -> Double { unitsByWrite[WriteFigures.index(kind, cause)] }

    public func rows(_ size: Size) -> Int { rowsBySize[size.rawValue] }

    /// Whole units by the name of the kind; without kinds of which no row was written.
    public var unitsByKind: [String: Int64] {
        var units: [String: Int64] = [:]
        for kind in EntityKind.allCases {
            let sum = Cause.allCases.reduce(0) { $0 + self.units(kind, $1) }
            if sum > 0 { units["\(kind.name)"] = Int64(sum.rounded()) }
        }
        return units
    }

    /// A row was written. `isRetry`: it was refused before in this flush, or may have been.
    public mutating func wrote(_ row: RowBatch.Row, units: Double, isRetry: Bool) {
        guard let kind = EntityKey(row.key).kind else { return }
        let cause: Cause = isRetry ? .retry : row.expected == .none ? .first : row.isRefresh ? .refresh : .change
        unitsByWrite[WriteFigures.index(kind, cause)] += units
        rowsBySize[Size(units: units).rawValue] += 1
    }
}
