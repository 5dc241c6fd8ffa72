import AWS
import FailoverCore
import Synchronization

/// Routing controls of Application Recovery Controller: those of a Region are on while it has a share of telephony. All are switched in one request, within
/// what the safety rules allow.
///
/// A cluster has five endpoints, and any may be away: each request begins at a random one and goes on to the next where one does not do.
package final class RoutingControls: Followable {
    package let name = "routing-controls"
    private let clients: [ServiceClient]
    /// ARNs by Region.
    private let controls: [String: [String]]
    private let group: String?

    /// `clients`: one an endpoint, of one attempt each; one at least. `controls`: the ARNs of each Region's. `group`: the one that is followed
    /// (``FailoverCore/Intent/shares(following:)``).
    package init(_ clients: [ServiceClient], controls: [String: [String]], following group: String? = nil) {
        self.clients = clients
        self.controls = controls
        self.group = group
    }

    package func value(for intent: Intent, isPending: Bool) -> RoutingStates? {
        guard let shares = intent.shares(following: group)?.telephony else { return nil }
        var isOn: [String: Bool] = [:]
        for (region, arns) in controls { for arn in arns { isOn[arn] = shares[region, default: 0] > 0 } }
        return RoutingStates(isOn)
    }

    package func look() -> Follower<RoutingStates>.Sight {
        let arns = controls.values.flatMap { $0 }.sorted()
        guard let first = arns.first else { return .found(.init(RoutingStates([:]))) }
        // All of them, so that it is known before it is needed how many there are.
        let answers = clients.map { client in
            (client, Result { () throws(AWSError) in try client.perform(RoutingControl.GetRoutingControlState(arn: first)) })
        }
        let away = answers.compactMap { client, answer in
            if case .failure(let error) = answer { "\(client.region): \(error)" } else { nil }
        }
        guard let found = answers.first(where: { if case .success = $0.1 { true } else { false } }),
            case .success(let state) = found.1
        else { return .failed(away.joined(separator: "; ")) }
        do throws(AWSError) {
            var isOn = [first: state == .on]
            for arn in arns.dropFirst() { isOn[arn] = try ask(RoutingControl.GetRoutingControlState(arn: arn)) == .on }
            let few = "\(clients.count - away.count) of \(clients.count) endpoints answer"
            return .found(.init(RoutingStates(isOn), warnings: away.isEmpty ? [] : [few] + away))
        } catch {
            return .failed("\(error)")
        }
    }

    package func apply(_ value: RoutingStates, term: Int64) -> String? {
        guard !clients.isEmpty else { return "no endpoint is given" }
        do throws(AWSError) {
            try ask(RoutingControl.UpdateRoutingControlStates(value.isOn.mapValues { $0 ? .on : .off }))
            return nil
        } catch {
            return "\(error)"
        }
    }

    /// At a random endpoint, and then at the next ones, each once.
    private func ask<Operation: AWSOperation>(_ operation: Operation) throws(AWSError) -> Operation.Output {
        let first = Int.random(in: 0..<clients.count)
        for turn in 0..<(clients.count - 1) {
            do throws(AWSError) {
                return try clients[(first + turn) % clients.count].perform(operation)
            } catch  where error.routingControl == .tryAnother {
                continue
            }
        }
        return try clients[(first + clients.count - 1) % clients.count].perform(operation)
    }
}

/// Which routing controls are on, by ARN.
package struct RoutingStates: Equatable, Sendable, CustomStringConvertible {
    package var isOn: [String: Bool]

    package init(_ isOn: [String: Bool]) { self.isOn = isOn }

    package var description: String {
        isOn.sorted { $0.key < $1.key }.map { arn, isOn in
            "\(arn.split(separator: "/").last ?? "") \(isOn ? "on" : "off")"
        }.joined(separator: ", ")
    }
}
