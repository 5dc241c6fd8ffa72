import ContactCenter
import EngineCore
import FeedCore
public import HTTPServer
import JSON
import Lattice
import Platform

extension HTTPRouter {
    /// What `/v1` lists and counts, from what the process has in memory (`docs/api.md`, Lists; `docs/openapi.yaml`).
    ///
    /// `resident` nil: nothing is followed here, and every list says so. `atOnceMax`: how many pages are made at a time; one more is told 503 at
    /// once, and to come again.
    public mutating func addLists(_ resident: ResidentState?, _ source: ReadingSource, atOnceMax: Int = 8) {
        let routes = ListRoutes(resident: resident, source: source, places: StatePlaces(atOnceMax))
        func get(
            _ pattern: String, accepting names: [String],
            _ body: @escaping @Sendable (Listing) throws(UsageError) -> HTTPResponse
        ) {
            add("GET", pattern, access: .scopes([ReadingScope.read]), limit: .read) {
                routes.answer($0, accepting: names, body)
            }
        }
        let page = ["cursor", "limit"]
        get("/v1/agents", accepting: AgentFilter.names + page) { list throws(UsageError) in try routes.agents(list) }
        get("/v1/contacts", accepting: ContactFilter.names + page) { list throws(UsageError) in try routes.contacts(list) }
        get("/v1/queues", accepting: page) { list throws(UsageError) in try routes.queues(list) }
        get("/v1/sessions", accepting: ["prefix"] + page) { list throws(UsageError) in try routes.sessions(list) }
        get("/v1/summary", accepting: []) { list throws(UsageError) in routes.summary(list) }
    }
}

/// One request for a list.
struct Listing {
    let request: HTTPRequest
    let resident: ResidentState
    let texts: [String: String]
    let now: Timestamp
    /// Nil of who is no agent.
    let own: OwnEntities?

    /// Of the filters, without where the page begins and how long it is.
    var filters: [String: String] { texts.filter { $0.key != "cursor" && $0.key != "limit" } }
}

/// Called on several threads at once.
struct ListRoutes: Sendable {
    /// Beyond that age, in milliseconds, an answer says that it is stale: a follower tells something every 1.5 s, and another one takes its place
    /// after some 13.
    static let staleMilliseconds: Int64 = 15_000
    static let limits = 1...1_000
    private static let limitUsual = 100
    /// Bytes of a page after which no further entity begins.
    private static let pageBytesMax = 4 << 20

    let resident: ResidentState?
    let source: ReadingSource
    let places: StatePlaces

    func answer(
        _ request: HTTPRequest, accepting names: [String], _ body: (Listing) throws(UsageError) -> HTTPResponse
    ) -> HTTPResponse {
        do throws(UsageError) {
            let query = try ReadingQuery(request, accepting: names)
            guard let resident else {
                return .problem(404, "nothing is listed here: no changes are followed; set http.changes: true")
            }
            guard query.texts["name"] == nil || ListRoutes.seesPersonal(request) else { return .needsPersonal }
            guard places.take() else {
                return .problem(
                    503, "the maximum number of lists is being made; retry later", headers: [("Retry-After", "1")])
            }
            defer { places.giveBack() }
            return try body(
                Listing(
                    request: request, resident: resident, texts: query.texts, now: source.clock(), own: OwnEntities(request)))
        } catch {
            return .problem(400, "\(error)")
        }
    }

    // MARK: Lists

    func agents(_ list: Listing) throws(UsageError) -> HTTPResponse {
        let filter = try AgentFilter(list.texts, own: list.own, now: list.now)
        return try page(list, .agent, where: filter.matches) { json, listed in
            guard case .agent(let agent) = listed.facts else { return }
            let now = list.now
            json.member("isStale", AgentFreshness.isStale(lastSeen: agent.lastSeen, now: now))
            json.array("staleRegions") { json in for region in agent.staleRegions(now: now) { json.string(region) } }
        }
    }

    func contacts(_ list: Listing) throws(UsageError) -> HTTPResponse {
        let filter = try ContactFilter(list.texts, own: list.own)
        return try page(list, .contact, where: filter.matches) { _, _ in }
    }

    func queues(_ list: Listing) throws(UsageError) -> HTTPResponse {
        guard list.own == nil else { return .notYours }
        return try page(list, .queue, where: { _, _ in true }) { json, listed in
            var sides = RegionSides()
            for row in listed.rows { row.withUnsafeBytes { sides.take(EntityView($0)) } }
            sides.write(.queue, String(decoding: listed.key.dropFirst(), as: UTF8.self), to: &json)
        }
    }

    func sessions(_ list: Listing) throws(UsageError) -> HTTPResponse {
        let own = list.own
        // An agent's sessions lie between few others.
        let prefix = list.texts["prefix"] ?? (own == nil ? "" : list.request.caller?.agent ?? "")
        return try page(
            list, .session, prefix: Array(prefix.utf8), where: { key, _ in own.map { $0.has(session: key) } ?? true }
        ) {
            _, _ in
        }
    }

    /// `members`: in front of those of the projection.
    private func page(
        _ list: Listing, _ kind: EntityKind, prefix: [UInt8] = [], where condition: ([UInt8], ListedFacts) -> Bool,
        members: (inout JSONWriter, FeedView.Listed) -> Void
    ) throws(UsageError) -> HTTPResponse {
        var limit = ListRoutes.limitUsual
        if let text = list.texts["limit"] {
            guard let number = Int(text), ListRoutes.limits.contains(number), text == "\(number)" else {
                throw UsageError("limit: '\(printable(text))' is not accepted; give a whole number from 1 to 1000")
            }
            limit = number
        }
        var after: [UInt8]?
        if let text = list.texts["cursor"] {
            after = ListCursor.key(of: text, kind, filters: list.filters)
            guard after != nil else {
                throw UsageError(
                    "cursor: it is none of this list with these filters; give the 'next' of the page before, with the same filters, or omit it"
                )
            }
        }
        // Before it is looked: what comes meanwhile may be in it, and nothing of before is missing.
        let extent = list.resident.extent(of: kind)
        guard let asOf = extent.asOf else { return .notYetRead }
        var page = list.resident.list(kind, after: after, prefix: prefix, limit: limit, where: condition)
        var answer = ReadingAnswer(asOf: asOf)
        answer.listed = ReadingAnswer.Listed(isWhole: extent.isWhole, isStale: isStale(asOf, list.now))
        let seesPersonal = ListRoutes.seesPersonal(list.request)
        let writer = StateWriter()
        var state = ByteBuffer(capacity: 2048)
        var items = JSONWriter(capacity: 1 << 16)
        items.array { items in
            for (number, listed) in page.found.enumerated() {
                guard items.buffer.count < ListRoutes.pageBytesMax else {
                    (page.next, page.isPartial) = (page.found[number - 1].key, false)
                    page.found.removeSubrange(number...)
                    break
                }
                state.removeAll()
                listed.key.withUnsafeBytes { key in
                    listed.entity.withUnsafeBytes { entity in
                        let (key, entity) = (EntityKey(key), EntityView(entity))
                        entity.gatherRegions(into: &answer.regions)
                        if seesPersonal {
                            writer.appendState(key: key, entity: entity, to: &state)
                        } else {
                            writer.appendStateWithoutPersonal(key: key, entity: entity, to: &state)
                        }
                    }
                }
                items.object { json in
                    json.member("id", String(decoding: listed.key.dropFirst(), as: UTF8.self))
                    members(&json, listed)
                    // Its members, without the braces.
                    if state.count > 2 { json.raw(state.bytes.slice(1, state.count - 2)) }
                }
            }
        }
        answer.withheld = seesPersonal ? [] : Set(PersonalMembers.of(kind).names.map { "items.*.\($0)" })
        answer.data.object { json in
            json.member("isPartial", page.isPartial)
            json.key("items")
            json.raw(items.buffer.bytes)
            json.member("next", page.next.map { ListCursor.text(after: $0, filters: list.filters) })
        }
        var response = answer.response(to: list.request, now: source.clock())
        // Whom what is personal was told of.
        if !PersonalMembers.of(kind).names.isEmpty {
            response.subjects = page.found.map { String(decoding: $0.key.dropFirst(), as: UTF8.self) }
        }
        return response
    }

    /// Without a token nobody is asked who they are: loopback.
    private static func seesPersonal(_ request: HTTPRequest) -> Bool {
        request.caller?.scopes.contains(ReadingScope.personal) ?? true
    }

    /// Also where it is of a time ahead: of a clock that was set back nobody knows how old it is.
    private func isStale(_ asOf: Timestamp, _ now: Timestamp) -> Bool {
        let age = now.milliseconds - asOf.milliseconds
        return age > ListRoutes.staleMilliseconds || age < -1_000
    }

    // MARK: Counts

    func summary(_ list: Listing) -> HTTPResponse {
        guard list.own == nil else { return .notYours }
        let extents = [EntityKind.agent, .contact, .queue].map { list.resident.extent(of: $0) }
        guard let asOf = extents[0].asOf else { return .notYetRead }
        let summary = list.resident.summary
        var answer = ReadingAnswer(asOf: asOf)
        answer.listed = ReadingAnswer.Listed(isWhole: extents.allSatisfy(\.isWhole), isStale: isStale(asOf, list.now))
        answer.regions = summary.regions
        summary.write(to: &answer.data)
        return answer.response(to: list.request, now: source.clock())
    }
}

extension HTTPResponse {
    /// Who may not see names may not find out by asking for them.
    fileprivate static let needsPersonal = HTTPResponse.problem(
        403, "name: to search by names needs the scope \(ReadingScope.personal)",
        headers: [
            (
                "WWW-Authenticate",
                "Bearer realm=\"converge\", error=\"insufficient_scope\", scope=\"\(ReadingScope.read) \(ReadingScope.personal)\""
            )
        ])

    fileprivate static let notYetRead = HTTPResponse.problem(
        503, "the state has not been read to its end yet; retry later", headers: [("Retry-After", "2")])
}
