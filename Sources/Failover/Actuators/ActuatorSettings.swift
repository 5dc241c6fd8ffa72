import AWS
import FailoverCore
import HTTPClient
import Platform

/// Which actuators there are beside Connect's groups, as settings say it; none unless something is given.
package struct ActuatorSettings: Equatable, Sendable {
    /// The group whose shares the row, names and routing controls follow: its ARN; nil: the first.
    package var group: String?
    /// The table with the row that says which Region is active.
    package var activeRegionTable: String?
    /// `ZONE/NAME/TYPE` each.
    package var route53Records: [String] = []
    /// `REGION=IDENTIFIER` each; else the Region's name.
    package var route53Identifiers: [String] = []
    /// `REGION=URL` each: the cluster's.
    package var routingControlEndpoints: [String] = []
    /// `REGION=ARN` each: those that are on while the Region has a share of telephony.
    package var routingControls: [String] = []
    package var webhookURL: String?
    package var webhookSecretFile: String?
    /// A name or an ARN.
    package var eventBus: String?
    /// An ARN.
    package var topic: String?
    /// Kinds of notices, as the history calls them.
    package var notices: [String] = ActuatorSettings.noticesDefault

    package static let noticesDefault = Notice.kindsDefault.map(\.rawValue).sorted()

    package init() {}

    // MARK: What is wrong with it

    /// A sentence each. `regions`: both of the pair.
    package func problems(regions: [String]) -> [String] {
        var problems: [String] = []
        for text in route53Records where record(text) == nil {
            problems.append(
                "\(Key.records): '\(printable(text))' is not accepted; give ZONE/NAME/TYPE with a type of \(Self.types)")
        }
        for (key, texts) in [(Key.identifiers, route53Identifiers), (Key.controls, routingControls)] {
            for text in texts where Self.pair(text).map({ regions.contains($0.key) }) != true {
                problems.append(
                    "\(key): '\(printable(text))' is not accepted; give REGION=VALUE with a Region of the pair, \(regions.joined(separator: " or "))"
                )
            }
        }
        for text in routingControlEndpoints where Self.pair(text).flatMap({ HTTPURL($0.value) }) == nil {
            problems.append(
                "\(Key.endpoints): '\(printable(text))' is not accepted; give REGION=URL, as DescribeCluster says them")
        }
        if routingControlEndpoints.isEmpty != routingControls.isEmpty {
            problems.append("\(Key.endpoints) and \(Key.controls) require each other")
        }
        let controlled = Set(routingControls.compactMap { Self.pair($0)?.key })
        for region in regions where !controlled.isEmpty && !controlled.contains(region) {
            problems.append("\(Key.controls) names no routing control of \(region)")
        }
        if let webhookURL, let problem = Webhook.problem(of: webhookURL) { problems.append("\(Key.url) \(problem)") }
        if (webhookURL == nil) != (webhookSecretFile == nil) {
            problems.append("\(Key.url) and \(Key.secret) require each other")
        }
        if let topic, Self.region(ofARN: topic, service: "sns") == nil {
            problems.append("\(Key.topic): '\(printable(topic))' is no ARN of a topic; give arn:aws:sns:REGION:ACCOUNT:NAME")
        }
        for kind in notices where Notice.Kind(rawValue: kind) == nil {
            let known = Notice.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            problems.append("\(Key.notices): '\(printable(kind))' is not accepted; accepted: \(known)")
        }
        return problems
    }

    /// What the settings are called.
    private enum Key {
        static let records = "failover.actuators.route53.records"
        static let identifiers = "failover.actuators.route53.identifiers"
        static let endpoints = "failover.actuators.routing-controls.endpoints"
        static let controls = "failover.actuators.routing-controls.controls"
        static let url = "failover.actuators.webhook.url"
        static let secret = "failover.actuators.webhook.secret-file"
        static let topic = "failover.actuators.sns.topic"
        static let notices = "failover.actuators.notices"
    }

    private static let types = "A, AAAA or CNAME"

    private func record(_ text: String) -> Route53Weights.Record? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, !parts[0].isEmpty, !parts[1].isEmpty, ["A", "AAAA", "CNAME"].contains(parts[2]) else {
            return nil
        }
        let identifiers = Dictionary(route53Identifiers.compactMap(Self.pair)) { $1 }
        return .init(zone: parts[0], name: parts[1], type: parts[2], identifiers: identifiers)
    }

    /// `KEY=VALUE`.
    private static func pair(_ text: String) -> (key: String, value: String)? {
        guard let mark = text.firstIndex(of: "="), mark != text.startIndex else { return nil }
        let value = String(text[text.index(after: mark)...])
        return value.isEmpty ? nil : (String(text[..<mark]), value)
    }

    private static func region(ofARN text: String, service: String) -> String? {
        let parts = text.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == service, !parts[3].isEmpty, !parts[5].isEmpty else { return nil }
        return String(parts[3])
    }

    // MARK: The actuators

    /// All that are given. `own`: the controller's Region. `say` is given sentences about failures, drift and recovery, on any thread.
    package func actuators(
        _ session: AWSSession, own: String, regions: [String], say: @escaping @Sendable (String) -> Void
    ) throws(ConfigurationError) -> Actuators {
        var all: [any Actuator] = []
        if let activeRegionTable {
            let client = try session.client(.dynamoDB, region: own)
            all.append(FollowingActuator(ActiveRegionRow(client, table: activeRegionTable, following: group), say: say))
        }
        let records = route53Records.compactMap(record)
        if !records.isEmpty {
            let weights = Route53Weights(
                try session.client(.route53), records: records, regions: regions, following: group)
            all.append(FollowingActuator(weights, say: say))
        }
        let controls = Dictionary(grouping: routingControls.compactMap(Self.pair), by: \.key).mapValues { $0.map(\.value) }
        if !controls.isEmpty {
            var clients: [ServiceClient] = []
            for case let (region, text)? in routingControlEndpoints.map(Self.pair) {
                if let url = HTTPURL(text) {
                    clients.append(try session.client(RoutingControl.Endpoint(url: url, region: region)))
                }
            }
            all.append(FollowingActuator(RoutingControls(clients, controls: controls, following: group), say: say))
        }
        all += try tellers(session, own: own, say: say)
        return Actuators(all)
    }

    private func tellers(
        _ session: AWSSession, own: String, say: @escaping @Sendable (String) -> Void
    ) throws(ConfigurationError) -> [any Actuator] {
        let kinds = Set(notices.compactMap(Notice.Kind.init(rawValue:)))
        var all: [any Actuator] = []
        if let url = webhookURL.flatMap({ HTTPURL($0) }), let webhookSecretFile {
            let webhook = Webhook(session.http, url: url, secretFile: webhookSecretFile)
            all.append(TellingActuator(webhook, region: own, kinds: kinds, say: say))
        }
        if let eventBus {
            let region = Self.region(ofARN: eventBus, service: "events") ?? own
            let bus = EventBridgeNotices(try session.client(.eventBridge, region: region), bus: eventBus)
            all.append(TellingActuator(bus, region: own, kinds: kinds, say: say))
        }
        if let topic {
            let region = Self.region(ofARN: topic, service: "sns") ?? own
            let sns = SNSNotices(try session.client(.sns, region: region), topic: topic)
            all.append(TellingActuator(sns, region: own, kinds: kinds, say: say))
        }
        return all
    }
}
