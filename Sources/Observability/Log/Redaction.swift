/// Text that may quote an event or a server, without what tells of persons: phone numbers in E.164 (`+`, seven to fifteen digits, with
/// blanks, points, hyphens or brackets between them), mail and SIP addresses, and the values of JSON members that hold names.
///
/// A name in the middle of a sentence cannot be told from other words: whoever knows that it is one leaves it out. One pass, linear in the text.
public func scrubbed(_ text: String) -> String {
    let bytes = Array(text.utf8)
    // Most text has nothing that could begin one.
    guard bytes.contains(where: { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "\"") }) else {
        return text
    }
    var scrubber = Scrubber(bytes)
    return scrubber.run()
}

/// Members of JSON, in lower case, whose values are names or addresses. All that `PersonalFacts` of the contact center names are among
/// them: a test holds the two together.
public let personalMembers: Set<String> = [
    "additionalemailrecipients", "address", "customername", "displayname", "email", "emailaddress", "familyname", "firstname",
    "fullname",
    "givenname", "lastname", "phonenumber", "username",
]

private struct Scrubber {
    private let bytes: [UInt8]
    private var out: [UInt8] = []
    private var at = 0

    /// Longer than any of them.
    private static let memberBytesMax = 32

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        out.reserveCapacity(bytes.count)
    }

    mutating func run() -> String {
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "+"):
                if let end = phoneEnd(at) { replace(to: end, "[phone]") } else { copy() }
            case UInt8(ascii: "@"):
                if let end = addressEnd() { replace(to: end, "[address]") } else { copy() }
            case UInt8(ascii: "\""):
                if let (start, end) = nameValue(at) {
                    out += bytes[at..<start]
                    replace(to: end, "[name]")
                } else {
                    copy()
                }
            default: copy()
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private mutating func copy() {
        out.append(bytes[at])
        at += 1
    }

    private mutating func replace(to end: Int, _ text: StaticString) {
        out += Array("\(text)".utf8)
        at = end
    }

    /// Behind the last digit of the number that begins with this plus.
    private func phoneEnd(_ start: Int) -> Int? {
        var digits = 0
        var end = start
        var next = start + 1
        while next < bytes.count, digits <= 15 {
            let byte = bytes[next]
            if isDigit(byte) {
                if digits == 0, byte == UInt8(ascii: "0") { return nil }
                digits += 1
                end = next + 1
            } else if !" .-()".utf8.contains(byte) || next - end >= 2 {
                break
            }
            next += 1
        }
        // More than fifteen are no phone number; they are hidden all the same, to be safe.
        while end < bytes.count, digits > 15, isDigit(bytes[end]) { end += 1 }
        return digits >= 7 ? end : nil
    }

    /// Behind the address around this `@`; what precedes it is taken out of the output again.
    private mutating func addressEnd() -> Int? {
        var end = at + 1
        while end < bytes.count, isWordByte(bytes[end]) { end += 1 }
        while end > at + 1, bytes[end - 1] == UInt8(ascii: ".") { end -= 1 }
        var start = out.count
        while start > 0, isWordByte(out[start - 1]) || "+%~!#$&'*/=?^`{|}".utf8.contains(out[start - 1]) { start -= 1 }
        guard end > at + 1, start < out.count else { return nil }
        out.removeSubrange(start...)
        return end
    }

    /// Where the text value of a member with a name begins and ends, between its quotes. Quotes that are escaped, as in JSON within
    /// JSON, count as quotes.
    private func nameValue(_ start: Int) -> (Int, Int)? {
        var next = start + 1
        while next < bytes.count, next - start <= Scrubber.memberBytesMax, isLetter(bytes[next]) { next += 1 }
        guard personalMembers.contains(String(decoding: bytes[(start + 1)..<next], as: UTF8.self).lowercased()) else {
            return nil
        }
        let isEscaped = next < bytes.count && bytes[next] == UInt8(ascii: "\\")
        if isEscaped { next += 1 }
        guard next < bytes.count, bytes[next] == UInt8(ascii: "\"") else { return nil }
        next += 1
        while next < bytes.count, bytes[next] == UInt8(ascii: ":") || bytes[next] == UInt8(ascii: " ") { next += 1 }
        if isEscaped, next < bytes.count, bytes[next] == UInt8(ascii: "\\") { next += 1 }
        guard next < bytes.count, bytes[next] == UInt8(ascii: "\"") else { return nil }
        next += 1
        let value = next
        while next < bytes.count, bytes[next] != UInt8(ascii: "\"") {
            if bytes[next] == UInt8(ascii: "\\") {
                if isEscaped, next + 1 < bytes.count, bytes[next + 1] == UInt8(ascii: "\"") { break }
                next += 1
            }
            next += 1
        }
        return (value, min(next, bytes.count))
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }
    private func isWordByte(_ byte: UInt8) -> Bool {
        isDigit(byte) || isLetter(byte) || byte >= 0x80 || "._-".utf8.contains(byte)
    }
}
