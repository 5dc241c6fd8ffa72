import JSON
import Lattice
import Platform

extension JSONValue {
    /// The canonical JSON of a string that says something, quotes included. Nil of `""` and of everything that is no string:
    /// null, absent and empty all mean unknown, and a value of the wrong type tells nothing.
    ///
    /// The bytes lie in the register, so they stay valid when the parser goes on to the next value.
    @inline(__always)
    var toldText: ByteView? { isString && !rawString.isEmpty ? bytes : nil }

    /// The token of a number, as the event had it.
    @inline(__always)
    var toldNumber: ByteView? { kind == .number ? bytes : nil }

    /// An object or a list with something in it, as it stands.
    @inline(__always)
    var toldDocument: ByteView? { (isObject || isArray) && bytes.count > 2 ? bytes : nil }

    /// The time that a string spells; nil of anything else, and of one that means "not yet".
    var toldTime: Timestamp? {
        guard isString, let time = Timestamp(rawString), !time.isNotYet else { return nil }
        return time
    }
}

extension RegisterView {
    /// The value, where it is a string that says something: its canonical JSON, quotes included.
    @inline(__always)
    var toldText: ByteView? {
        let value = value
        return value.count > 2 && value[0] == UInt8(ascii: "\"") ? value : nil
    }

    /// The value, where it is an object.
    func object(_ parser: JSONParser) -> JSONValue? {
        guard let root = try? parser.parse(value).root, root.isObject else { return nil }
        return root
    }
}

extension ByteBuffer {
    /// JSON as it stands, or `null`.
    @inline(__always)
    mutating func appendOrNull(_ json: ByteView?) {
        if let json { append(json) } else { append("null") }
    }

    /// A time as a JSON string in milliseconds, or `null`.
    @inline(__always)
    mutating func appendOrNull(_ time: Timestamp?) {
        guard let time else { return append("null") }
        append("\"")
        time.append(to: &self)
        append("\"")
    }

    /// The string members of a union as a JSON array, ascending by value bytes, as they lie.
    mutating func appendTexts(_ register: RegisterView?) {
        append("[")
        var first = true
        if let register {
            for member in register.members where member.value.count > 2 && member.value[0] == UInt8(ascii: "\"") {
                if !first { append(",") }
                first = false
                append(member.value)
            }
        }
        append("]")
    }
}
