/// The operation of AWS Identity and Access Management that is used. Its control plane is in us-east-1, and is gone with that Region.
public enum IAM {}

extension AWSService {
    /// From botocore's service model.
    public static let iam = AWSService(name: "IAM", signingName: "iam", wire: .query(version: "2010-05-08"), isGlobal: true)
}
