import AWS

/// Why a row was not written, or may not have been: what an answer to PutItem or TransactWriteItems comes to.
///
/// What is wrong with one row must not stop the others, and what is wrong with a table must not cost a row: a message that could be
/// either is taken for the row's, which loses nothing, as the row is kept whole; those that are known to be the table's are named here.
/// Source: the errors of PutItem, TransactWriteItems and their `CancellationReasons` in DynamoDB's API reference.
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
        switch error.code {
        case "ConditionalCheckFailedException": self = .conflict
        case "TransactionConflictException", "ReplicatedWriteConflictException": self = .throttled
        case "ValidationException", "SerializationException", "ItemCollectionSizeLimitExceededException":
            self = RowRefusal.isOfTable(error) ? .ofTable : .ofRow
        case "TransactionCanceledException": self = RowRefusal(reasons: error)
        default:
            self = error.errorClass == .throttling ? .throttled : error.errorClass.isRetryable ? .unknown : .ofTable
            // The request is too long for the service to look at it.
            if error.refusal?.status == 413 { self = .ofRow }
            if case .noAnswer(let reason) = error.cause, reason.kind == .overloaded { self = .throttled }
        }
    }

    /// Of a transaction. The reasons stand in the message, in the order of the rows.
    private init(reasons error: AWSError) {
        let message = error.refusal?.message ?? ""
        if message.contains("ConditionalCheckFailed") {
            self = .conflict
        } else if message.contains("ValidationError") || message.contains("ItemCollectionSizeLimitExceeded") {
            self = RowRefusal.isOfTable(error) ? .ofTable : .ofRow
        } else {
            self = .throttled
        }
    }

    /// Whether it is the table's key that no row would fit.
    private static func isOfTable(_ error: AWSError) -> Bool {
        guard case .refused(let refusal, let body) = error.cause else { return false }
        // A transaction says it in its body only.
        let said = refusal.message + body.text
        return ["does not match the schema", "Missing the key", "Type mismatch for key"].contains { said.contains($0) }
    }
}
