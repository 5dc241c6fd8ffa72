/// The operation of Amazon Simple Notification Service that is used.
public enum SNS {}

extension AWSService {
    /// From botocore's service model.
    public static let sns = AWSService(name: "SNS", signingName: "sns", wire: .query(version: "2010-03-31"))
}
