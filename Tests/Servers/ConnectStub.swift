import Foundation

/// A stub of Amazon Connect for one Global Resiliency pair (`connect.py`, which says all that it can be told): an endpoint each for both
/// Regions, over one truth.
public final class ConnectStub: Sendable {
    /// What a Region's endpoint does: `hang` takes requests and says nothing, `reset` ends connections, `refuse` does not listen, `error`
    /// answers 500.
    public enum State: String, Sendable { case up, hang, reset, refuse, error }

    /// A traffic distribution group as it is in truth.
    public struct Group: Sendable {
        public let id: String
        public let arn: String
        public let name: String
        public let isDefault: Bool
        public let status: String
        /// By Region, percent; what GetTrafficDistribution tells.
        public let telephony: [String: Int]
        public let agents: [String: Int]
        /// Empty for all but the default group.
        public let signIn: [String: Bool]
        /// The telephony shares that callers follow now.
        public let inForce: [String: Int]
        /// Seconds since 1970.
        public let lastFailoverTime: Double
        /// How often it was updated, by whomever.
        public let updates: Int
    }

    /// A request that came, and what became of it.
    public struct Call: Sendable {
        /// The Region that was asked; `hand`: somebody else, by the control interface.
        public let door: String
        public let operation: String
        public let path: String
        /// The access key of its signature.
        public let key: String?
        /// `done`, `refused`, `hang`, `reset`, `under way`.
        public let outcome: String
        /// What it was refused with.
        public let code: String?
        /// Done or refused, and the answer was lost.
        public let isLost: Bool
        /// By member and Region, percent (sign-in: 0 or 1), of an update.
        public let shares: [String: [String: Int]]
        /// Seconds since 1970, by the stub's clock.
        public let at: Double
    }

    let server: ScriptServer
    public let regions: [String]
    /// By Region.
    public let endpoints: [String: String]
    public let account: String
    public let instance: String

    /// `groups`: besides the default one. `rate`, `burst`: the quota of a Region, of all operations together. `streams`: where events
    /// go, one a Region at most. `isGlobal`: with global routing, contact events come in both Regions; `idsDiffer`: each with an id
    /// of its own.
    public init(
        regions: [String] = TwoRegions.names, groups: [String] = [], users: Int = 200, rate: Double = 2, burst: Int = 5,
        streams: [Stream] = [], isGlobal: Bool = false, idsDiffer: Bool = false, seed: Int = 1
    ) throws {
        var flags = ["--rate", "\(rate)", "--burst", "\(burst)", "--users", "\(users)", "--seed", "\(seed)"]
        flags += groups.flatMap { ["--group", $0] } + streams.flatMap { ["--stream", "\($0.region)=\($0.port)/\($0.name)"] }
        if isGlobal { flags.append("--global-routing") }
        if idsDiffer { flags.append("--ids-differ") }
        server = try ScriptServer("connect.py", flags + regions)
        let world = try ConnectStub.object(server.ask("GET", "/_stub/world"))
        self.regions = regions
        endpoints = world["endpoints"] as? [String: String] ?? [:]
        account = world["account"] as? String ?? ""
        instance = world["instance"] as? String ?? ""
    }

    private static func object(_ value: Any) throws -> [String: Any] {
        guard let found = value as? [String: Any] else { throw PythonEnvironment.Failed(description: "no object: \(value)") }
        return found
    }

    /// Of the Regions' endpoints.
    public func ports() throws -> [String: Int] {
        try Dictionary(uniqueKeysWithValues: regions.map { ($0, try port($0)) })
    }

    /// Of a Region's endpoint.
    public func port(_ region: String) throws -> Int {
        guard let port = endpoints[region].flatMap({ $0.split(separator: ":").last }).flatMap({ Int($0) }) else {
            throw PythonEnvironment.Failed(description: "no endpoint in \(region)")
        }
        return port
    }

    /// Anything of its control interface: `what` is behind `/_stub/`.
    @discardableResult
    public func control(_ method: String, _ what: String, _ body: Any? = nil) throws -> Any {
        try server.ask(method, "/_stub/\(what)", body)
    }

    public func set(_ region: String, _ state: State) throws { try control("PUT", "state", [region: state.rawValue]) }

    /// `updateSeconds`, `updateStatus`, `conflict`, `reading`, `effectSeconds`, as `connect_pair.py` describes them.
    public func set(_ settings: [String: Any]) throws { try control("PUT", "settings", settings) }

    /// Takes the place of the faults before; their form is in `service.py`.
    public func set(faults: [[String: Any]]) throws { try control("PUT", "faults", faults) }

    /// Puts the stub's clock ahead of this machine's, seconds: signatures expire by it.
    public func set(clockAhead seconds: Double) throws { try control("PUT", "clock", ["ahead": seconds]) }

    /// Somebody else moves a group: telephony and agents, to these percentages by Region.
    public func moveByHand(_ shares: [String: Int], of group: String = "default") throws {
        let config = ["Distributions": shares.map { ["Region": $0.key, "Percentage": $0.value] as [String: Any] }]
        try control("PUT", "hand", ["group": group, "TelephonyConfig": config, "AgentConfig": config])
    }

    /// The default one first.
    public func groups() throws -> [Group] {
        let world = try ConnectStub.object(control("GET", "world"))
        return (world["groups"] as? [[String: Any]] ?? []).map { group in
            let shares = group["distribution"] as? [String: [String: Any]] ?? [:]
            let inForce = group["inForce"] as? [String: [String: Any]] ?? [:]
            return Group(
                id: group["id"] as? String ?? "", arn: group["arn"] as? String ?? "", name: group["name"] as? String ?? "",
                isDefault: group["isDefault"] as? Bool ?? false, status: group["status"] as? String ?? "",
                telephony: shares["TelephonyConfig"] as? [String: Int] ?? [:],
                agents: shares["AgentConfig"] as? [String: Int] ?? [:],
                signIn: shares["SignInConfig"] as? [String: Bool] ?? [:],
                inForce: inForce["TelephonyConfig"] as? [String: Int] ?? [:],
                lastFailoverTime: group["lastFailoverTime"] as? Double ?? 0, updates: group["updates"] as? Int ?? 0)
        }
    }

    /// The requests since the beginning or ``clearCalls()``, oldest first; the newest 20,000 at most.
    public func calls(_ operation: String? = nil) throws -> [Call] {
        (try control("GET", "log") as? [[String: Any]] ?? []).filter {
            operation == nil || $0["operation"] as? String == operation
        }
        .map { entry in
            Call(
                door: entry["door"] as? String ?? "", operation: entry["operation"] as? String ?? "",
                path: entry["path"] as? String ?? "", key: entry["key"] as? String,
                outcome: entry["outcome"] as? String ?? "", code: entry["code"] as? String,
                isLost: entry["isLost"] as? Bool ?? false, shares: ConnectStub.shares(entry["body"]),
                at: entry["at"] as? Double ?? 0)
        }
    }

    public func clearCalls() throws { try control("DELETE", "log") }

    private static func shares(_ body: Any?) -> [String: [String: Int]] {
        let members = (body as? [String: Any] ?? [:]).compactMapValues {
            ($0 as? [String: Any])?["Distributions"] as? [[String: Any]]
        }
        return members.mapValues { entries in
            let pairs = entries.map { entry in
                let enabled = (entry["Enabled"] as? Bool).map { $0 ? 1 : 0 }
                return (entry["Region"] as? String ?? "", entry["Percentage"] as? Int ?? enabled ?? -1)
            }
            return Dictionary(pairs) { $1 }
        }
    }
}
