public import HTTPServer
import JSON
import Platform

extension HTTPRouter {
    /// `/v1/dead-letters`: a page without what letters hold for who may read, a letter whole for who may see what is personal (each such read is in the log), and
    /// redriving for who may operate. Not for agents' tokens.
    ///
    /// `letters`: nil is 404; `why` says who has them.
    public mutating func addLetters(
        _ letters: (any LetterAnswers)?, why: String, clock: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        let routes = LetterRoutes(letters: letters, why: why, clock: clock)
        add("GET", "/v1/dead-letters", access: .scopes([ReadingScope.read]), limit: .list) { routes.page($0) }
        add("GET", "/v1/dead-letters/{id}", access: .scopes([ReadingScope.personal]), limit: .read) { routes.letter($0) }
        add("POST", "/v1/redrives", access: .scopes([ReadingScope.operate]), limit: .operate) { routes.redrive($0) }
    }
}

private struct LetterRoutes: Sendable {
    static let idsMax = 1_000
    static let idLengthMax = 64
    /// Bytes of a letter that are shown.
    static let shownMax = 64 << 10

    let letters: (any LetterAnswers)?
    let why: String
    let clock: @Sendable () -> Timestamp

    private func answer(
        _ request: HTTPRequest, status: Int = 200,
        _ body: (any LetterAnswers, inout JSONWriter) throws(FailoverProblem) -> Void
    ) -> HTTPResponse {
        guard !request.isAgents else { return .problem(403, "an agent's token reads what is the agent's own") }
        guard let letters else { return .problem(404, why) }
        let now = clock()
        var answer = ReadingAnswer(asOf: now)
        do throws(FailoverProblem) { try body(letters, &answer.data) } catch { return .problem(error.status, error.detail) }
        return status == 200 && request.method != "POST"
            ? answer.response(to: request, now: clock()) : answer.response(status: status, now: clock())
    }

    func page(_ request: HTTPRequest) -> HTTPResponse {
        answer(request) { (letters, json) throws(FailoverProblem) in
            let query: ReadingQuery
            do throws(UsageError) {
                query = try ReadingQuery(request, accepting: ["before", "cursor", "limit", "reason", "since"])
            } catch { throw FailoverProblem(400, "\(error)") }
            let page = try letters.page(try wanted(query.texts))
            json.object { json in
                json.member("count", page.count)
                json.member("isCut", page.isCut)
                json.member("isPartial", page.isPartial)
                json.array("items") { json in for letter in page.letters { write(letter, &json) { _ in } } }
                json.member("next", page.next)
                json.member("open", page.open)
                json.object("reasons") { json in
                    for (reason, count) in page.reasons.sorted(by: { $0.key < $1.key }) {
                        json.key(reason)
                        json.integer(Int64(count))
                    }
                }
            }
        }
    }

    func letter(_ request: HTTPRequest) -> HTTPResponse {
        answer(request) { (letters, json) throws(FailoverProblem) in
            guard request.query.isEmpty else { throw FailoverProblem(400, "there are no parameters here") }
            let id = request.parameters["id"] ?? ""
            guard let (letter, bytes) = try letters.letter(id) else {
                throw FailoverProblem(404, "there is no dead letter of that id; the file may have been moved away")
            }
            let shown = Array(bytes.prefix(LetterRoutes.shownMax))
            write(letter, &json) { json in
                json.member("isCut", shown.count < bytes.count)
                json.member("prospect", letters.prospect(of: bytes))
                json.member("text", String(validating: shown, as: UTF8.self))
                json.key("base64")
                if String(validating: shown, as: UTF8.self) == nil {
                    shown.withUnsafeBytes { json.blob($0) }
                } else {
                    json.null()
                }
            }
        }
    }

    func redrive(_ request: HTTPRequest) -> HTTPResponse {
        answer(request, status: 202) { (letters, json) throws(FailoverProblem) in
            let order = try FailoverOrder(
                request, accepting: ["before", "confirm", "ids", "reason", "since", "why"], lists: ["ids"])
            guard let count = order.numbers["confirm"].flatMap({ Int($0) }), count >= 0 else {
                throw FailoverProblem(422, "confirm is missing; give the number of letters that you mean to redrive")
            }
            let choice: LetterChoice
            if let ids = order.lists["ids"] {
                guard ids.count <= LetterRoutes.idsMax, ids.allSatisfy({ $0.utf8.count <= LetterRoutes.idLengthMax }) else {
                    throw FailoverProblem(400, "ids: give at most \(LetterRoutes.idsMax), as /v1/dead-letters lists them")
                }
                guard ["before", "reason", "since"].allSatisfy({ order.texts[$0] == nil }) else {
                    throw FailoverProblem(422, "give ids, or what they have in common, and not both")
                }
                choice = .ids(ids)
            } else {
                choice = .open(try wanted(order.texts.filter { $0.key != "why" && $0.key != "person" }))
            }
            let outcome = try letters.redrive(choice, count: count, by: order.person, why: order.why)
            json.object { json in
                json.array("failed") { json in
                    for failure in outcome.failed {
                        json.object { json in
                            json.member("id", failure.id)
                            json.member("why", failure.why)
                        }
                    }
                }
                json.array("ids") { json in for id in outcome.redriven { json.string(id) } }
                json.member("redriven", outcome.redriven.count)
            }
        }
    }

    private func wanted(_ texts: [String: String]) throws(FailoverProblem) -> LetterQuery {
        var query = LetterQuery()
        query.reason = texts["reason"]
        query.cursor = texts["cursor"]
        query.since = try time(texts["since"], "since")
        query.before = try time(texts["before"], "before")
        if let limit = texts["limit"] {
            guard let number = Int(limit), (1...1000).contains(number), limit == "\(number)" else {
                throw FailoverProblem(400, "limit: '\(limit)' is not accepted; give a whole number from 1 to 1000")
            }
            query.limit = number
        }
        return query
    }

    private func time(_ text: String?, _ name: String) throws(FailoverProblem) -> Timestamp? {
        guard let text else { return nil }
        guard let time = Timestamp(text) else {
            throw FailoverProblem(400, "\(name): '\(text)' is not accepted; give a time as 2026-03-05T14:31:00Z")
        }
        return time
    }

    private func write(_ letter: Letter, _ json: inout JSONWriter, more: (inout JSONWriter) -> Void) {
        json.object { json in
            json.member("arrival", letter.arrival.map { "\($0)" })
            json.member("bytes", letter.bytes)
            json.member("detail", letter.detail)
            json.member("id", letter.id)
            more(&json)
            json.member("partition", letter.partition)
            json.member("position", letter.position)
            json.member("reason", letter.reason)
            json.key("redriven")
            if let redriven = letter.redriven {
                json.object { json in
                    json.member("at", "\(redriven.at)")
                    json.member("by", redriven.by)
                }
            } else {
                json.null()
            }
            json.member("source", letter.source)
            json.member("stream", letter.stream)
        }
    }
}
