public import HTTPClient
import JSON

/// The operations of the data plane of Application Recovery Controller's routing controls: a file each.
///
/// A cluster has five endpoints in five Regions. Any one may be away: whoever asks goes through them, beginning at a random one
/// (https://docs.aws.amazon.com/r53recovery/latest/dg/route53-arc-best-practices.regional.html). They are in the cluster's description, which
/// cannot be read when it is needed, so that a configuration names them.
public enum RoutingControl {
    public enum State: String, Sendable {
        case on = "On"
        case off = "Off"
    }

    /// One of a cluster's five.
    public struct Endpoint: Hashable, Sendable {
        /// `https://abcd.route53-recovery-cluster.us-west-2.amazonaws.com/v1`.
        public let url: HTTPURL
        public let region: String

        public init(url: HTTPURL, region: String) {
            self.url = url
            self.region = region
        }
    }
}

extension AWSService {
    /// From botocore's service model.
    public static let routingControl = AWSService(
        name: "Route53 Recovery Cluster", signingName: "route53-recovery-cluster",
        wire: .json(version: "1.0", targetPrefix: "ToggleCustomerAPI"))
}

extension AWSSession {
    /// A client of one endpoint of a cluster. It sends each operation once: the next attempt is another endpoint's.
    public func client(
        _ endpoint: RoutingControl.Endpoint, timeouts: HTTPTimeouts = .init()
    ) throws(ConfigurationError) -> ServiceClient {
        try client(
            .routingControl, region: endpoint.region, endpoint: endpoint.url, retry: RetryOptions(attemptsMax: 1),
            timeouts: timeouts)
    }
}

/// An operation on routing controls.
public protocol RoutingControlOperation: AWSOperation {}

extension RoutingControlOperation {
    public static var service: AWSService { .routingControl }
}
