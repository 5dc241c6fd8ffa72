import Foundation

/// Links between programs that can be cut (`links.py`): TCP from a port of its own to a server's, each by a name.
public final class Links: Sendable {
    /// `cut`: nothing passes and nobody is told; what was sent on an open connection comes once the link is up. `mute`: requests pass,
    /// answers wait. `reset`: connections are reset. `refuse`: nobody listens.
    public enum State: String, Sendable { case up, cut, mute, reset, refuse }

    private let server: ScriptServer

    /// `targets`: the port of the server behind each.
    public init(_ targets: [String: Int] = [:]) throws {
        server = try ScriptServer("links.py", targets.map { "\($0.key)=\($0.value)" })
    }

    public func open(_ name: String, to port: Int) throws { try server.ask("PUT", "/open", [name: port]) }

    /// `name`: one of them, or with `*` at its end all that begin so.
    public func set(_ name: String, _ state: State) throws { try server.ask("PUT", "/state", [name: state.rawValue]) }

    /// Of each piece in each direction, milliseconds.
    public func delay(_ name: String, _ milliseconds: ClosedRange<Double>) throws {
        try server.ask("PUT", "/delay", [name: [milliseconds.lowerBound, milliseconds.upperBound]])
    }

    /// One endpoint for several Regions, as somebody sees them: over a link of its own to each, by the name `who>what/Region`. `ports`:
    /// of the servers, by Region.
    public func gateway(_ who: String, to what: String, _ ports: [String: Int]) throws -> Gateway {
        let places = try ports.sorted { $0.key < $1.key }.map { region, port in
            let name = "\(who)>\(what)/\(region)"
            try open(name, to: port)
            return "\(region)=\(try self.port(name))"
        }
        return try Gateway(places)
    }

    public func port(_ name: String) throws -> Int { try figure(name, "port") }

    /// Where a program finds the server, over the link.
    public func base(_ name: String) throws -> String { "http://127.0.0.1:\(try port(name))" }

    /// Connections that came so far.
    public func accepted(_ name: String) throws -> Int { try figure(name, "accepted") }

    /// Bytes that reached the server so far.
    public func sent(_ name: String) throws -> Int { try figure(name, "sent") }

    private func figure(_ name: String, _ what: String) throws -> Int {
        let links = try server.ask("GET", "/links") as? [String: [String: Any]]
        guard let found = links?[name]?[what] as? Int else { throw PythonEnvironment.Failed(description: "no link \(name)") }
        return found
    }
}
