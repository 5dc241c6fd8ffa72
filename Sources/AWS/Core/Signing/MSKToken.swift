import HTTPClient
public import Platform

/// What a Kafka client shows an Amazon MSK cluster to say who it is (SASL/OAUTHBEARER with IAM): a presigned URL of the action
/// `kafka-cluster:Connect` in base64url without padding, as AWS's own signers make it
/// (https://github.com/aws/aws-msk-iam-sasl-signer-python). A secret while it lasts.
public struct MSKToken: Sendable {
    /// The longest that brokers accept.
    public static let lifetime = Duration.seconds(900)

    public let token: Secret
    /// When a broker stops accepting it for new connections.
    public let expiration: Timestamp

    /// `userAgent` is told to the broker, as in `converge/1.0`.
    public init(
        region: String, credentials: AWSCredentials, keys: inout SigningKeys, userAgent: String, at moment: Timestamp
    ) {
        var url = HTTPURL(scheme: .https, host: "kafka.\(region).amazonaws.com")
        url.appendQuery("Action", "kafka-cluster:Connect")
        let key = keys.key(credentials, region: region, service: "kafka-cluster", at: moment)
        var signed = SigV4.presign(.get, url, with: key, at: moment, expires: MSKToken.lifetime)
        // Not signed: the signers add it last.
        signed.appendQuery("User-Agent", userAgent)
        token = Secret(base64URL(signed.text))
        let wholeSeconds = moment.milliseconds / 1000 * 1000
        let end = Timestamp(milliseconds: wholeSeconds + MSKToken.lifetime.components.seconds * 1000)
        // A token does not outlive the credentials it was made with.
        expiration = min(end, credentials.expiration ?? end)
    }
}

/// RFC 4648 section 5, without padding.
private func base64URL(_ text: String) -> String {
    var text = text
    var encoded = ByteBuffer(capacity: text.utf8.count * 2)
    text.withUTF8 { encoded.appendBase64(ByteView($0)) }
    var out = ByteBuffer(capacity: encoded.count)
    for byte in encoded.bytes {
        switch byte {
        case UInt8(ascii: "+"): out.append(UInt8(ascii: "-"))
        case UInt8(ascii: "/"): out.append(UInt8(ascii: "_"))
        case UInt8(ascii: "="): break
        default: out.append(byte)
        }
    }
    return out.bytes.text
}
