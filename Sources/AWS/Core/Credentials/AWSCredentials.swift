public import Platform

/// What requests are signed with. Shown without its secrets.
public struct AWSCredentials: Hashable, Sendable {
    public var accessKeyID: String
    public var secretAccessKey: Secret
    /// Of temporary credentials.
    public var sessionToken: Secret?
    /// Nil of credentials that do not expire.
    public var expiration: Timestamp?
    /// Where they came from, as errors and logs name it: `environment`, `profile NAME`, `container endpoint`...
    public var source: String

    public init(
        accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret? = nil, expiration: Timestamp? = nil,
        source: String = "program"
    ) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
        self.expiration = expiration
        self.source = source
    }
}

extension AWSCredentials: CustomStringConvertible {
    public var description: String {
        "credentials \(accessKeyID) of \(source)" + (expiration.map { ", until \($0)" } ?? "")
    }
}
