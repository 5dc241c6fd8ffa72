/// The operation of Amazon EventBridge that is used.
public enum EventBridge {}

extension AWSService {
    /// From botocore's service model.
    public static let eventBridge = AWSService(
        name: "EventBridge", signingName: "events", wire: .json(version: "1.1", targetPrefix: "AWSEvents"))
}
