import HTTPServer
import Observability
import Platform

/// Writes down who read what of whom: middleware behind ``Authentication``. Each answer that may hold personal data is one line `audit.read`, whatever the level of the
/// log is: of a route that wants the scope `read:personal`, and of one that wants `read` and shows more to who has the other one, too.
///
/// A name in the path is a person's: it stands there as the first 16 hex digits of its SHA-256, by which who knows the name finds it. What else stands in the path is scrubbed, as all of the log.
package struct AuditTrail: Sendable {
    package static let scope = "read:personal"

    private let log: Log

    package init(_ log: Log) { self.log = log }

    package func answer(
        _ request: HTTPRequest, _ route: HTTPRoute?, _ next: (HTTPRequest) -> HTTPResponse
    ) -> HTTPResponse {
        guard let route, let caller = request.caller, case .scopes(let scopes) = route.access,
            scopes.contains(AuditTrail.scope) || (scopes.contains("read") && caller.scopes.contains(AuditTrail.scope))
        else { return next(request) }
        let answer = next(request)
        log.record(
            "audit.read", "personal data was asked for",
            [
                "issuer": .text(caller.issuer), "subject": .text(caller.subject), "agent": .text(caller.agent ?? ""),
                "route": .text("\(route.method) \(route.pattern)"),
                "of": .text(AuditTrail.whom(request.parameters, route.pattern)),
                "status": .integer(answer.status), "peer": .text(request.peer), "request": .text(request.id),
            ])
        return answer
    }

    /// The parameters of the path by their names.
    private static func whom(_ parameters: [String: String], _ pattern: String) -> String {
        let isName = parameters["kind"] == "username" || pattern.hasPrefix("/v1/usernames/")
        return parameters.sorted { $0.key < $1.key }.map { name, value in
            let isPersons = name == "id" && isName
            return "\(name)=\(isPersons ? digest(value) : value)"
        }.joined(separator: " ")
    }

    private static func digest(_ text: String) -> String {
        var hash = SHA256()
        var text = text
        text.withUTF8 { hash.update(ByteView($0)) }
        return String(hash.finalizeHex().prefix(16))
    }
}
