import JSON
import Lattice
import Platform

/// Reading facts out of values, the same way for every type of event.
extension RecordDecoder {
    static var null: ByteView { StaticString("null").view }
    static var empty: ByteView { StaticString("").view }

    /// A string's text, nil where it is unknown: absent, null, no string, or empty. Valid until the next event.
    @inline(__always)
    func known(_ value: JSONValue?) -> ByteView? {
        guard let value, value.isString else { return nil }
        let raw = value.rawString
        if raw.isEmpty { return nil }
        return value.hasEscapes ? unescaped(value) : raw
    }

    @inline(never)
    private func unescaped(_ value: JSONValue) -> ByteView {
        var text = ByteBuffer(capacity: value.rawString.count)
        value.appendUnescaped(to: &text)
        return strings.hold(text.bytes)
    }

    /// A time, nil where it is unknown or unreadable.
    @inline(__always)
    func moment(_ value: JSONValue?) -> Timestamp? {
        guard let text = known(value) else { return nil }
        return Timestamp(text)
    }

    /// A time that Amazon Connect tells, where the first year of the epoch means "not yet": everywhere, stamps included. (A
    /// CloudEvent's time is an application's own, and may be as old as it likes.)
    @inline(__always)
    func milestone(_ value: JSONValue?) -> Timestamp? {
        guard let time = moment(value), !time.isNotYet else { return nil }
        return time
    }

    /// An entity id out of an event.
    @inline(__always)
    func identity(_ value: JSONValue?, _ missing: String) throws(Refusal) -> ByteView {
        guard let id = known(value) else { throw Refusal(.noIdentity, missing) }
        guard id.count <= EntityKind.idLengthMax else { throw Refusal(.tooLong, "an id longer than 1,024 bytes") }
        return id
    }

    /// Packs an event's id into ``eventID``.
    @inline(__always)
    func packID(_ text: ByteView) -> EventID {
        eventID.removeAll()
        let form = EventID.pack(text, into: &eventID)
        return EventID(form: form, bytes: eventID.bytes)
    }

    /// The id of an event whose format has none: the SHA-256 of its canonical bytes, written to ``eventID``.
    func canonicalID(of canonical: ByteView) -> EventID {
        eventID.removeAll()
        SHA256.append(of: canonical, to: &eventID)
        return EventID(form: .digest, bytes: eventID.bytes)
    }

    /// The canonical JSON of a value: itself where it is canonical, else written to ``value``.
    @inline(__always)
    func canonical(_ json: JSONValue) -> ByteView {
        if json.isCanonical { return json.bytes }
        value.removeAll()
        json.appendCanonical(to: &value)
        return value.bytes
    }
}

extension ByteBuffer {
    /// A value's canonical JSON where it is a known string, number or array; `null` otherwise.
    @inline(__always)
    mutating func appendKnown(_ json: JSONValue?) {
        guard let json, !json.isNull, !(json.isString && json.rawString.isEmpty) else {
            append("null")
            return
        }
        json.appendCanonical(to: &self)
    }
}

extension Timestamp {
    /// The first year of the epoch stands for "has not happened yet" (`1970-01-01T00:00:00.001Z`). Source: DATA_MODEL section 0.
    var isNotYet: Bool { milliseconds < 31_536_000_000 }
}
