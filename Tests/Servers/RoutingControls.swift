import Foundation

/// A stub of ARC's routing controls (`routing_controls.py`): five Regional endpoints over one truth, a routing control a Region of the
/// pair, and a safety rule by which one of them at least is on.
public final class RoutingControls: Sendable {
    /// The five, in no order that means anything.
    public static let endpointRegions = ["us-east-1", "us-west-2", "eu-west-1", "ap-northeast-1", "ap-southeast-2"]

    private let server: ScriptServer
    /// By Region of the endpoint.
    public let endpoints: [String: String]
    /// By name: as the Region that it switches.
    public let arns: [String: String]
    public let safetyRule: String

    /// `on`: which are on at first.
    public init(_ names: [String] = TwoRegions.names, on: [String] = [TwoRegions.names[0]]) throws {
        server = try ScriptServer("routing_controls.py", on.flatMap { ["--on", $0] } + names)
        let world = try server.ask("GET", "/_stub/world") as? [String: Any] ?? [:]
        endpoints = world["endpoints"] as? [String: String] ?? [:]
        arns = (world["controls"] as? [String: [String: String]] ?? [:]).compactMapValues { $0["arn"] }
        safetyRule = world["rule"] as? String ?? ""
    }

    /// What an endpoint does; `error`: it is temporarily unavailable.
    public func set(_ endpointRegion: String, _ state: ConnectStub.State) throws {
        try server.ask("PUT", "/_stub/state", [endpointRegion: state.rawValue])
    }

    /// Takes the place of the faults before; their form is in `service.py`.
    public func set(faults: [[String: Any]]) throws { try server.ask("PUT", "/_stub/faults", faults) }

    /// Somebody else flips one, whatever the safety rule says.
    public func flipByHand(_ name: String, on isOn: Bool) throws {
        try server.ask("PUT", "/_stub/controls", [name: isOn ? "On" : "Off"])
    }

    /// By name.
    public func areOn() throws -> [String: Bool] {
        let world = try server.ask("GET", "/_stub/world") as? [String: Any]
        return (world?["controls"] as? [String: [String: String]] ?? [:]).mapValues { $0["state"] == "On" }
    }

    /// Requests so far: the Region of the endpoint, the operation, and what it was refused with.
    public func calls() throws -> [(endpoint: String, operation: String, outcome: String, code: String?)] {
        (try server.ask("GET", "/_stub/log") as? [[String: Any]] ?? []).map { entry in
            (
                entry["door"] as? String ?? "", entry["operation"] as? String ?? "", entry["outcome"] as? String ?? "",
                entry["code"] as? String
            )
        }
    }
}
