import Foundation

/// Tables with multi-Region strong consistency, which no emulator has (`strong_table.py`): one emulator's table that every Region of it reaches, and DynamoDB's
/// rules for making one. Links in front of its port are the Regions' endpoints.
public final class StrongTable: Sendable {
    private let server: ScriptServer

    public init(before emulator: Emulator) throws { server = try ScriptServer("strong_table.py", ["\(emulator.port)"]) }

    public var port: Int { server.port }
    public var base: String { server.base }

    /// From now on this operation is refused with `code` so many times, in one Region or in any (nil). `garbled`: it is done, and its answer is no
    /// JSON.
    public func refuse(_ operation: String, region: String? = nil, code: String, times: Int) throws {
        var fault: [String: Any] = ["operation": operation, "code": code, "times": times]
        fault["region"] = region
        try server.ask("PUT", "/_strong/faults", [fault])
    }

    /// Requests by `REGION Operation`.
    public func requests() throws -> [String: Int] { try server.ask("GET", "/_strong/requests") as? [String: Int] ?? [:] }
}
