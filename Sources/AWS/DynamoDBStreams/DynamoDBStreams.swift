/// The operations of DynamoDB Streams that are used: a file each.
public enum DynamoDBStreams {}

extension AWSService {
    /// From botocore's service model and its endpoint rules.
    public static let dynamoDBStreams = AWSService(
        name: "DynamoDB Streams", signingName: "dynamodb",
        wire: .json(version: "1.0", targetPrefix: "DynamoDBStreams_20120810"),
        isDirect: true, hostName: "streams.dynamodb", dualStackHostName: "streams-dynamodb")
}

/// An operation of DynamoDB Streams.
public protocol DynamoDBStreamsOperation: AWSOperation {}

extension DynamoDBStreamsOperation {
    public static var service: AWSService { .dynamoDBStreams }
}
