import HTTPClient

/// Calls that show whether they are permitted, and change nothing: for whoever checks a configuration.
public struct AccessTrial: Sendable {
    /// Of one attempt each, of five seconds at most.
    public let client: ServiceClient

    public init(_ session: AWSSession, _ service: AWSService, region: String? = nil) throws(ConfigurationError) {
        let limit = Duration.seconds(5)
        client = try session.client(
            service, region: region, retry: RetryOptions(attemptsMax: 1),
            timeouts: HTTPTimeouts(connect: .seconds(3), firstByte: limit, idle: limit, total: limit))
    }

    /// Runs operations at once. The first error, but for those that are expected: what is refused so was permitted. Nil: all went well.
    public func tryAll(_ operations: [any AWSOperation], except isExpected: (AWSError) -> Bool) -> AWSError? {
        client.failures(of: operations.sorted { type(of: $0).name < type(of: $1).name })
            .compactMap { $0 }.first { !isExpected($0) }
    }
}
