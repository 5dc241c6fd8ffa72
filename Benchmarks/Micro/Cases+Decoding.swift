import ContactCenter
import JSON

/// From text to mutations.
func decodingCases(_ files: EventFiles) -> [MicroCase] {
    let parsed = ["agent-state-change", "contact-record"].map { parse($0, files) }
    let decoded = [
        "agent-heart-beat", "agent-state-change", "agent-login", "agent-logout", "contact-event", "contact-record",
        "contact-record-escaped", "flow-log", "contact-lens", "session", "customer",
    ]
    return parsed + decoded.map { decode($0, files) }
}

/// The index of an event, nothing of it looked at.
private func parse(_ name: String, _ files: EventFiles) -> MicroCase {
    let text = Held(files.event(name))
    let parser = JSONParser()
    return MicroCase("parse.\(name)") {
        do {
            try parser.begin(text.bytes)
            while let document = try parser.next() { keep(document.hasEscapedKeys) }
        } catch {
            stop("\(name): \(error)")
        }
    }
}

/// From the event's bytes to its mutations.
private func decode(_ name: String, _ files: EventFiles) -> MicroCase {
    let text = Held(files.event(name))
    let decoder = RecordDecoder()
    let batch = batch(of: [files.event(name)])
    return MicroCase("decode.\(name)", prepare: batch.removeAll) {
        decoder.decode(text.bytes, arrival: nil, index: 0, into: batch)
    }
}
