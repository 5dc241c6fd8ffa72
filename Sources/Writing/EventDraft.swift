import ContactCenter
import JSON
import Platform

/// What is taken of a CloudEvent that somebody wants to write.
struct EventDraft {
    let id: String
    let source: String
    let type: String
    let kind: EntityKind
    let subject: String
    /// Canonical JSON.
    let data: [UInt8]
    /// As given; only a signed event may have them.
    let time: String?
    let region: String?
    let signature: String?

    private static let names = [
        "convergesignature", "data", "datacontenttype", "id", "region", "source", "specversion", "subject", "time", "type",
    ]

    /// `event`: canonical.
    init(_ event: JSONValue) throws(EventRefusal) {
        for (name, _) in event.members where !EventDraft.names.contains(name.text) {
            // Another name could make it look like an event of Amazon Connect to whoever reads the stream.
            throw .malformed(
                "\(printable(name.text)): not accepted here; accepted are \(EventDraft.names.joined(separator: ", "))")
        }
        guard event.text("specversion") == "1.0" else { throw .malformed("specversion: not \"1.0\"") }
        let type = event.text("type") ?? ""
        guard let schema = EventSchema.of(type), let kind = EventDraft.kind(of: type) else {
            throw .malformed("type: not one of \(EventSchema.all.map(\.type).joined(separator: ", "))")
        }
        (self.type, self.kind) = (type, kind)
        id = try EventDraft.text(event, "id", EventAcceptor.nameBytesMax)
        source = try EventDraft.text(event, "source", EventAcceptor.nameBytesMax)
        subject = try EventDraft.text(event, "subject", EntityKind.idLengthMax)
        if let format = event.member("datacontenttype"), format.text != "application/json" {
            throw .malformed("datacontenttype: not \"application/json\"")
        }
        guard let data = event.member("data") else { throw .malformed("data: missing; give an object of the fields to set") }
        if let flaw = schema.flaw(in: data) { throw .malformed(flaw) }
        guard data.members.contains(where: { _ in true }) else { throw .malformed("data: no fields; give at least one") }
        self.data = Array(data.bytes)
        (time, region, signature) = (event.text("time"), event.text("region"), event.text("convergesignature"))
        if signature == nil {
            for name: StaticString in ["time", "region", "convergesignature"] where event.member(name) != nil {
                throw .malformed("\(name): is set by the endpoint that accepts the event; leave it out")
            }
        }
    }

    /// By which it is known again: CloudEvents has an id be unique for its source, and an entity is nobody's but who may write it. With lengths, so
    /// that no two come to the same text.
    var key: String { "\(type) \(subject.utf8.count) \(subject) \(source.utf8.count) \(source) \(id)" }

    /// What the client said.
    var unstamped: [UInt8] { written(time: nil, region: nil, signature: nil) }

    func stamped(_ time: Timestamp, _ region: String, _ keys: EventKeys) -> AcceptedEvent {
        let plain = written(time: "\(time)", region: region, signature: nil)
        let signature = plain.withUnsafeBytes { keys.signature(of: $0) }
        return AcceptedEvent(
            bytes: written(time: "\(time)", region: region, signature: signature), kind: kind, subject: subject, time: time)
    }

    /// Canonical JSON: members in the order of their names.
    func written(time: String?, region: String?, signature: String?) -> [UInt8] {
        var json = JSONWriter(capacity: data.count + 512)
        json.object { json in
            if let signature { json.member("convergesignature", signature) }
            json.key("data")
            data.withUnsafeBytes { json.raw($0) }
            json.member("datacontenttype", "application/json")
            json.member("id", id)
            if let region { json.member("region", region) }
            json.member("source", source)
            json.member("specversion", "1.0")
            json.member("subject", subject)
            if let time { json.member("time", time) }
            json.member("type", type)
        }
        return json.bytes
    }

    private static func text(_ event: JSONValue, _ name: StaticString, _ bytesMax: Int) throws(EventRefusal) -> String {
        guard let text = event.text(name), (1...bytesMax).contains(text.utf8.count) else {
            throw .malformed("\(name): not a string of 1 to \(bytesMax) bytes")
        }
        return text
    }

    private static func kind(of type: String) -> EntityKind? {
        switch type {
        case "converge.session.v1": .session
        case "converge.customer.v1", "converge.authentication.v1": .customer
        case "converge.flow.v1": .flow
        case "converge.queue.v1": .queue
        default: nil
        }
    }
}
