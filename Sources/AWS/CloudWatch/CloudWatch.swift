/// The operation of Amazon CloudWatch that is used.
public enum CloudWatch {}

extension AWSService {
    /// From botocore's service model, which names AWS JSON beside the query protocol and CBOR.
    public static let cloudWatch = AWSService(
        name: "CloudWatch", signingName: "monitoring",
        wire: .json(version: "1.0", targetPrefix: "GraniteServiceVersion20100801"), permissionPrefix: "cloudwatch")
}
