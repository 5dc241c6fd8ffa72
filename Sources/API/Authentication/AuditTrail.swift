import HTTPServer
import Observability
import Platform

/// Writes down who read what of whom: middleware behind ``Authentication``. Each answer that may hold personal data is one line `audit.read`, whatever the level of the
/// log is: of a route that wants the scope `read:personal`, and of one that wants `read` and shows more to who has the other one, too.
///
/// Whom: what the path names, and ``HTTPResponse/subjects`` where it does not say: of those so many a line as ``subjectsBytesMax`` holds, and as many lines as that takes.
/// A name is a person's: it stands there as the first 16 hex digits of its SHA-256, by which who knows the name finds it. What else stands there is scrubbed, as all of
/// the log.
///
/// What cannot be written down is not shown: while the log cannot be written, or half of what may wait to be written waits, 503. That is tried again with every request.
package struct AuditTrail: Sendable {
    package static let scope = "read:personal"
    /// Bytes of ids in a line.
    static let subjectsBytesMax = 8_192

    private let log: Log
    private let denials: Denials

    package init(_ log: Log, denials: Denials) {
        self.log = log
        self.denials = denials
    }

    package func answer(
        _ request: HTTPRequest, _ route: HTTPRoute?, _ next: (HTTPRequest) -> HTTPResponse
    ) -> HTTPResponse {
        guard let route, let caller = request.caller, case .scopes(let scopes) = route.access,
            scopes.contains(AuditTrail.scope) || (scopes.contains("read") && caller.scopes.contains(AuditTrail.scope))
        else { return next(request) }
        let isKept = log.isWriting
        if !isKept { denials.count(.audit) }
        let answer =
            isKept
            ? next(request)
            : .problem(
                503, "personal data is not shown while the log of who reads it cannot be written; retry later",
                headers: [("Retry-After", "10")])
        let isName = request.parameters["kind"] == "username" || route.pattern.hasPrefix("/v1/usernames/")
        for subjects in AuditTrail.lines(answer.subjects.map { isName ? AuditTrail.digest($0) : $0 }) {
            log.record(
                "audit.read", "personal data was asked for",
                [
                    "issuer": .text(caller.issuer), "subject": .text(caller.subject), "agent": .text(caller.agent ?? ""),
                    "route": .text("\(route.method) \(route.pattern)"),
                    "of": .text((AuditTrail.named(request.parameters, isName: isName) + subjects).joined(separator: " ")),
                    "status": .integer(answer.status), "peer": .text(request.peer), "request": .text(request.id),
                ])
        }
        return answer
    }

    /// Ids, so many in each line as it holds; one line where there are none.
    private static func lines(_ subjects: [String]) -> [[String]] {
        var lines: [[String]] = [[]]
        var bytes = 0
        for subject in subjects.map({ $0.replacing(" ", with: "%20") }) {
            if bytes > 0, bytes + subject.utf8.count > subjectsBytesMax {
                lines.append([])
                bytes = 0
            }
            lines[lines.count - 1].append(subject)
            bytes += subject.utf8.count + 1
        }
        return lines
    }

    /// The parameters of the path by their names.
    private static func named(_ parameters: [String: String], isName: Bool) -> [String] {
        parameters.sorted { $0.key < $1.key }.map { name, value in
            "\(name)=\(name == "id" && isName ? digest(value) : value)"
        }
    }

    private static func digest(_ text: String) -> String {
        var hash = SHA256()
        var text = text
        text.withUTF8 { hash.update(ByteView($0)) }
        return String(hash.finalizeHex().prefix(16))
    }
}
