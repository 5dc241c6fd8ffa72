import ContactCenter
import EngineCore
public import HTTPServer
import JSON
import Lattice
import Platform

extension HTTPRouter {
    /// What `/v1` tells of one entity and of what belongs to it (`docs/api.md`, Reading; `docs/openapi.yaml`).
    ///
    /// `atOnceMax`: how many are answered at a time; one more is told 503 at once, and to come again.
    public mutating func addReading(_ source: ReadingSource, atOnceMax: Int = 32) {
        let routes = ReadingRoutes(source: source, places: StatePlaces(atOnceMax))
        func get(
            _ pattern: String, _ limit: HTTPRouteClass = .read, accepting names: [String] = [],
            _ body: @escaping @Sendable (Reading, ReadingQuery) throws(StoreError) -> HTTPResponse
        ) {
            add("GET", pattern, access: .scopes([ReadingScope.read]), limit: limit) {
                routes.answer($0, pattern, accepting: names, body)
            }
        }
        func one(_ pattern: String, _ kind: EntityKind) {
            add("GET", pattern, access: .scopes([ReadingScope.read]), limit: .read) { routes.one($0, pattern, kind) }
        }
        one("/v1/agents/{id...}", .agent)
        get("/v1/usernames/{id}") { (reading, _) throws(StoreError) in try routes.username(reading) }
        get("/v1/contacts/{id}", accepting: ["registers"]) { (reading, query) throws(StoreError) in
            try routes.contact(reading, query)
        }
        one("/v1/customers/{id}", .customer)
        get("/v1/customers/{id}/context", accepting: ["channel", "contact", "identified-by"]) {
            (reading, query) throws(StoreError) in try routes.context(reading, query)
        }
        one("/v1/flows/{id}", .flow)
        one("/v1/sessions/{id...}", .session)
        get("/v1/queues/{id...}") { (reading, _) throws(StoreError) in try routes.queue(reading) }
        get("/v1/explain/{kind}/{id...}", accepting: ["register"]) { (reading, query) throws(StoreError) in
            try routes.explain(reading, query)
        }
        get("/v1/regions") { (reading, _) throws(StoreError) in routes.regions(reading) }
    }
}

/// Called on several threads at once.
struct ReadingRoutes: Sendable {
    let source: ReadingSource
    let places: StatePlaces
    private let known = ShownAnswers()

    init(source: ReadingSource, places: StatePlaces) { (self.source, self.places) = (source, places) }

    func answer(
        _ request: HTTPRequest, _ pattern: String, accepting names: [String],
        _ body: (Reading, ReadingQuery) throws(StoreError) -> HTTPResponse
    ) -> HTTPResponse {
        let query: ReadingQuery
        do throws(UsageError) { query = try ReadingQuery(request, accepting: names) } catch {
            return .problem(400, "\(error)")
        }
        guard places.take() else {
            return .problem(
                503, "the maximum number of requests for state is in progress; retry later",
                headers: [("Retry-After", "1")])
        }
        defer { places.giveBack() }
        do throws(StoreError) {
            guard try allows(request, pattern) else { return .notYours }
            return try body(Reading(source, request), query)
        } catch {
            source.failed(error)
            return .unreadable(error)
        }
    }

    // MARK: One entity

    /// One entity by itself. What is in memory costs no place: nothing waits.
    func one(_ request: HTTPRequest, _ pattern: String, _ kind: EntityKind) -> HTTPResponse {
        let id = ReadingRoutes.id(kind, request)
        if allowsAtOnce(request, kind, id), let answer = resident(request, kind, id) { return answer }
        return answer(request, pattern, accepting: ["registers"]) { (reading, query) throws(StoreError) in
            // Whose reading the store had to allow.
            if let answer = resident(request, kind, id) { return answer }
            guard let state = try reading.state(kind, id, registers: query.registers) else { return .unknown(kind, id) }
            reading.answer.data.raw(state)
            return reading.respond()
        }
    }

    /// The answer from memory alone; nil where that is not enough, or more is asked for than the entity as it is shown.
    private func resident(_ request: HTTPRequest, _ kind: EntityKind, _ id: String) -> HTTPResponse? {
        guard let resident = source.resident, request.query.isEmpty, !request.asksStore else { return nil }
        let key = ShownAnswers.Key(key: EntityKey.bytes(kind, id), withPersonal: request.seesPersonal)
        let now = source.clock()
        guard source.writer?.mayHavePending(key.key) != true, let found = resident.found(key.key, now: now.milliseconds) else {
            return nil
        }
        let asOf = Timestamp(milliseconds: min(found.asOf, now.milliseconds))
        if let shown = known.shown(key, version: found.version, now: now.milliseconds) {
            return shown.response(to: request, asOf: asOf, now: now)
        }
        let reading = Reading(source, request)
        reading.answer.data.raw(reading.show(kind, key.key, found.entity))
        let shown = reading.answer.shown
        known.keep(shown, key, version: found.version, span: reading.span)
        return shown.response(to: request, asOf: asOf, now: now)
    }

    private static func id(_ kind: EntityKind, _ request: HTTPRequest) -> String {
        let id = request.parameters["id"] ?? ""
        return kind == .agent ? AgentID.id(told: id) : id
    }

    /// All agents that bear the name: a person's several ids where instances are mirrored by hand.
    func username(_ reading: Reading) throws(StoreError) -> HTTPResponse {
        let name = reading.id
        guard let state = try reading.state(.username, name) else { return .unknown(.username, name) }
        let ids = Reading.look(state) { $0.member("agents").map { $0.elements.compactMap(\.text) } ?? [] } ?? []
        var agents: [[UInt8]] = []
        var missing: [String] = []
        for id in ids {
            if let agent = try reading.state(.agent, id) { agents.append(agent) } else { missing.append(id) }
        }
        let presences = Set(agents.compactMap { Reading.look($0) { $0.text("presence") } ?? nil })
        let presence = ["online", "offline"].first(where: presences.contains) ?? "unknown"
        if !reading.seesPersonal {
            reading.answer.withheld = Set(reading.answer.withheld.map { "agents.*.\($0)" })
        }
        reading.answer.data.object { json in
            json.array("agents") { json in for agent in agents { json.raw(agent) } }
            json.member("id", name)
            json.array("missing") { json in for id in missing { json.string(id) } }
            json.member("presence", presence)
        }
        return reading.respond()
    }

    // MARK: Several

    func contact(_ reading: Reading, _ query: ReadingQuery) throws(StoreError) -> HTTPResponse {
        let id = reading.id
        guard let state = try reading.state(.contact, id, registers: query.registers) else { return .unknown(.contact, id) }
        var chain = ContactChain(of: id, state)
        while let link = chain.next() {
            chain.take(link, try reading.state(.contact, link.id))
        }
        reading.answer.data.object { json in
            // Its members, without the braces.
            json.raw(state.dropFirst().dropLast())
            json.key("chain")
            chain.write(to: &json)
        }
        return reading.respond()
    }

    func context(_ reading: Reading, _ query: ReadingQuery) throws(StoreError) -> HTTPResponse {
        let id = reading.id
        var context = CustomerContext(of: id, contact: query.texts["contact"])
        while case let reads = context.nextReads(), !reads.isEmpty {
            for read in reads {
                try source.read(read.kind, read.id) { key, entity in context.take(key, entity) }
            }
        }
        guard context.isFound else { return .unknown(.customer, id) }
        var identification: ContextAsked.Identification?
        if let text = query.texts["identified-by"] {
            identification = ContextAsked.Identification(rawValue: text)
            guard identification != nil else {
                return .problem(400, "identified-by: '\(text)' is not accepted; give caller-number or stated, or omit it")
            }
        }
        let asked = ContextAsked(channel: query.texts["channel"], identification: identification, now: reading.now)
        var out = ByteBuffer(capacity: 2048)
        context.append(asked, withPersonal: reading.seesPersonal, to: &out)
        reading.answer.data.raw(out.bytes)
        reading.answer.regions.formUnion(context.regions)
        if !reading.seesPersonal { reading.answer.withheld.formUnion(CustomerContext.personalMembers.names) }
        return reading.respond()
    }

    func queue(_ reading: Reading) throws(StoreError) -> HTTPResponse {
        let id = reading.id
        var sides = RegionSides()
        try source.rows(.queue, id) { sides.take($1) }
        // From where the rows are.
        let state = try reading.state(.queue, id, fromStore: true) { sides.write(.queue, id, to: &$0) }
        guard let state else { return .unknown(.queue, id) }
        reading.answer.data.raw(state)
        return reading.respond()
    }

    func explain(_ reading: Reading, _ query: ReadingQuery) throws(StoreError) -> HTTPResponse {
        let kind: EntityKind
        do throws(UsageError) { kind = try EntityKind(told: reading.request.parameters["kind"] ?? "") } catch {
            return .problem(404, "\(error)")
        }
        let id = kind == .agent ? AgentID.id(told: reading.id) : reading.id
        var explanation = Explanation()
        var regions: Set<String> = []
        try source.rows(kind, id) { place, entity in
            explanation.take(entity, at: place)
            entity.gatherRegions(into: &regions)
        }
        guard !explanation.isEmpty else { return .unknown(kind, id) }
        let wanted = query.texts["register"]
        let candidates = explanation.candidates().filter { wanted == nil || $0.path == wanted }
        guard !candidates.isEmpty else { return .problem(404, "\(kind) '\(id)' has no register '\(wanted ?? "")'") }
        reading.answer.regions = regions
        let facts = PersonalFacts.of(kind)
        var isWithheld = false
        reading.answer.data.object { json in
            json.array("candidates") { json in
                for candidate in candidates {
                    let hides = !reading.seesPersonal && facts.contains { $0.covers(candidate.path) }
                    isWithheld = isWithheld || hides
                    json.object { json in
                        json.member("path", candidate.path)
                        json.member("place", candidate.place)
                        json.key("register")
                        json.raw(hides ? ReadingRoutes.withoutValue(candidate.json) : candidate.json)
                        json.member("winner", candidate.isWinner)
                    }
                }
            }
            json.member("id", id)
            json.member("kind", "\(kind)")
        }
        if isWithheld { reading.answer.withheld = ["candidates.*.register.value", "candidates.*.register.members.*.value"] }
        return reading.respond()
    }

    private static let values = PersonalMembers(["value", "members.*.value"])

    private static func withoutValue(_ json: String) -> String {
        var json = json
        var out = ByteBuffer()
        json.withUTF8 { values.appendRest(ofText: ByteView($0), to: &out) }
        return out.bytes.text
    }

    func regions(_ reading: Reading) -> HTTPResponse {
        let regions = source.regions()
        reading.answer.regions = Set(regions.map(\.name))
        reading.answer.data.array { json in
            for region in regions.sorted(by: { $0.name < $1.name }) {
                json.object { json in
                    json.key("ageMs")
                    if let newest = region.newestFact {
                        json.integer(max(0, reading.now.milliseconds - newest.milliseconds))
                    } else {
                        json.null()
                    }
                    json.member("isOwn", region.isOwn)
                    json.key("lagMs")
                    if let lag = region.lagMilliseconds { json.integer(lag) } else { json.null() }
                    json.member("name", region.name)
                    json.member("newestFact", region.newestFact.map { "\($0)" })
                }
            }
        }
        return reading.respond()
    }
}

extension Reading {
    /// What the path names.
    fileprivate var id: String { request.parameters["id"] ?? "" }
}

extension JSONWriter {
    fileprivate mutating func raw(_ json: some Collection<UInt8>) {
        let bytes = Array(json)
        bytes.withUnsafeBytes { raw($0) }
    }
}

extension HTTPResponse {
    /// 404: the state has no such entity.
    fileprivate static func unknown(_ kind: EntityKind, _ id: String) -> HTTPResponse {
        .problem(404, "no \(kind) '\(id)' in the state")
    }

    /// What of a store's error a client has to know.
    static func unreadable(_ error: StoreError) -> HTTPResponse {
        switch error.reason {
        case .corrupt: .problem(500, "the stored data cannot be read; see the server's log")
        // The client has to know that there is something, and which row and dictionary it waits for.
        case .incomplete: .problem(503, "incomplete: \(error)", headers: [("Retry-After", "1")])
        case .inUse, .full, .unavailable, .failed:
            .problem(503, "the store cannot be read now; see the server's log", headers: [("Retry-After", "1")])
        }
    }
}
