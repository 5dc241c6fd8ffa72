public import HTTPClient

/// The operation of AWS Security Token Service about the caller; ``SecurityTokens`` has those that give credentials.
public enum STS {
    /// Who signs. Needs no permission. Ask a Region's own STS: the global one is in us-east-1.
    public struct GetCallerIdentity: AWSXMLOperation {
        public typealias Output = CallerIdentity
        public static var service: AWSService { .sts }
        public static var name: String { "GetCallerIdentity" }
        public var body: [UInt8] { [] }

        public init() {}

        public func output(of response: HTTPResponse) throws(UnreadableOutput) -> CallerIdentity { try xmlOutput(of: response) }

        func output(_ root: XMLElement) -> CallerIdentity? {
            guard let result = root.child("GetCallerIdentityResult"), let account = result.text("Account"),
                let arn = result.text("Arn")
            else { return nil }
            return CallerIdentity(account: account, arn: arn)
        }
    }
}

public struct CallerIdentity: Hashable, Sendable {
    public let account: String
    /// `arn:aws:iam::1:user/u`, or of a role's session `arn:aws:sts::1:assumed-role/NAME/SESSION`.
    public let arn: String

    /// The principal whose policies apply, as IAM names it. A role with a path cannot be named so: a session's ARN does not say it, and IAM
    /// answers that there is no such role.
    public var policySource: String {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[2] == "sts", parts[5].hasPrefix("assumed-role/") else { return arn }
        let words = parts[5].split(separator: "/")
        return words.count == 3 ? "\(parts[0]):\(parts[1]):iam::\(parts[4]):role/\(words[1])" : arn
    }
}
