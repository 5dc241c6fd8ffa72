import HTTPClient

/// What a failure says about trying again, as the SDKs' retry modes tell failures apart
/// (https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html; the codes are those of botocore and of service models).
public enum ErrorClass: Hashable, Sendable {
    /// The service or the network was unwell for a moment.
    case transient
    /// The same, and it took a time-out to learn of it: such a retry costs more.
    case timeout
    /// The service wants fewer requests.
    case throttling
    /// The clock here and the service's differ.
    case clockSkew
    /// The credentials are out of date; others may do.
    case expiredCredentials
    /// The same request will fail again.
    case permanent

    /// The class of a service's answer. `code` is the error's name without its namespace, empty where there was none.
    public init(status: Int, code: String) {
        if ErrorClass.throttlingCodes.contains(code) || status == 429 {
            self = .throttling
        } else if ErrorClass.skewCodes.contains(code) {
            self = .clockSkew
        } else if ErrorClass.expiredCodes.contains(code) {
            self = .expiredCredentials
        } else if ErrorClass.transientCodes.contains(code) || [500, 502, 503, 504].contains(status) {
            self = .transient
        } else {
            self = .permanent
        }
    }

    public init(_ error: HTTPError) {
        self = error.isTimeout ? .timeout : error.isTransient ? .transient : .permanent
    }

    /// Whether a retry is worth its while at all.
    public var isRetryable: Bool { self == .transient || self == .timeout || self == .throttling }

    private static let throttlingCodes: Set<String> = [
        "Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "TooManyRequestsException",
        "ProvisionedThroughputExceededException", "TransactionInProgressException", "RequestLimitExceeded",
        "BandwidthLimitExceeded", "LimitExceededException", "RequestThrottled", "SlowDown", "PriorRequestNotComplete",
        "EC2ThrottledException",
    ]

    private static let transientCodes: Set<String> = [
        "RequestTimeout", "RequestTimeoutException", "InternalError", "InternalFailure", "InternalServerError",
        "ServiceUnavailable", "IDPCommunicationError",
    ]

    private static let skewCodes: Set<String> = ["RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"]

    /// The second half: a key that was deleted, as one is that was rotated.
    private static let expiredCodes: Set<String> = [
        "ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId", "InvalidAccessKeyId",
    ]
}
