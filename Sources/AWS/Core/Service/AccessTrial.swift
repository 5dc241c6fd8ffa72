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

    /// Makes calls at once. The first error, but for those whose codes are `expected`: what is refused so was permitted. Nil: all went well.
    public func tryAll(_ calls: [(operation: String, input: [UInt8])], expected: Set<String> = []) -> AWSError? {
        let operations = Set(calls.map(\.operation)).sorted()
        for operation in operations {
            for result in client.performAll(operation, calls.filter { $0.operation == operation }.map(\.input)) {
                if case .failure(let error) = result, !expected.contains(error.code) { return error }
            }
        }
        return nil
    }
}
