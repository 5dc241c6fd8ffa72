import Foundation

/// A stub of AWS Health (`health.py`): DescribeEvents over events that a test gives it.
public final class HealthStub: Sendable {
    private let server: ScriptServer
    public let endpoint: String

    /// `region`: of its endpoint, by which requests have to be signed.
    public init(region: String = "us-east-1") throws {
        server = try ScriptServer("health.py", ["--region", region])
        endpoint = (try server.ask("GET", "/_stub/world") as? [String: Any])?["endpoint"] as? String ?? ""
    }

    /// Takes the place of the events before; members as the service has them, times in seconds since 1970.
    public func set(events: [[String: Any]]) throws { try server.ask("PUT", "/_stub/events", events) }

    /// One open issue of Connect in a Region, and nothing else. `status`: `open`, `closed`.
    public func setIssue(in region: String, status: String = "open", since: Double) throws {
        try set(events: [
            [
                "arn": "arn:aws:health:\(region)::event/CONNECT/AWS_CONNECT_OPERATIONAL_ISSUE/1", "service": "CONNECT",
                "eventTypeCode": "AWS_CONNECT_OPERATIONAL_ISSUE", "eventTypeCategory": "issue", "region": region,
                "startTime": since, "lastUpdatedTime": since, "statusCode": status, "eventScopeCode": "PUBLIC",
            ]
        ])
    }

    /// Without a support plan it answers SubscriptionRequiredException.
    public func set(isSubscribed: Bool) throws { try server.ask("PUT", "/_stub/subscription", ["isThere": isSubscribed]) }

    public func set(_ state: ConnectStub.State) throws { try server.ask("PUT", "/_stub/state", ["door": state.rawValue]) }

    /// How often it was asked.
    public func calls() throws -> Int { (try server.ask("GET", "/_stub/log") as? [Any])?.count ?? 0 }
}
