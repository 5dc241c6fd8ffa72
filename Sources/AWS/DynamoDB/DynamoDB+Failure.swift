import HTTPClient
import JSON

extension DynamoDB {
    /// What an error of DynamoDB comes to.
    ///
    /// What is wrong with one item must not stop the others, and what is wrong with a table must not cost an item: a message that could be
    /// either is taken for the item's, and those that are known to be the table's are named here. Source: the errors of the operations, and
    /// `CancellationReasons` of TransactWriteItems, in DynamoDB's API reference.
    public enum Failure: Hashable, Sendable {
        /// The table is not there.
        case missing
        /// It is being made, changed or deleted, or is there already.
        case inUse
        /// It is too young for this change.
        case tooEarly
        /// Too many tables are being changed.
        case tooManyChanges
        /// It cannot be deleted: in the last 24 hours a replica was made from it.
        case isSourceOfReplicas
        /// The condition does not hold.
        case conditionFailed
        /// Another write to the item is under way.
        case conflict
        /// Fewer requests are wanted, by the service or by the client's own bound.
        case throttled
        /// The service will not take this item, however often it is asked.
        case item
        /// The item does not fit the table's key: no item of its kind would.
        case key
        /// No response, or the service was unwell: it may have been done.
        case unknown
        /// Anything else: permissions, mostly.
        case refused

        init(_ error: AWSError) {
            switch error.code {
            case "ResourceNotFoundException", "TableNotFoundException": self = .missing
            case "ResourceInUseException", "TableInUseException": self = .inUse
            case "ContinuousBackupsUnavailableException": self = .tooEarly
            case "LimitExceededException": self = .tooManyChanges
            case "ConditionalCheckFailedException": self = .conditionFailed
            case "TransactionConflictException", "ReplicatedWriteConflictException": self = .conflict
            // `Replica cannot be deleted because it has acted as a source region for new replica(s) being added to the table in the last
            // 24 hours.`
            case "ValidationException"
            where error.operation == DeleteTable.name && error.refusal?.message.contains("source region") == true:
                self = .isSourceOfReplicas
            case "ValidationException", "SerializationException", "ItemCollectionSizeLimitExceededException":
                self = Failure.isOfKey(error) ? .key : .item
            case "TransactionCanceledException": self = Failure(reasons: error)
            default:
                self = error.errorClass == .throttling ? .throttled : error.errorClass.isRetryable ? .unknown : .refused
                // The request is too long for the service to look at it.
                if error.refusal?.status == 413 { self = .item }
                if case .noAnswer(let reason) = error.cause, reason.kind == .overloaded { self = .throttled }
            }
        }

        /// Of a transaction. The reasons stand in the message, in the order of the items.
        private init(reasons error: AWSError) {
            let message = error.refusal?.message ?? ""
            if message.contains("ConditionalCheckFailed") {
                self = .conditionFailed
            } else if message.contains("ValidationError") || message.contains("ItemCollectionSizeLimitExceeded") {
                self = Failure.isOfKey(error) ? .key : .item
            } else {
                self = .conflict
            }
        }

        private static func isOfKey(_ error: AWSError) -> Bool {
            guard case .refused(let refusal, let body) = error.cause else { return false }
            // A transaction says it in its body only.
            let said = refusal.message + body.text
            return ["does not match the schema", "Missing the key", "Type mismatch for key"].contains { said.contains($0) }
        }
    }
}

extension AWSError {
    /// What it comes to as an error of DynamoDB.
    public var dynamoDB: DynamoDB.Failure { DynamoDB.Failure(self) }

    /// The item that a condition failed on, of a write that asked for it; nil where there is none, or `read` makes nothing of it.
    public func refusedItem<Row>(_ read: (ItemView) -> Row?) -> Row? {
        guard case .refused(_, let body) = cause else { return nil }
        let parser = JSONParser()
        return withExtendedLifetime(parser) {
            body.withBytes { (try? parser.parse($0))?.root.member("Item").flatMap { read(ItemView($0)) } }
        }
    }
}
