import HTTPClient
public import Platform

/// AWS Signature Version 4: of requests by their headers (``sign(_:with:at:)``) and of URLs by their query
/// (``presign(_:_:with:at:expires:)``). Pure: time is handed in. Amazon S3, which neither normalises paths nor encodes them
/// twice, is not served.
///
///     var keys = SigningKeys()
///     let key = keys.key(credentials, region: "eu-west-1", service: "dynamodb", at: now)
///     SigV4.sign(&request, with: key, at: now)
///
/// Specification: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html; where it leaves
/// a choice, botocore's is taken, which the tests compare with. Cost: about 2 us, and 0.6 ns a byte of the body.
public enum SigV4 {
    static let algorithm: StaticString = "AWS4-HMAC-SHA256"

    /// Adds `X-Amz-Date`, `X-Amz-Security-Token` where the credentials have one, and `Authorization`, in place of what the
    /// request had of them. `key` is of the day of `moment`.
    public static func sign(_ request: inout HTTPRequest, with key: SigningKey, at moment: Timestamp) {
        let time = SigningTime(moment)
        assert(time.day == key.day, "a signing key of another day")
        request.removeHeader("Authorization")
        request.setHeader("X-Amz-Date", time.stamp)
        request.removeHeader("X-Amz-Security-Token")
        if let token = key.sessionToken { request.setHeader("X-Amz-Security-Token", token.revealed) }
        let canonical = CanonicalRequest(request)
        var value = ByteBuffer(capacity: 512)
        value.append(algorithm)
        value.append(" Credential=")
        value.append(key.credential)
        value.append(", SignedHeaders=")
        value.append(canonical.signedHeaders)
        value.append(", Signature=")
        appendSignature(of: canonical, with: key, at: time, to: &value)
        request.setHeader("Authorization", value.bytes.text)
    }

    /// A URL that stands for a signed request without a body, for `expires`, which is at most seven days. Its query is a
    /// secret for as long.
    public static func presign(
        _ method: HTTPMethod, _ url: HTTPURL, with key: SigningKey, at moment: Timestamp, expires: Duration
    ) -> HTTPURL {
        let time = SigningTime(moment)
        assert(time.day == key.day, "a signing key of another day")
        var request = HTTPRequest(method, url)
        request.url.appendQuery("X-Amz-Algorithm", "\(algorithm)")
        request.url.appendQuery("X-Amz-Credential", key.credential)
        request.url.appendQuery("X-Amz-Date", time.stamp)
        request.url.appendQuery("X-Amz-Expires", "\(expires.components.seconds)")
        request.url.appendQuery("X-Amz-SignedHeaders", "host")
        if let token = key.sessionToken { request.url.appendQuery("X-Amz-Security-Token", token.revealed) }
        var signature = ByteBuffer(capacity: 64)
        appendSignature(of: CanonicalRequest(request), with: key, at: time, to: &signature)
        request.url.appendQuery("X-Amz-Signature", signature.bytes.text)
        return request.url
    }

    private static func appendSignature(
        of canonical: borrowing CanonicalRequest, with key: SigningKey, at time: SigningTime, to text: inout ByteBuffer
    ) {
        var toSign = ByteBuffer(capacity: 256)
        toSign.append(algorithm)
        toSign.append("\n")
        toSign.append(time.stamp)
        toSign.append("\n")
        toSign.append(key.scope)
        toSign.append("\n")
        toSign.appendHexDigest(of: canonical.text.bytes)
        key.hash.tag(toSign.bytes) { text.appendHex($0) }
    }
}

extension ByteBuffer {
    /// The SHA-256 of `bytes` in lower-case hexadecimal.
    mutating func appendHexDigest(of bytes: ByteView) {
        var hash = SHA256()
        hash.update(bytes)
        hash.finalize { appendHex($0) }
    }
}
