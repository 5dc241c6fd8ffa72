import ContactCenter
import EngineCore
public import HTTPServer
import JSON
import Lattice
import Platform
public import Writing

extension HTTPRouter {
    /// `POST /v1/events`, and `PATCH` and `PUT` of `/v1/sessions/ID`, which make an event of what they are given (`docs/api.md`, "Writing").
    ///
    /// `writer` nil: they say that nothing can be written here.
    public mutating func addWriting(_ writer: EventWriter?) {
        let access = HTTPAccess.scopes(["session", "operate"])
        add("POST", "/v1/events", access: access, limit: .write, bodyBytesMax: EventAnswers.bodyBytesMax) { request in
            EventAnswers.answer(request, by: writer, accepting: ["application/cloudevents+json", "application/json"]) {
                (request.body, nil)
            }
        }
        for (method, isWhole) in [("PATCH", false), ("PUT", true)] {
            add(
                method, "/v1/sessions/{id...}", access: access, limit: .write, bodyBytesMax: EventAnswers.bodyBytesMax
            ) { request in
                EventAnswers.answer(
                    request, by: writer, accepting: ["application/merge-patch+json", "application/json"]
                ) { () throws(EventRefusal) in
                    let event = try SessionPatch(request).event(replacingAllOf: isWhole ? writer?.reading : nil)
                    // Which fields that deletes depends on the state: what the client said is what makes it the same again.
                    return (event, isWhole ? Array("PUT\n".utf8) + request.body : nil)
                }
            }
        }
    }
}

private enum EventAnswers {
    /// Of an event.
    static let bodyBytesMax = 65_536

    static func answer(
        _ request: HTTPRequest, by writer: EventWriter?, accepting types: [String],
        _ event: () throws(EventRefusal) -> (event: [UInt8], said: [UInt8]?)
    ) -> HTTPResponse {
        guard let writer else {
            return .problem(404, "nothing can be written here; set writing.stream or writing.topic, or ask another endpoint")
        }
        let type = request.header("content-type")?.split(separator: ";").first?.lowercased() ?? ""
        guard types.contains(type) else {
            return .problem(415, "Content-Type: '\(printable(type))' is not accepted; give \(types.joined(separator: " or "))")
        }
        guard request.query.isEmpty else {
            return .problem(400, "there are no parameters here; the body and the headers have them")
        }
        let wait: Int
        do throws(EventRefusal) { wait = try waitSeconds(request.header("prefer")) } catch { return problem(error) }
        let accepted: AcceptedEvent
        do throws(EventRefusal) {
            let (event, said) = try event()
            accepted = try writer.write(event, said: said, within: StampBounds(request)) { [caller = request.caller] in
                caller?.refusal(toWrite: $0, $1)
            }
        } catch { return problem(error) }
        do throws(EventSinkError) {
            let isReadable = try writer.put(accepted, waitSeconds: wait)
            let applied = wait > 0 ? [(name: "Preference-Applied", value: "wait=\(wait)")] : []
            return HTTPResponse(
                status: isReadable ? 201 : 202, contentType: "application/cloudevents+json", headers: applied,
                body: accepted.bytes)
        } catch {
            writer.couldNotPut(error)
            return .problem(
                503, "the stream did not take the event in time; send it again with the same id",
                headers: [("Retry-After", "1")])
        }
    }

    /// The `wait` of `Prefer` (RFC 7240), in seconds; 0 where there is none.
    private static func waitSeconds(_ prefer: String?) throws(EventRefusal) -> Int {
        for preference in prefer?.split(separator: ",") ?? [] {
            let sides = preference.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
            guard sides.first?.lowercased() == "wait" else { continue }
            guard sides.count == 2, let seconds = Int(sides[1]), seconds >= 0 else {
                throw .malformed("Prefer: wait is not a whole number of seconds")
            }
            return min(seconds, EventWriter.waitSecondsMax)
        }
        return 0
    }

    private static func problem(_ refusal: EventRefusal) -> HTTPResponse {
        switch refusal {
        case .malformed(let reason): .problem(400, reason)
        case .forbidden(let reason): .problem(403, reason)
        case .reused(let reason): .problem(422, reason)
        case .late(let reason): .problem(412, reason)
        }
    }
}

/// What `PATCH` or `PUT` of a session is given.
private struct SessionPatch {
    let id: String
    let session: String
    let fields: [UInt8]

    init(_ request: HTTPRequest) throws(EventRefusal) {
        session = request.parameters["id"] ?? ""
        // Before anything is read: what differs by the state is no matter of who may not write it.
        if let reason = request.caller?.refusal(toWrite: .session, session) { throw .forbidden(reason) }
        if let key = request.header("idempotency-key") {
            // The draft of the header has it as a string in quotation marks; most clients send it bare.
            let bare = key.hasPrefix("\"") && key.hasSuffix("\"") && key.count > 1 ? String(key.dropFirst().dropLast()) : key
            guard (1...EventAcceptor.nameBytesMax).contains(bare.utf8.count),
                bare.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") })
            else {
                throw .malformed(
                    "Idempotency-Key: not 1 to \(EventAcceptor.nameBytesMax) visible characters of ASCII without quotation marks"
                )
            }
            id = bare
        } else {
            // A write of its own. Not the request's id: many clients give several requests the same one.
            id = (0..<2).map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 36) }.joined(separator: "-")
        }
        fields = request.body
    }

    /// `reading`: where the fields are looked up that are deleted because they are not given; nil: those stay.
    func event(replacingAllOf reading: EntityReading?) throws(EventRefusal) -> [UInt8] {
        let parser = JSONParser()
        var text = ByteBuffer(capacity: fields.count)
        fields.withUnsafeBytes { text.append($0) }
        guard let given = try? parser.parse(text.bytes).root, given.isObject else {
            throw .malformed("the body is not a JSON object; give the fields of the session")
        }
        let deleted = if let reading { try others(than: given, reading) } else { [String]() }
        var json = JSONWriter(capacity: fields.count + 256)
        json.object { json in
            json.member("specversion", "1.0")
            json.member("id", id)
            json.member("source", "urn:converge:api")
            json.member("type", "converge.session.v1")
            json.member("subject", session)
            json.key("data")
            json.object { json in
                for name in deleted {
                    json.key(name)
                    json.null()
                }
                for (name, value) in given.members {
                    json.key(unescaped(name))
                    json.raw(value.bytes)
                }
            }
        }
        return json.bytes
    }

    private func others(than given: JSONValue, _ reading: EntityReading) throws(EventRefusal) -> [String] {
        let names = Set(given.members.map { unescaped($0.name) })
        var found: [String] = []
        do {
            try reading(.session, session) { _, entity in
                for register in entity where !register.isTombstone {
                    let path = register.path.text
                    guard path.hasPrefix("field/") else { continue }
                    let name = String(path.dropFirst(6).replacing("%2F", with: "/").replacing("%25", with: "%"))
                    if !names.contains(name) { found.append(name) }
                }
            }
        } catch {
            throw .malformed("the session cannot be read now, so what is not given cannot be deleted; use PATCH")
        }
        return found
    }
}

/// What a member's name means.
private func unescaped(_ name: ByteView) -> String {
    var text = ByteBuffer(capacity: name.count)
    JSONValue.appendUnescaped(name: name, to: &text)
    return text.bytes.text
}

extension HTTPCaller {
    /// Why this caller may not write an entity; nil where they may: with `operate` anything, with `session` the sessions of their own agent,
    /// whose ids are the agent's, or begin with it and a slash.
    fileprivate func refusal(toWrite kind: EntityKind, _ subject: String) -> String? {
        if scopes.contains("operate") { return nil }
        guard scopes.contains("session"), kind == .session else {
            return "a token with the scope session writes events of type converge.session.v1 alone; this one requires operate"
        }
        guard owns(session: subject) else {
            return
                "a token with the scope session writes sessions of its own agent alone: with the agent's id, or that and a slash before the rest"
        }
        return nil
    }
}
