import ContactCenter
import EngineCore
import HTTPServer
import JSON
import Lattice
import Platform

/// One request's reading: what was read, how much of it the caller may see, and the answer that grows of it. Serves one thread.
final class Reading {
    let source: ReadingSource
    let request: HTTPRequest
    /// Whether the caller may see what is personal (`PersonalFacts`).
    let seesPersonal: Bool
    /// When the reading began.
    let now: Timestamp
    var answer: ReadingAnswer
    /// When the answer shows what it shows, in milliseconds since 1970, if nothing changes.
    private(set) var span = Int64.min..<Int64.max
    private let asksStore: Bool
    private lazy var writer = StateWriter()

    init(_ source: ReadingSource, _ request: HTTPRequest) {
        self.source = source
        self.request = request
        seesPersonal = request.seesPersonal
        asksStore = request.asksStore
        now = source.clock()
        answer = ReadingAnswer(asOf: now)
    }

    /// The projection of an entity as the caller may see it, an object; nil where there is none. `prefix`: members in front of its own.
    /// Its Regions and what is withheld go into the answer. Of an agent it says whether it is stale.
    ///
    /// `fromStore`: not from memory, because what else is shown is not, either.
    func state(
        _ kind: EntityKind, _ id: String, registers: Bool = false, fromStore: Bool = false,
        prefix: (inout JSONWriter) -> Void = { _ in }
    ) throws(StoreError) -> [UInt8]? {
        var shown: [UInt8]?
        func show(_ key: EntityKey, _ entity: EntityView) {
            entity.gatherRegions(into: &answer.regions)
            shown = self.show(kind, key, entity, registers: registers, prefix: prefix)
        }
        let key = EntityKey.bytes(kind, id)
        if !fromStore, !asksStore, let found = source.resident?.found(key, now: now.milliseconds) {
            answer.asOf = min(answer.asOf, Timestamp(milliseconds: found.asOf))
            let entity = source.writer?.laid(over: found.entity, key) ?? found.entity
            key.withUnsafeBytes { key in entity.withUnsafeBytes { show(EntityKey(key), EntityView($0)) } }
        } else {
            try source.read(kind, id) { show($0, $1) }
        }
        return shown
    }

    /// The projection of an entity that is at hand, as ``state(_:_:registers:fromStore:prefix:)`` shows it.
    func show(_ kind: EntityKind, _ key: [UInt8], _ entity: [UInt8]) -> [UInt8] {
        key.withUnsafeBytes { key in
            entity.withUnsafeBytes { entity in
                EntityView(entity).gatherRegions(into: &answer.regions)
                return show(kind, EntityKey(key), EntityView(entity), registers: false) { _ in }
            }
        }
    }

    private func show(
        _ kind: EntityKind, _ key: EntityKey, _ entity: EntityView, registers: Bool, prefix: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var state = ByteBuffer(capacity: 2048)
        if seesPersonal {
            writer.appendState(key: key, entity: entity, to: &state)
        } else {
            writer.appendStateWithoutPersonal(key: key, entity: entity, to: &state)
            answer.withheld.formUnion(PersonalMembers.of(kind).names)
        }
        var json = JSONWriter(capacity: state.count + 256)
        json.object { json in
            json.member("id", key.id.text)
            prefix(&json)
            if kind == .agent {
                let staleness = AgentStaleness(state.array)
                staleness.write(at: now, to: &json)
                span = span.clamped(to: staleness.span(around: now))
            }
            if registers {
                if seesPersonal {
                    var text = ByteBuffer()
                    entity.appendJSON(to: &text)
                    json.key("registers")
                    json.raw(text.bytes)
                } else {
                    answer.withheld.insert("registers")
                }
            }
            // Its members, without the braces.
            if state.count > 2 { json.raw(state.bytes.slice(1, state.count - 2)) }
        }
        return json.bytes
    }

    /// What `body` finds in JSON.
    static func look<Value>(_ json: [UInt8], _ body: (JSONValue) -> Value) -> Value? {
        let parser = JSONParser()
        return json.withUnsafeBytes { text in
            withExtendedLifetime(parser) { (try? parser.parse(text).root).map(body) }
        }
    }

    /// The answer is ready.
    func respond() -> HTTPResponse { answer.response(to: request, now: source.clock()) }
}

/// Scopes of tokens that routes of `/v1` ask for.
enum ReadingScope {
    static let read = "read"
    static let personal = "read:personal"
    /// To look at what only operators need, and to speak.
    static let operate = "operate"
}

extension HTTPRequest {
    /// Whether its caller may see what is personal. Without a token nobody is asked who they are: loopback.
    var seesPersonal: Bool { caller?.scopes.contains(ReadingScope.personal) ?? true }

    /// Whether it wants what is in the store and not what is in memory: `Cache-Control: no-cache` (RFC 9111 section 5.2.1.4).
    var asksStore: Bool {
        header("cache-control").map { field in
            field.split(separator: ",").contains { directive in
                directive.drop { $0 == " " || $0 == "\t" }.prefix { $0 != " " && $0 != "\t" }.lowercased() == "no-cache"
            }
        } ?? false
    }
}
