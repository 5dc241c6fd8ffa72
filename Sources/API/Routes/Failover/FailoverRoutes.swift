public import HTTPServer
import Platform

extension HTTPRouter {
    /// `/v1/failover/..`: status, plan, history and explanation for who may read; approve, hold, resume and move for who may operate. A word is
    /// written under the name of the token's subject, so without a token none is taken (`docs/api.md`, Failover).
    ///
    /// `failover`: nil where the process watches over none; then all of it is 404.
    public mutating func addFailover(
        _ failover: (any FailoverAnswers)?, clock: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        let failover = failover ?? NoFailover()
        let routes = FailoverRoutes(failover: failover, clock: clock)
        let read = HTTPAccess.scopes([ReadingScope.read])
        add("GET", "/v1/failover/status", access: read, limit: .read) {
            routes.read($0, []) { (_) throws(FailoverProblem) in try failover.status() }
        }
        add("GET", "/v1/failover/plan", access: read, limit: .list) {
            routes.read($0, ["to", "share"]) { (query) throws(FailoverProblem) in
                try failover.plan(to: try routes.region(query["to"], "to"), share: try routes.share(query["share"]))
            }
        }
        add("GET", "/v1/failover/history", access: read, limit: .list) {
            routes.read($0, ["term", "limit"]) { (query) throws(FailoverProblem) in
                try failover.history(
                    of: try routes.number(query["term"], "term", in: 1...FailoverRoutes.termMax),
                    limit: Int(try routes.number(query["limit"], "limit", in: 1...1000) ?? 100))
            }
        }
        add("GET", "/v1/failover/explain/{term}", access: read, limit: .list) { request in
            routes.read(request, []) { (_) throws(FailoverProblem) in
                guard let term = try routes.number(request.parameters["term"], "term", in: 1...FailoverRoutes.termMax) else {
                    throw FailoverProblem(404, "there is no term of that name")
                }
                return try failover.explain(term)
            }
        }
        add("GET", "/v1/failover/reports", access: read, limit: .list) {
            routes.read($0, []) { (_) throws(FailoverProblem) in try failover.reports() }
        }
        let operate = HTTPAccess.scopes([ReadingScope.operate])
        add("POST", "/v1/failover/hold", access: operate, limit: .operate) {
            routes.say($0, ["why"], status: 200) { (order) throws(FailoverProblem) in
                try failover.hold(by: order.person, why: order.why)
            }
        }
        add("POST", "/v1/failover/resume", access: operate, limit: .operate) {
            routes.say($0, ["why"], status: 200) { (order) throws(FailoverProblem) in
                try failover.resume(by: order.person, why: order.why)
            }
        }
        add("POST", "/v1/failover/return", access: operate, limit: .operate) {
            routes.say($0, ["confirm", "hold", "share", "step", "to", "why"], status: 202) { (order) throws(FailoverProblem) in
                let region = try routes.confirmed(order)
                let step = try routes.number(order.numbers["step"], "step", in: 10...100) ?? 10
                guard step % 10 == 0 else {
                    throw FailoverProblem(400, "step: \(step) is not accepted; give 10 to 100 in steps of 10")
                }
                return try failover.beginReturn(
                    to: region, share: try routes.share(order.numbers["share"] ?? "50"), step: Int(step),
                    hold: (try routes.number(order.numbers["hold"], "hold", in: 1...86_400) ?? 300) * 1000, by: order.person,
                    why: order.why)
            }
        }
        add("POST", "/v1/failover/halt", access: operate, limit: .operate) {
            routes.say($0, ["why"], status: 200) { (order) throws(FailoverProblem) in
                try failover.haltReturn(by: order.person, why: order.why)
            }
        }
        add("POST", "/v1/failover/acknowledge", access: operate, limit: .operate) {
            routes.say($0, ["why"], status: 200) { (order) throws(FailoverProblem) in
                try failover.acknowledge(by: order.person, why: order.why)
            }
        }
        add("POST", "/v1/failover/approve", access: operate, limit: .operate) {
            routes.say($0, ["answer", "confirm", "proposal", "why"], status: 202) { (order) throws(FailoverProblem) in
                guard let proposal = order.texts["proposal"] else {
                    throw FailoverProblem(400, "proposal is missing; /v1/failover/status has its id")
                }
                guard let answer = order.texts["answer"], answer == "yes" || answer == "no" else {
                    throw FailoverProblem(400, "answer is missing; give yes or no")
                }
                return try failover.approve(
                    proposal, isYes: answer == "yes", confirmation: order.texts["confirm"], by: order.person, why: order.why)
            }
        }
        add("POST", "/v1/failover/move", access: operate, limit: .operate) {
            routes.say($0, ["after", "confirm", "share", "to", "why"], status: 202) { (order) throws(FailoverProblem) in
                let region = try routes.confirmed(order)
                return try failover.move(
                    to: region, share: try routes.share(order.numbers["share"]),
                    after: try routes.number(order.numbers["after"], "after", in: 0...FailoverRoutes.termMax), by: order.person,
                    why: order.why)
            }
        }
    }
}

/// Called on several threads at once.
private struct FailoverRoutes: Sendable {
    /// What every reader of JSON can tell from its neighbours.
    static let termMax: Int64 = 9_007_199_254_740_991

    let failover: any FailoverAnswers
    let clock: @Sendable () -> Timestamp

    func read(
        _ request: HTTPRequest, _ names: [String], _ body: ([String: String]) throws(FailoverProblem) -> String
    ) -> HTTPResponse {
        let query: ReadingQuery
        do throws(UsageError) { query = try ReadingQuery(request, accepting: names) } catch {
            return .problem(400, "\(error)")
        }
        let now = clock()
        do throws(FailoverProblem) {
            var answer = ReadingAnswer(asOf: now)
            answer.data.raw(try body(query.texts))
            answer.regions = Set(failover.regions)
            return answer.response(to: request, now: clock())
        } catch {
            return .problem(error)
        }
    }

    func say(
        _ request: HTTPRequest, _ names: [String], status: Int, _ body: (FailoverOrder) throws(FailoverProblem) -> String
    ) -> HTTPResponse {
        let now = clock()
        do throws(FailoverProblem) {
            let order = try FailoverOrder(request, accepting: names)
            var answer = ReadingAnswer(asOf: now)
            answer.data.raw(try body(order))
            answer.regions = Set(failover.regions)
            return answer.response(status: status, now: clock())
        } catch {
            return .problem(error)
        }
    }

    /// The Region that gains, whose name was typed once more.
    func confirmed(_ order: FailoverOrder) throws(FailoverProblem) -> String {
        let region = try region(order.texts["to"], "to")
        guard order.texts["confirm"] == region else {
            throw FailoverProblem(
                422, "confirm is not '\(region)'; type the Region's name again, and nothing moves by mistake")
        }
        return region
    }

    func region(_ text: String?, _ name: String) throws(FailoverProblem) -> String {
        guard let text, failover.regions.contains(text) || failover is NoFailover else {
            throw FailoverProblem(
                400, "\(name): '\(text ?? "")' is not a Region of the pair; give \(failover.regions.joined(separator: " or "))")
        }
        return text
    }

    func share(_ text: String?) throws(FailoverProblem) -> Int {
        let share = try number(text, "share", in: 0...100) ?? 100
        guard share % 10 == 0 else {
            throw FailoverProblem(400, "share: \(share) is not accepted; give 0 to 100 in steps of 10")
        }
        return Int(share)
    }

    func number(_ text: String?, _ name: String, in range: ClosedRange<Int64>) throws(FailoverProblem) -> Int64? {
        guard let text else { return nil }
        guard let number = Int64(text), range.contains(number), text == "\(number)" else {
            throw FailoverProblem(
                400, "\(name): '\(text)' is not accepted; give a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}

extension HTTPResponse {
    fileprivate static func problem(_ problem: FailoverProblem) -> HTTPResponse {
        .problem(problem.status, problem.detail, headers: problem.status == 503 ? [("Retry-After", "5")] : [])
    }
}
