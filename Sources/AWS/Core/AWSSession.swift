import HTTPClient
import Platform

/// Everything that talking to AWS takes, as the environment and the shared files have it: one HTTP client, one set of
/// credentials, a client a service and Region.
///
///     let session = try AWSSession()
///     let kinesis = try session.client(.kinesis)
public final class AWSSession: Sendable {
    public let http: HTTPClient
    public let credentials: CredentialsProvider
    private let environment: Environment
    private let configuration: SharedConfiguration

    public init(_ environment: Environment = .process) throws(HTTPError) {
        let options = HTTPOptions(environment)
        self.environment = environment
        configuration = SharedConfiguration(environment)
        http = try HTTPClient(options)
        credentials = CredentialsProvider(environment, configuration, http)
    }

    /// The Region this process is to work in: `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's, the instance's. Asking the
    /// instance waits for the network.
    public func region() throws(ConfigurationError) -> String {
        if let region = configuredRegion { return region }
        let metadata = InstanceMetadata(environment, http)
        if let token = try? metadata.token(), let answer = try? metadata.get("/latest/meta-data/placement/region", token) {
            return answer.body.text
        }
        throw ConfigurationError(
            "no Region is configured: set AWS_REGION, or region in the profile \(configuration.profileName)")
    }

    /// The Region as far as it is configured: without asking anybody.
    public var configuredRegion: String? {
        CredentialsContext(environment: environment, configuration: configuration, http: http).region
    }

    /// A client of a service; `region` nil is ``region()``, and ``AWSService/globalRegion`` for a global service. `endpoint`: where it is, for
    /// services that have no address of AWS's own scheme, such as a cluster of routing controls; nil: see ``Endpoints``. Keep the client: quotas
    /// and limits are its own.
    public func client(
        _ service: AWSService, region: String? = nil, endpoint: HTTPURL? = nil, retry: RetryOptions? = nil,
        timeouts: HTTPTimeouts = .init()
    ) throws(ConfigurationError) -> ServiceClient {
        let region =
            if let region { region } else if service.isGlobal { AWSService.globalRegion } else { try self.region() }
        let endpoint =
            if let endpoint { endpoint } else { try Endpoints(environment, configuration).url(service, region: region) }
        let retry = if let retry { retry } else { try retryOptions() }
        return ServiceClient(
            service, region: region, endpoint: endpoint, http: http, credentials: credentials, retry: retry, timeouts: timeouts)
    }

    /// `AWS_RETRY_MODE` and `AWS_MAX_ATTEMPTS`, or `retry_mode` and `max_attempts` of the profile. The SDKs' `legacy` is taken as
    /// `standard`.
    func retryOptions() throws(ConfigurationError) -> RetryOptions {
        var options = RetryOptions()
        if let text = environment["AWS_RETRY_MODE"] ?? configuration.profile?["retry_mode"] {
            guard let mode = text == "legacy" ? .standard : RetryOptions.Mode(rawValue: text) else {
                throw ConfigurationError("the retry mode \"\(text)\" is not accepted; give standard or adaptive")
            }
            options.mode = mode
        }
        if let text = environment["AWS_MAX_ATTEMPTS"] ?? configuration.profile?["max_attempts"] {
            guard let attempts = Int(text), attempts > 0 else {
                throw ConfigurationError(
                    "the number of attempts \"\(text)\" is not accepted; give a whole number of at least 1")
            }
            options.attemptsMax = attempts
        }
        return options
    }
}
