import Platform

/// What XML is looked through for where one element is wanted, wherever it stands: the text of elements without attributes of their own,
/// which all of STS's are. Answers with lists are read by ``XMLElement``.
enum XMLText {
    /// The text of the first element of that name, entities resolved. Cost: linear in the text.
    static func element(_ name: StaticString, in text: ByteView) -> String? {
        var at = 0
        while let open = text.firstOffset(of: UInt8(ascii: "<"), from: at) {
            at = open + 1
            let end = at + name.utf8CodeUnitCount
            guard end < text.count, text[end] == UInt8(ascii: ">"), text.slice(at, end - at).equals(name) else { continue }
            guard let close = text.firstOffset(of: UInt8(ascii: "<"), from: end) else { return nil }
            return resolved(text.slice(end + 1, close - end - 1))
        }
        return nil
    }

    /// Text with its entities resolved.
    static func resolved(_ text: ByteView) -> String {
        let raw = text.text
        guard raw.contains("&") else { return raw }
        var out = ""
        var rest = Substring(raw)
        while let mark = rest.firstIndex(of: "&") {
            out += rest[..<mark]
            rest = rest[mark...]
            guard let end = rest.firstIndex(of: ";"), let character = character(rest[rest.index(after: mark)..<end]) else {
                out += "&"
                rest = rest.dropFirst()
                continue
            }
            out.unicodeScalars.append(character)
            rest = rest[rest.index(after: end)...]
        }
        return out + rest
    }

    /// Text with the characters replaced that would be read as something else.
    static func escaped(_ text: String) -> String {
        var out = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }

    private static func character(_ entity: Substring) -> Unicode.Scalar? {
        switch entity {
        case "amp": "&"
        case "lt": "<"
        case "gt": ">"
        case "quot": "\""
        case "apos": "'"
        default:
            if entity.hasPrefix("#x") {
                UInt32(entity.dropFirst(2), radix: 16).flatMap(Unicode.Scalar.init)
            } else if entity.hasPrefix("#") {
                UInt32(entity.dropFirst()).flatMap(Unicode.Scalar.init)
            } else {
                nil
            }
        }
    }
}
