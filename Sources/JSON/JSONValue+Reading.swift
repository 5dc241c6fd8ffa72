import Platform

/// What reading a service's answer takes, off the path of events: text is copied.
extension JSONValue {
    /// A string's text; nil of anything else.
    public var text: String? {
        guard isString else { return nil }
        guard hasEscapes else { return rawString.text }
        var plain = ByteBuffer(capacity: rawString.count)
        appendUnescaped(to: &plain)
        return plain.bytes.text
    }

    /// A whole number; nil of anything else.
    public var integer: Int64? { kind == .number ? Int64(bytes.text) : nil }

    /// A number, with or without a fraction; nil of anything else.
    public var number: Double? { kind == .number ? Double(bytes.text) : nil }

    /// The text of a member; nil where it is missing or no string.
    public func text(_ key: StaticString) -> String? { member(key)?.text }
}
