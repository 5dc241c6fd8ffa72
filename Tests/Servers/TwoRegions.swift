import Foundation

/// Two Regions: an emulator each, one endpoint for both, and between their tables a replication that can be cut.
public final class TwoRegions: Sendable {
    public static let names = ["us-east-1", "us-west-2"]

    public let emulators: [Emulator]
    public let gateway: Gateway
    public let link: Replication

    /// Tables whose names begin with one of the prefixes are global. `lag`: from when to when a write comes to the other Region,
    /// seconds.
    public init(prefixes: [String], seed: UInt32 = 1, lag: ClosedRange<Double> = 0.1...2) throws {
        emulators = try TwoRegions.names.map { try Emulator(region: $0) }
        let places = emulators.map { "\($0.region)=\($0.port)" }
        gateway = try Gateway(places, seed: seed)
        let flags = prefixes.flatMap { ["--prefix", $0] } + ["--lag", "\(lag.lowerBound)", "\(lag.upperBound)"]
        link = Replication(try ScriptServer("replicator.py", flags + ["--seed", "\(seed)"] + places))
    }

    /// What a program in a Region needs.
    public func environment(_ region: String) -> [String: String] {
        [
            "AWS_ENDPOINT_URL": gateway.base, "AWS_REGION": region, "AWS_EC2_METADATA_DISABLED": "true",
        ].merging(Emulator.worker) { $1 }
    }

    /// What a program that goes to every Region needs.
    public var environment: [String: String] { environment(TwoRegions.names[0]) }
}

/// One endpoint for the emulators of several Regions, and what goes wrong on the way there (`regions.py`).
public final class Gateway: Sendable {
    public enum State: String { case up, reset, hang }

    private let server: ScriptServer
    public var base: String { server.base }

    /// `places`: as `us-east-1=4566`.
    public init(_ places: [String], seed: UInt32 = 1) throws {
        server = try ScriptServer("regions.py", ["--seed", "\(seed)"] + places)
    }

    public convenience init(_ emulator: Emulator, seed: UInt32 = 1) throws {
        try self.init(["\(emulator.region)=\(emulator.port)"], seed: seed)
    }

    public func set(_ region: String, _ state: State) throws {
        try server.ask("PUT", "/_regions/state", [region: state.rawValue])
    }

    /// Takes the place of the faults before; their form is in `regions.py`.
    public func set(faults: [[String: Any]]) throws { try server.ask("PUT", "/_regions/faults", faults) }

    /// How often each of the faults was made.
    public func fired() throws -> [Int] { try figures()["fired"] as? [Int] ?? [] }

    /// Requests by `REGION service Operation`.
    public func requests() throws -> [String: Int] { try figures()["requests"] as? [String: Int] ?? [:] }

    private func figures() throws -> [String: Any] {
        try server.ask("GET", "/_regions/figures") as? [String: Any] ?? [:]
    }
}

/// What makes tables of two Regions a global table (`replicator.py`): asynchronous, by item, last writer wins.
public struct Replication: Sendable {
    private let server: ScriptServer

    init(_ server: ScriptServer) { self.server = server }

    public func cut() throws { try server.ask("PUT", "/cut", [String: String]()) }

    public func heal() throws { try server.ask("PUT", "/heal") }

    /// Waits until every Region has what the others wrote; throws where a link is cut.
    public func settle() throws {
        guard try server.ask("GET", "/settled") as? Bool == true else {
            throw PythonEnvironment.Failed(description: "a link is cut")
        }
    }

    /// The tables that take part.
    public func tables() throws -> [String] { try figures()["tables"] as? [String] ?? [] }

    /// Versions of items that came to a Region which had a newer one: two wrote one item at once.
    public func lost() throws -> Int { try figures()["lost"] as? Int ?? 0 }

    private func figures() throws -> [String: Any] { try server.ask("GET", "/figures") as? [String: Any] ?? [:] }
}

/// Hands out short-lived credentials of ``Emulator/role`` (`container_credentials.py`).
public final class ContainerCredentials: Sendable {
    private let server: ScriptServer
    private let token = "token-\(UUID().uuidString)"

    /// `seconds`: how long they are good for; past that the emulator refuses them.
    public init(_ emulator: Emulator, seconds: Int) throws {
        let arguments = ["--role", Emulator.role, "--seconds", "\(seconds)", "--token", token]
        server = try ScriptServer(
            "container_credentials.py", arguments + ["\(emulator.region)=\(emulator.port)"], Emulator.worker)
    }

    /// What a program needs to find it, in place of a key.
    public var environment: [String: String] {
        [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": server.base + "/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": token,
        ]
    }

    /// How many were handed out.
    public func handed() throws -> Int { (try server.ask("GET", "/figures") as? [String: Any])?["handed"] as? Int ?? 0 }

    /// Answers 500 meanwhile.
    public func set(isFailing: Bool) throws { try server.ask("PUT", "/failing", isFailing) }
}
