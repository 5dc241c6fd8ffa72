import JSON
import Lattice
import Platform

/// Lean JSON: what says nothing is not written, so there are no nulls and no empty objects and lists. Commas come by themselves.
extension ByteBuffer {
    /// A comma, unless what comes is the first of its object or list. No text ends in such a bracket: its quote does.
    @inline(__always)
    mutating func appendLeanComma() {
        let last = bytes[count - 1]
        if last != UInt8(ascii: "{"), last != UInt8(ascii: "[") { append(UInt8(ascii: ",")) }
    }

    @inline(__always)
    mutating func appendLeanName(_ name: StaticString) {
        appendLeanComma()
        append(UInt8(ascii: "\""))
        append(name)
        append("\":")
    }

    /// A member that is JSON as it stands.
    mutating func appendLean(_ name: StaticString, _ json: ByteView?) {
        guard let json else { return }
        appendLeanName(name)
        append(json)
    }

    /// A member that is text, not yet escaped.
    mutating func appendLean(_ name: StaticString, text: ByteView?) {
        guard let text, !text.isEmpty else { return }
        appendLeanName(name)
        appendJSONString(text)
    }

    /// A member that is a number as it was told, if it is one to show.
    mutating func appendLean(_ name: StaticString, number: ByteView?) {
        guard let number, number.isLeanNumber else { return }
        appendLean(name, number)
    }

    /// A time: milliseconds since 1970.
    mutating func appendLean(_ name: StaticString, _ time: Timestamp?) {
        guard let time else { return }
        appendLeanName(name)
        appendDecimal(time.milliseconds)
    }

    /// A member that is an object, of what `body` writes between its braces.
    mutating func appendLeanObject(_ name: StaticString, _ body: (inout ByteBuffer) -> Void) {
        appendLean(name, UInt8(ascii: "{"), UInt8(ascii: "}"), body)
    }

    /// A member that is a list, of what `body` writes between its brackets.
    mutating func appendLeanList(_ name: StaticString, _ body: (inout ByteBuffer) -> Void) {
        appendLean(name, UInt8(ascii: "["), UInt8(ascii: "]"), body)
    }

    private mutating func appendLean(
        _ name: StaticString, _ opening: UInt8, _ closing: UInt8, _ body: (inout ByteBuffer) -> Void
    ) {
        let start = count
        appendLeanName(name)
        append(opening)
        let empty = count
        body(&self)
        if count == empty { truncate(to: start) } else { append(closing) }
    }

    /// An element of a list that is an object.
    mutating func appendLeanElement(_ body: (inout ByteBuffer) -> Void) {
        let start = count
        appendLeanComma()
        append(UInt8(ascii: "{"))
        let empty = count
        body(&self)
        if count == empty { truncate(to: start) } else { append(UInt8(ascii: "}")) }
    }
}

extension ByteView {
    /// Of a number's JSON: whether it is shown. Not one of over 20 characters, which no count of seconds or contacts is.
    var isLeanNumber: Bool { count <= 20 && !contains(UInt8(ascii: "e")) && !contains(UInt8(ascii: "E")) }
}
