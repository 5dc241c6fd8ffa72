import HTTPClient
import Platform

/// Why an operation of a service failed, with what a person needs to act. Holds no secrets.
public struct AWSError: Error, Sendable {
    public enum Cause: Sendable {
        /// The service said so. `body` is its whole answer: some errors say more in it, as which item failed a condition.
        case refused(Refusal, body: PooledBytes)
        case noAnswer(HTTPError)
        /// ``SendLimits/deadline`` was over before it could be sent.
        case tooLate
        case noCredentials(CredentialsError)
        /// The answer is not what the service is documented to say.
        case unreadable(String)
    }

    /// An error as a service words it.
    public struct Refusal: Hashable, Sendable {
        public var status: Int
        /// Without its namespace: `ResourceNotFoundException`.
        public var code: String
        public var message: String
        /// What AWS's support asks for.
        public var requestID: String?
    }

    public let service: AWSService
    public let operation: String
    public let region: String
    public let cause: Cause
    public let errorClass: ErrorClass
    /// How often it was tried.
    public let attempts: Int
    /// What it was to be done to, as the request names it: `table converge-agent`, `stream events`. Empty where it names nothing.
    public let subject: String
    /// Where the credentials came from that it was signed with last; nil where there were none.
    public let credentialsSource: String?

    init(
        service: AWSService, operation: String, region: String, cause: Cause, errorClass: ErrorClass, attempts: Int,
        subject: String = "", credentialsSource: String? = nil
    ) {
        self.subject = subject
        self.credentialsSource = credentialsSource
        self.service = service
        self.operation = operation
        self.region = region
        self.cause = cause
        self.errorClass = errorClass
        self.attempts = attempts
    }

    /// The service answered, but not what it is documented to say.
    public init(service: AWSService, operation: String, region: String, unreadable reason: String, subject: String = "") {
        self.init(
            service: service, operation: operation, region: region, cause: .unreadable(reason), errorClass: .permanent,
            attempts: 1, subject: subject)
    }

    /// The service's code, empty where it did not answer.
    public var code: String { refusal?.code ?? "" }

    public var refusal: Refusal? { if case .refused(let refusal, _) = cause { refusal } else { nil } }

    /// Whether the service may have carried it out all the same: an answer was lost, was unreadable, or told of the service's own trouble.
    /// Of what never left this machine, or was refused at its only attempt and for its own sake, it is certain that it was not.
    public var mayBeDone: Bool {
        switch cause {
        case .refused(let refusal, _): refusal.status >= 500 && errorClass != .throttling || attempts > 1
        case .unreadable: true
        case .noCredentials, .tooLate: attempts > 0
        case .noAnswer(let error):
            switch error.kind {
            case .badRequest, .cannotResolve, .cannotConnect, .untrusted, .overloaded, .timedOut(.connect): attempts > 1
            case .timedOut, .connectionLost, .cutShort, .tooLarge, .cancelled, .other: attempts > 0
            }
        }
    }
}

extension AWSError: CustomStringConvertible {
    public var description: String {
        let tried = attempts > 1 ? " after \(attempts) attempts" : ""
        let object = subject.isEmpty ? "" : " on \(subject)"
        let failed = "\(service.name) \(operation)\(object) in \(region) failed\(tried)"
        switch cause {
        case .refused(let refusal, _):
            var text = "\(failed): \(refusal.code.isEmpty ? "HTTP \(refusal.status)" : refusal.code)"
            if !refusal.message.isEmpty { text += ": \(refusal.message)" }
            if let id = refusal.requestID { text += " (request \(id))" }
            if let advice { text += "; \(advice)" }
            return text
        case .noAnswer(let error): return "\(failed): \(error)"
        case .tooLate: return "\(failed): its deadline passed; \(attempts == 0 ? "nothing was sent" : "it was not sent again")"
        case .noCredentials(let error): return "\(failed): \(error)"
        case .unreadable(let reason): return "\(failed): the response cannot be parsed: \(reason)"
        }
    }

    /// What to do about it, for the common ones.
    public var advice: String? {
        guard let refusal else { return nil }
        if errorClass == .throttling { return "raise the quota or the capacity, or send fewer requests" }
        switch refusal.code {
        case "AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "AuthorizationError", "NotAuthorized":
            return AWSError.permissionAdvice(refusal.message, fallback: "\(service.permissionPrefix):\(operation)")
        case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId":
            return
                "the access key\(ofSource) is unknown in this Region: check that it was not deleted, that it belongs to this partition, and that the Region is enabled"
        case "InvalidSignatureException", "SignatureDoesNotMatch":
            return "the secret access key does not match the access key, or a proxy changes requests"
        case "ExpiredToken", "ExpiredTokenException":
            return "the session of the credentials\(ofSource) has expired: renew them there"
                + (credentialsSource == EnvironmentCredentials.name ? ", and restart this process" : "")
        case "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture": return "set this machine's clock (NTP)"
        case "MissingAuthenticationToken", "MissingAuthenticationTokenException":
            return "the service received the request without a signature: check the endpoint"
        case "ResourceNotFoundException", "ResourceNotFound": return "check its name and that it is in \(region)"
        case "KMSAccessDeniedException": return "allow kms:Decrypt and kms:GenerateDataKey on the resource's key"
        case "OptInRequired", "SubscriptionRequiredException": return "enable \(service.name) in \(region) for this account"
        default: return nil
        }
    }

    private var ofSource: String { credentialsSource.map { " from \($0)" } ?? "" }

    /// Reads `... is not authorized to perform: ACTION on resource: ARN ...`, the words that services share.
    static func permissionAdvice(_ message: String, fallback: String) -> String {
        func word(after mark: String) -> String? {
            let characters = Array(message.utf8)
            let wanted = Array(mark.utf8)
            guard characters.count > wanted.count else { return nil }
            for at in 0..<(characters.count - wanted.count) where characters[at...].starts(with: wanted) {
                let word = characters[(at + wanted.count)...].prefix { !isBlank($0) }
                return word.isEmpty ? nil : String(decoding: word, as: UTF8.self)
            }
            return nil
        }
        let action = word(after: "is not authorized to perform: ") ?? fallback
        let resource = word(after: "on resource: ").map { " on \($0)" } ?? ""
        let principal = word(after: "User: ").map { " to \($0)" } ?? ""
        let denied = message.contains("explicit deny") ? "; also remove the explicit deny" : ""
        return "missing permission: allow \(action)\(resource)\(principal)\(denied)"
    }
}
