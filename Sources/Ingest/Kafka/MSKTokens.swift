public import AWS
public import Platform
import Synchronization

/// Tokens for Amazon MSK with IAM, of the credentials in use: what ``KafkaSettings/token`` is there.
///
///     let tokens = MSKTokens(region: "eu-central-1", credentials: session.credentials)
///     settings.token = { try tokens.make(at: now()) }
public final class MSKTokens: Sendable {
    private let region: String
    private let credentials: CredentialsProvider
    private let keys = Mutex(SigningKeys())

    public init(region: String, credentials: CredentialsProvider) {
        self.region = region
        self.credentials = credentials
    }

    /// Waits for the credentials where they have to be fetched first.
    public func make(at moment: Timestamp) throws -> KafkaToken {
        let current = try credentials.current()
        let token = keys.withLock { keys in
            MSKToken(region: region, credentials: current, keys: &keys, userAgent: "converge", at: moment)
        }
        // Brokers read the identity in the token; the principal is for librdkafka's own log.
        return KafkaToken(
            value: token.token, expiration: token.expiration.milliseconds, principal: current.accessKeyID)
    }
}
