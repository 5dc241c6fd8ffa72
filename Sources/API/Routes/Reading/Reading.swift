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
    private let writer = StateWriter()

    init(_ source: ReadingSource, _ request: HTTPRequest) {
        self.source = source
        self.request = request
        // Without a token nobody is asked who they are: loopback.
        seesPersonal = request.caller?.scopes.contains(ReadingScope.personal) ?? true
        now = source.clock()
        answer = ReadingAnswer(asOf: now)
    }

    /// The projection of an entity as the caller may see it, an object; nil where there is none. `prefix`: members in front of its own.
    /// Its Regions and what is withheld go into the answer.
    func state(
        _ kind: EntityKind, _ id: String, registers: Bool = false, prefix: (inout JSONWriter, [UInt8]) -> Void = { _, _ in }
    ) throws(StoreError) -> [UInt8]? {
        var shown: [UInt8]?
        try source.read(kind, id) { [self] key, entity in
            entity.gatherRegions(into: &answer.regions)
            shown = show(kind, key, entity, registers: registers, prefix: prefix)
        }
        return shown
    }

    private func show(
        _ kind: EntityKind, _ key: EntityKey, _ entity: EntityView, registers: Bool, prefix: (inout JSONWriter, [UInt8]) -> Void
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
            prefix(&json, state.array)
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
}
