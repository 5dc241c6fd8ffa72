import Foundation

/// A proxy before an emulator that refuses some requests, as a service does (`refusing.py`).
public final class RefusingProxy: Sendable {
    /// What is answered in place of the service.
    public struct Rule: Sendable {
        var operation: String
        var contains: String
        var status: Int
        var code: String
        var message: String
        /// Further members of the answer, as JSON.
        var more: String
        var times: Int?

        /// `contains`: what the request holds; empty: whatever it does. `times`: how often at most; nil: for ever.
        public init(
            _ operation: String, contains: String = "", status: Int = 400, code: String, message: String = "as asked for",
            more: String = "{}", times: Int? = nil
        ) {
            self.operation = operation
            self.contains = contains
            self.status = status
            self.code = code
            self.message = message
            self.more = more
            self.times = times
        }

        func json() throws -> [String: Any] {
            var rule: [String: Any] = [
                "operation": operation, "contains": contains, "status": status, "code": code, "message": message,
                "more": try JSONSerialization.jsonObject(with: Data(more.utf8)),
            ]
            rule["times"] = times
            return rule
        }
    }

    private let server: ScriptServer

    public init(before emulator: Emulator) throws { server = try ScriptServer("refusing.py", [emulator.base]) }

    public var base: String { server.base }

    /// From now on these and no others, in order of precedence.
    public func refuse(_ rules: [Rule]) throws { try server.ask("PUT", "/rules", try rules.map { try $0.json() }) }

    /// How often each of the rules has struck.
    public func struck() throws -> [Int] { try server.ask("GET", "/struck") as? [Int] ?? [] }
}
