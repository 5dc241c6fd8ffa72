import AWS

/// Why a row was not written, or may not have been: what an error of its write means for a flush. What is wrong with one row must not stop
/// the others, and what is wrong with a table must not cost a row; a row that is refused is kept whole.
enum RowRefusal: Equatable {
    /// The row is not of the revision that was expected.
    case conflict
    case throttled
    /// No answer, or the service was unwell.
    case unknown
    /// The service will not take this row, however often it is asked.
    case ofRow
    /// The service will take no row: permissions, a table that is missing or of another make.
    case ofTable

    init(_ error: AWSError) {
        switch error.dynamoDB {
        case .conditionFailed: self = .conflict
        case .throttled, .conflict, .tooManyChanges: self = .throttled
        case .unknown: self = .unknown
        case .item: self = .ofRow
        case .missing, .inUse, .tooEarly, .isSourceOfReplicas, .key, .refused: self = .ofTable
        }
    }
}
