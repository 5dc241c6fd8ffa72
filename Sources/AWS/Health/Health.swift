/// The operation of AWS Health that is used.
///
/// Two Regions answer, one of them at a time: the one that the name `global.health.amazonaws.com` leads to
/// (https://docs.aws.amazon.com/health/latest/ug/health-api.html#endpoints). The other's answers may be out of date.
public enum Health {
    /// Where the API is, the usual one first.
    public static let regions = ["us-east-1", "us-east-2"]
}

extension AWSService {
    /// From botocore's service model, which names AWS JSON beside CBOR.
    public static let health = AWSService(
        name: "Health", signingName: "health", wire: .json(version: "1.1", targetPrefix: "AWSHealth_20160804"))
}
