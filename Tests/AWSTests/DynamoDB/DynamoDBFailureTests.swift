import TestSupport
import Testing

@testable import AWS
@testable import HTTPClient

@Suite("errors of DynamoDB", .limited)
struct DynamoDBFailureTests {
    private static func put(_ code: String, _ message: String = "", status: Int = 400, body: String = "") -> AWSError {
        AWSError(DynamoDB.PutItem.self, code, message, status: status, body: body)
    }

    private static func transaction(_ reason: String, body: String = "") -> AWSError {
        let message = "Transaction cancelled, please refer cancellation reasons for specific reasons [\(reason), None]"
        return AWSError(DynamoDB.TransactWriteItems.self, "TransactionCanceledException", message, body: body)
    }

    private static func noAnswer(_ kind: HTTPError.Kind, _ errorClass: ErrorClass) -> AWSError {
        AWSError(
            service: .dynamoDB, operation: "PutItem", region: "us-east-1",
            cause: .noAnswer(HTTPError(kind, "origin", "reason")),
            errorClass: errorClass, attempts: 1)
    }

    private static let source = "Replica cannot be deleted because it has acted as a source region for new replica(s)"
    private static let schema = "The provided key element does not match the schema"

    static let cases: [(AWSError, DynamoDB.Failure)] = [
        (put("ResourceNotFoundException"), .missing), (put("TableNotFoundException"), .missing),
        (put("ResourceInUseException"), .inUse), (put("TableInUseException"), .inUse),
        (put("ContinuousBackupsUnavailableException"), .tooEarly), (put("LimitExceededException"), .tooManyChanges),
        (AWSError(DynamoDB.DeleteTable.self, "ValidationException", source), .isSourceOfReplicas),
        (put("ValidationException", source), .item), (put("ConditionalCheckFailedException"), .conditionFailed),
        (put("TransactionConflictException"), .conflict), (put("ReplicatedWriteConflictException"), .conflict),
        (put("ValidationException", "Item size has exceeded the maximum allowed size"), .item),
        (put("ValidationException", schema), .key), (put("ValidationException", "Type mismatch for key pk"), .key),
        (put("SerializationException"), .item), (put("ItemCollectionSizeLimitExceededException"), .item),
        (put("", status: 413), .item), (put("ProvisionedThroughputExceededException"), .throttled),
        (put("ThrottlingException"), .throttled), (put("InternalServerError", status: 500), .unknown),
        (put("", status: 503), .unknown), (put("AccessDeniedException"), .refused), (put("Unheard"), .refused),
        (transaction("ConditionalCheckFailed"), .conditionFailed), (transaction("ValidationError"), .item),
        (transaction("ValidationError", body: schema), .key), (transaction("TransactionConflict"), .conflict),
        (transaction("ThrottlingError"), .conflict), (noAnswer(.timedOut(.idle), .timeout), .unknown),
        (noAnswer(.cancelled, .permanent), .refused), (noAnswer(.overloaded, .permanent), .throttled),
    ]

    @Test("each comes to one thing", arguments: 0..<cases.count)
    func failure(number: Int) {
        let (error, failure) = Self.cases[number]
        #expect(error.dynamoDB == failure, "\(error)")
    }

    @Test("a condition that failed brings the item along")
    func refusedItem() {
        let error = Self.put("ConditionalCheckFailedException", body: #"{"Item":{"a":{"S":"b"}}}"#)
        #expect(error.refusedItem { $0.text("a") } == "b")
        #expect(error.refusedItem { $0.text("b") } == nil)
        for body in ["", "{}", "["] {
            #expect(Self.put("ConditionalCheckFailedException", body: body).refusedItem { $0.text("a") } == nil)
        }
        #expect(Self.noAnswer(.overloaded, .permanent).refusedItem { $0.text("a") } == nil)
    }
}
