import JSON

/// The operations of DynamoDB that are used: a file each in `Items` and `Tables`. `Values` is how attributes are written and read.
public enum DynamoDB {}

extension AWSService {
    /// From botocore's service model.
    public static let dynamoDB = AWSService(
        name: "DynamoDB", signingName: "dynamodb", wire: .json(version: "1.0", targetPrefix: "DynamoDB_20120810"),
        isDirect: true)
}

/// An operation of DynamoDB.
public protocol DynamoDBOperation: AWSOperation {}

extension DynamoDBOperation {
    public static var service: AWSService { .dynamoDB }
}

/// What requests share. Expressions are left out where they are empty.
extension JSONWriter {
    mutating func expression(_ name: StaticString, _ expression: String) {
        if !expression.isEmpty { member(name, expression) }
    }

    /// The condition of a write, and the values that its expressions name (`:worker`). `returnsItem`: where the condition does not hold,
    /// ``AWSError/refusedItem(_:)`` has the item.
    mutating func condition(_ condition: String, returnsItem: Bool = false, _ values: (inout JSONWriter) -> Void) {
        expression("ConditionExpression", condition)
        if returnsItem { member("ReturnValuesOnConditionCheckFailure", "ALL_OLD") }
        object(unlessEmpty: "ExpressionAttributeValues", values)
    }

    mutating func consumedUnits(_ areReturned: Bool) {
        if areReturned { member("ReturnConsumedCapacity", "TOTAL") }
    }

    /// Where a page begins: behind the last item of the page before.
    mutating func startKey(_ last: [UInt8]?) {
        guard let last else { return }
        key("ExclusiveStartKey" as StaticString)
        last.withUnsafeBytes { raw($0) }
    }
}
