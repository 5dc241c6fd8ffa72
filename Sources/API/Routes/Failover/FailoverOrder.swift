import HTTPServer
import JSON
import Platform

/// Who speaks by a request that changes something: under this name it is written down.
///
/// With `http.tokens` it is the token's subject. Without them nobody can tell who it is: on this machine itself, as through an SSH tunnel, a name is asked for, and
/// written down as not verified (`docs/decisions/0101-words-without-tokens.md`). From another machine no such word is taken.
struct Speaker {
    /// Characters of a name.
    static let nameMax = 64

    private let subject: String?

    /// Throws 403 where no name would do.
    init(_ request: HTTPRequest) throws(FailoverProblem) {
        guard let caller = request.caller else {
            guard Speaker.isOfThisMachine(request.peer) else {
                throw FailoverProblem(
                    403,
                    "words are written under the name of a token's subject, and there is none; configure http.tokens, or come from this machine"
                )
            }
            subject = nil
            return
        }
        guard !caller.subject.isEmpty else {
            throw FailoverProblem(403, "words are written under the name of a token's subject, and this token has none")
        }
        subject = caller.subject
    }

    /// Whether a token says who it is.
    var isNamed: Bool { subject != nil }

    /// `given`: what the request says.
    func name(_ given: String?) throws(FailoverProblem) -> String {
        if let subject { return subject }
        guard let given else {
            throw FailoverProblem(422, "person is missing: without http.tokens nobody knows who you are; give your name")
        }
        guard given.unicodeScalars.count <= Speaker.nameMax, given == printable(given) else {
            throw FailoverProblem(422, "person: give a name of 1 to \(Speaker.nameMax) characters, without control characters")
        }
        return "\(given) (not verified)"
    }

    private static func isOfThisMachine(_ peer: String) -> Bool {
        peer.hasPrefix("127.") || peer == "::1" || peer.hasPrefix("::ffff:127.")
    }
}

/// What a person commands: the body of a request, and whose it is.
struct FailoverOrder {
    /// Characters of a text.
    static let textMax = 512

    /// The token's subject; of who has none, on this machine, the name that they gave, marked as not verified.
    let person: String
    let why: String
    /// Members that are texts, `why` among them.
    let texts: [String: String]
    /// Members that are numbers, as they stand.
    let numbers: [String: String]
    /// Members that are lists of texts.
    let lists: [String: [String]]

    /// `lists`: those of the names that take a list of texts.
    init(_ request: HTTPRequest, accepting names: [String], lists: Set<String> = []) throws(FailoverProblem) {
        guard !request.isAgents else {
            throw FailoverProblem(403, "an agent's access token moves nothing, whatever its scopes are")
        }
        // A page of a foreign site can send a form without being asked, but not this.
        let type = request.header("content-type")?.split(separator: ";").first?.lowercased()
        guard type?.filter({ $0 != " " }) == "application/json" else {
            throw FailoverProblem(415, "the body has to be application/json")
        }
        guard request.query.isEmpty else { throw FailoverProblem(400, "there are no parameters here; the body has them") }
        let speaker = try Speaker(request)
        (texts, numbers, self.lists) = try FailoverOrder.read(
            request.body, accepting: names + (speaker.isNamed ? [] : ["person"]), lists: lists)
        person = try speaker.name(texts["person"])
        guard let why = texts["why"] else { throw FailoverProblem(400, "why is missing; it is written into the history") }
        self.why = why
    }

    private typealias Members = (texts: [String: String], numbers: [String: String], lists: [String: [String]])

    private static func read(
        _ body: [UInt8], accepting names: [String], lists: Set<String>
    ) throws(FailoverProblem) -> Members {
        let parser = JSONParser()
        let found: Result<Members, FailoverProblem> = body.withUnsafeBytes { body in
            withExtendedLifetime(parser) {
                guard let root = try? parser.parse(body).root, root.isObject else {
                    return .failure(FailoverProblem(400, "the body is not a JSON object"))
                }
                var found: Members = ([:], [:], [:])
                for (name, value) in root.members {
                    let name = name.text
                    guard names.contains(name), found.texts[name] == nil, found.numbers[name] == nil, found.lists[name] == nil
                    else {
                        return .failure(
                            FailoverProblem(
                                400, "'\(name)' is unknown or there twice. Accepted: \(names.joined(separator: ", "))"))
                    }
                    if lists.contains(name) {
                        guard value.isArray else {
                            return .failure(FailoverProblem(400, "\(name): give a list of texts"))
                        }
                        let texts = value.elements.map(\.text)
                        guard !texts.contains(nil) else {
                            return .failure(FailoverProblem(400, "\(name): give a list of texts"))
                        }
                        found.lists[name] = texts.compactMap { $0 }
                        continue
                    }
                    if value.kind == .number {
                        found.numbers[name] = value.bytes.text
                        continue
                    }
                    guard let text = value.text, text.contains(where: { !$0.isWhitespace }),
                        text.unicodeScalars.count <= textMax
                    else {
                        return .failure(FailoverProblem(400, "\(name): give a text of 1 to \(textMax) characters"))
                    }
                    found.texts[name] = text
                }
                return .success(found)
            }
        }
        return try found.get()
    }
}
