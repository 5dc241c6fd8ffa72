import JSON

/// The operations of Kinesis that are used: a file each.
public enum Kinesis {}

extension AWSService {
    /// From botocore's service model.
    public static let kinesis = AWSService(
        name: "Kinesis", signingName: "kinesis", wire: .json(version: "1.1", targetPrefix: "Kinesis_20131202"))
}

/// An operation of Kinesis.
public protocol KinesisOperation: AWSOperation {}

extension KinesisOperation {
    public static var service: AWSService { .kinesis }
}

/// What requests share.
extension JSONWriter {
    mutating func name(_ stream: KinesisStream) {
        if let arn = stream.arn { member("StreamARN", arn) } else { member("StreamName", stream.name) }
    }
}
