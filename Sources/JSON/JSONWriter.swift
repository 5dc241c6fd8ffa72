public import Platform

/// Writes JSON into a buffer, commas of itself. What it writes is JSON as long as calls nest as JSON does.
///
///     var json = JSONWriter()
///     json.object {
///         $0.member("TableName", name)
///         $0.member("Limit", 100)
///     }
///     let body = json.bytes
public struct JSONWriter: ~Copyable, Sendable {
    public private(set) var buffer: ByteBuffer
    private var needsComma = false

    public init(capacity: Int = 512) { buffer = ByteBuffer(capacity: capacity) }

    /// A copy of what was written.
    public var bytes: [UInt8] { buffer.array }

    /// Starts over in the same memory.
    public mutating func removeAll() {
        buffer.removeAll()
        needsComma = false
    }

    /// A line break behind the value: another one may follow, as in JSON Lines.
    public mutating func endLine() {
        buffer.append(UInt8(ascii: "\n"))
        needsComma = false
    }

    public mutating func object(_ members: (inout JSONWriter) -> Void) { nest("{", "}", members) }
    public mutating func array(_ elements: (inout JSONWriter) -> Void) { nest("[", "]", elements) }

    /// The name of the member whose value comes next.
    public mutating func key(_ name: StaticString) {
        separate()
        buffer.appendJSONString(name.view)
        buffer.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func key(_ name: String) {
        separate()
        buffer.appendJSONString(name)
        buffer.append(UInt8(ascii: ":"))
        needsComma = false
    }

    public mutating func string(_ text: String) {
        separate()
        buffer.appendJSONString(text)
    }

    public mutating func integer(_ value: Int64) {
        separate()
        buffer.appendDecimal(value)
    }

    /// A whole number as a string of its digits, as services write numbers that are beyond a double.
    public mutating func digits(_ value: Int64) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        buffer.appendDecimal(value)
        buffer.append(UInt8(ascii: "\""))
    }

    /// As many digits as tell it from every other number; null where JSON has no such number.
    public mutating func number(_ value: Double) {
        separate()
        buffer.append(value.isFinite ? "\(value)" : "null")
    }

    public mutating func bool(_ value: Bool) {
        separate()
        buffer.append(value ? "true" : "false")
    }

    public mutating func null() {
        separate()
        buffer.append("null")
    }

    /// Bytes as a string of base64, as AWS JSON has blobs.
    public mutating func blob(_ bytes: ByteView) {
        separate()
        buffer.append(UInt8(ascii: "\""))
        buffer.appendBase64(bytes)
        buffer.append(UInt8(ascii: "\""))
    }

    /// A value that is JSON already.
    public mutating func raw(_ json: ByteView) {
        separate()
        buffer.append(json)
    }

    public mutating func raw(_ json: String) {
        separate()
        buffer.append(json)
    }

    // MARK: Members

    public mutating func member(_ name: StaticString, _ value: String) {
        key(name)
        string(value)
    }

    public mutating func member(_ name: StaticString, _ value: Int64) {
        key(name)
        integer(value)
    }

    public mutating func member(_ name: StaticString, _ value: Int) { member(name, Int64(value)) }

    /// Null where there is none.
    public mutating func member(_ name: StaticString, _ value: String?) {
        key(name)
        if let value { string(value) } else { null() }
    }

    /// A number that is spelled already, such as `0.250`.
    public mutating func member(_ name: StaticString, number token: String) {
        key(name)
        raw(token)
    }

    public mutating func member(_ name: StaticString, _ value: Bool) {
        key(name)
        bool(value)
    }

    public mutating func object(_ name: StaticString, _ members: (inout JSONWriter) -> Void) {
        key(name)
        object(members)
    }

    /// The same, and nothing at all where it would have no members.
    public mutating func object(unlessEmpty name: StaticString, _ members: (inout JSONWriter) -> Void) {
        let (start, isFollowing) = (buffer.count, needsComma)
        key(name)
        separate()
        buffer.append(UInt8(ascii: "{"))
        let empty = buffer.count
        needsComma = false
        members(&self)
        if buffer.count == empty {
            buffer.truncate(to: start)
            needsComma = isFollowing
        } else {
            buffer.append(UInt8(ascii: "}"))
            needsComma = true
        }
    }

    public mutating func array(_ name: StaticString, _ elements: (inout JSONWriter) -> Void) {
        key(name)
        array(elements)
    }

    private mutating func nest(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void) {
        separate()
        buffer.append(UInt8(ascii: open))
        needsComma = false
        body(&self)
        buffer.append(UInt8(ascii: close))
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { buffer.append(UInt8(ascii: ",")) }
        needsComma = true
    }
}
