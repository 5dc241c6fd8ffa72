import HTTPServer
import JSON
import Platform

/// What a person commands: the body of a request, and whose it is.
struct FailoverOrder {
    /// Characters of a text.
    static let textMax = 512

    /// The token's subject.
    let person: String
    let why: String
    /// Members that are texts, `why` among them.
    let texts: [String: String]
    /// Members that are numbers, as they stand.
    let numbers: [String: String]

    init(_ request: HTTPRequest, accepting names: [String]) throws(FailoverProblem) {
        // Without a token anybody on the machine could sign with any name; they have the command.
        guard let caller = request.caller, !caller.subject.isEmpty else {
            throw FailoverProblem(
                403,
                "words to a failover are written under the name of a token's subject, and there is none; configure http.tokens, or use 'converge failover' on this machine"
            )
        }
        guard !request.isAgents else {
            throw FailoverProblem(403, "an agent's access token moves nothing, whatever its scopes are")
        }
        // A page of a foreign site can send a form without being asked, but not this.
        let type = request.header("content-type")?.split(separator: ";").first?.lowercased()
        guard type?.filter({ $0 != " " }) == "application/json" else {
            throw FailoverProblem(415, "the body has to be application/json")
        }
        guard request.query.isEmpty else { throw FailoverProblem(400, "there are no parameters here; the body has them") }
        person = caller.subject
        (texts, numbers) = try FailoverOrder.read(request.body, accepting: names)
        guard let why = texts["why"] else { throw FailoverProblem(400, "why is missing; it is written into the history") }
        self.why = why
    }

    private static func read(
        _ body: [UInt8], accepting names: [String]
    ) throws(FailoverProblem) -> (texts: [String: String], numbers: [String: String]) {
        let parser = JSONParser()
        let found: Result<([String: String], [String: String]), FailoverProblem> = body.withUnsafeBytes { body in
            withExtendedLifetime(parser) {
                guard let root = try? parser.parse(body).root, root.isObject else {
                    return .failure(FailoverProblem(400, "the body is not a JSON object"))
                }
                var texts: [String: String] = [:]
                var numbers: [String: String] = [:]
                for (name, value) in root.members {
                    let name = name.text
                    guard names.contains(name), texts[name] == nil, numbers[name] == nil else {
                        return .failure(
                            FailoverProblem(
                                400, "'\(name)' is unknown or there twice. Accepted: \(names.joined(separator: ", "))"))
                    }
                    if value.kind == .number {
                        numbers[name] = value.bytes.text
                        continue
                    }
                    guard let text = value.text, text.contains(where: { !$0.isWhitespace }),
                        text.unicodeScalars.count <= textMax
                    else {
                        return .failure(FailoverProblem(400, "\(name): give a text of 1 to \(textMax) characters"))
                    }
                    texts[name] = text
                }
                return .success((texts, numbers))
            }
        }
        return try found.get()
    }
}
