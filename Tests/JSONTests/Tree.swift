import JSON
import Platform
import TestSupport

/// What a document means: strings and keys as UTF-16, which alone can tell halves of surrogate pairs; numbers as tokens.
indirect enum Tree: Equatable {
    case object([Member])
    case array([Tree])
    case string([UInt16])
    case number(String)
    case bool(Bool)
    case null

    struct Member: Equatable {
        var key: [UInt16]
        var value: Tree
    }
}

// MARK: Random trees and their spellings

/// What random documents are made of.
struct Vocabulary {
    /// Halves of surrogate pairs; Foundation refuses them.
    var lonelySurrogates = true
    /// The same key twice in one object; Foundation has no word on which counts.
    var duplicateKeys = true
}

extension Dice {
    mutating func string(_ vocabulary: Vocabulary) -> [UInt16] {
        (0..<(chance(40) ? 70 : pick([0, 1, 1, 2, 3, 8]))).flatMap { _ -> [UInt16] in
            switch below(12) {
            case 0: return [pick([0x22, 0x5C, 0x2F])]
            case 1: return [UInt16(below(0x20))]
            case 2: return [0x7F, 0x80, 0x7FF, 0x800, 0x2028, 0xD7FF, 0xE000, 0xFFFD].map { UInt16($0) }.shuffled(using: &self)
            case 3: return Array(String(pick(["😀", "𐀀", "\u{10FFFF}"])).utf16)
            case 4: return vocabulary.lonelySurrogates ? [pick([0xD800, 0xDBFF, 0xDC00, 0xDFFF])] : [0x65]
            case 5: return Array("\\ud800".utf16)
            case 6: return Array("{}[]:, \"".utf16)
            default: return [UInt16(0x61 + below(4))]
            }
        }
    }

    mutating func number() -> String {
        let whole = pick(["0", "1", "-1", "-0", "12345678901234567890123", "\(below(100_000))"])
        let fraction = pick(["", "", ".0", ".50", ".\(below(1000))"])
        return whole + fraction + pick(["", "", "e5", "E+7", "e-0"])
    }

    mutating func tree(_ vocabulary: Vocabulary, depth: Int = 0) -> Tree {
        switch below(depth > 5 ? 6 : 10) {
        case 0: return .bool(chance(2))
        case 1: return .null
        case 2, 3: return .number(number())
        case 4, 5: return .string(string(vocabulary))
        case 6, 7: return .array((0..<pick([0, 1, 2, 3, 5])).map { _ in tree(vocabulary, depth: depth + 1) })
        default:
            var members: [Tree.Member] = []
            for _ in 0..<pick([0, 1, 2, 3, 6]) {
                let key = vocabulary.duplicateKeys ? string(vocabulary) : Array("k\(members.count)".utf16) + string(vocabulary)
                members.append(Tree.Member(key: key, value: tree(vocabulary, depth: depth + 1)))
            }
            return .object(members)
        }
    }

    mutating func space() -> String { chance(3) ? pick([" ", "\n", "\t", "\r\n", "   "]) : "" }

    /// One of the many ways to write a character.
    mutating func spell(_ unit: UInt16, raw: String?) -> String {
        var ways: [String] = []
        if let raw { ways = [raw, raw, raw] }
        let short: [UInt16: String] = [
            0x22: "\\\"", 0x5C: "\\\\", 0x2F: "\\/", 8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r",
        ]
        if let way = short[unit] { ways.append(way) }
        let hex = String(unit, radix: 16)
        let digits = String(repeating: "0", count: 4 - hex.count) + hex
        ways += ["\\u" + digits, "\\u" + digits.uppercased()]
        return pick(ways)
    }

    mutating func spell(_ string: [UInt16]) -> String {
        var text = "\""
        var at = 0
        while at < string.count {
            let unit = string[at]
            at += 1
            if unit & 0xFC00 == 0xD800, at < string.count, string[at] & 0xFC00 == 0xDC00 {
                if chance(2) {
                    text += String(decoding: [unit, string[at]], as: UTF16.self)
                } else {
                    text += spell(unit, raw: nil) + spell(string[at], raw: nil)
                }
                at += 1
            } else {
                let needsEscape = unit < 0x20 || unit == 0x22 || unit == 0x5C || unit & 0xF800 == 0xD800
                text += spell(unit, raw: needsEscape ? nil : String(decoding: [unit], as: UTF16.self))
            }
        }
        return text + "\""
    }

    /// The document in one of its spellings: white space, escapes, and the order of members as far as it means nothing.
    mutating func spell(_ tree: Tree) -> String {
        func list(_ open: String, _ items: [String], _ close: String, _ random: inout Dice) -> String {
            open + items.map { random.space() + $0 + random.space() }.joined(separator: ",") + random.space() + close
        }
        switch tree {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .number(let token): return token
        case .string(let string): return spell(string)
        case .array(let elements): return list("[", elements.map { spell($0) }, "]", &self)
        case .object(let members):
            // Members of one key must stay in order, the last of them counts.
            var shuffled = members
            if chance(2) {
                shuffled = Dictionary(grouping: members, by: \.key).values.shuffled(using: &self).flatMap(\.self)
            }
            let items = shuffled.map { spell($0.key) + space() + ":" + space() + spell($0.value) }
            return list("{", items, "}", &self)
        }
    }
}

// MARK: The canonical form by the book

extension Tree {
    var canonical: String {
        switch self {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .number(let token): return token
        case .string(let string): return Tree.quoted(string)
        case .array(let elements): return "[" + elements.map(\.canonical).joined(separator: ",") + "]"
        case .object(let members):
            var last: [[UInt16]: Tree] = [:]
            for member in members { last[member.key] = member.value }
            let sorted = last.sorted { Tree.wtf8($0.key).lexicographicallyPrecedes(Tree.wtf8($1.key)) }
            return "{" + sorted.map { Tree.quoted($0.key) + ":" + $0.value.canonical }.joined(separator: ",") + "}"
        }
    }

    /// The code points, a lonely surrogate as itself.
    static func codePoints(_ string: [UInt16]) -> [UInt32] {
        var points: [UInt32] = []
        for unit in string {
            if unit & 0xFC00 == 0xDC00, let high = points.last, high & 0xFFFF_FC00 == 0xD800 {
                points[points.count - 1] = 0x10000 + ((high & 0x3FF) << 10) + UInt32(unit & 0x3FF)
            } else {
                points.append(UInt32(unit))
            }
        }
        return points
    }

    /// UTF-8, where a lonely surrogate takes the three bytes that its number would (WTF-8).
    static func wtf8(_ string: [UInt16]) -> [UInt8] {
        codePoints(string).flatMap { point -> [UInt8] in
            if let scalar = Unicode.Scalar(point) { return Array(String(Character(scalar)).utf8) }
            return [0xED, UInt8(0x80 | (point >> 6) & 0x3F), UInt8(0x80 | point & 0x3F)]
        }
    }

    static func quoted(_ string: [UInt16]) -> String {
        let inside = codePoints(string).map { point -> String in
            switch point {
            case 0x22: return "\\\""
            case 0x5C: return "\\\\"
            case 8: return "\\b"
            case 9: return "\\t"
            case 10: return "\\n"
            case 12: return "\\f"
            case 13: return "\\r"
            case 0..<0x10: return "\\u000" + String(point, radix: 16)
            case 0x10..<0x20: return "\\u00" + String(point, radix: 16)
            default:
                guard let scalar = Unicode.Scalar(point) else { return "\\u" + String(point, radix: 16) }
                return String(Character(scalar))
            }
        }
        return "\"" + inside.joined() + "\""
    }
}

// MARK: What the index says

extension Tree {
    /// The tree that the index shows, every member and element of it.
    init(_ value: JSONValue) throws {
        switch value.kind {
        case .null: self = .null
        case .true: self = .bool(true)
        case .false: self = .bool(false)
        case .number: self = .number(value.bytes.text)
        case .string:
            try demand(value.hasEscapes == value.rawString.contains(UInt8(ascii: "\\")), "hasEscapes")
            try demand(value.bytes.text == "\"" + value.rawString.text + "\"", "bytes of a string")
            self = .string(try Tree.units(value.rawString))
        case .array: self = .array(try value.elements.map { try Tree($0) })
        case .object:
            self = .object(try value.members.map { Member(key: try Tree.units($0.name), value: try Tree($0.value)) })
        }
        try demand(value.isObject == (value.kind == .object) && value.isArray == (value.kind == .array), "kind")
        try demand(value.isString == (value.kind == .string) && value.isNull == (value.kind == .null), "kind")
        if value.kind != .object { try demand(value.members.allSatisfy { _ in false }, "members of no object") }
        if value.kind != .array { try demand(value.elements.allSatisfy { _ in false }, "elements of no array") }
    }

    /// The inside of a string, as UTF-16.
    private static func units(_ raw: ByteView) throws -> [UInt16] {
        var units: [UInt16] = []
        var rest = Substring(raw.text).utf16
        let short: [UInt16: UInt16] = [0x62: 8, 0x74: 9, 0x6E: 10, 0x66: 12, 0x72: 13]
        while let unit = rest.popFirst() {
            guard unit == 0x5C else {
                units.append(unit)
                continue
            }
            let kind = rest.popFirst() ?? 0
            if kind == 0x75 {
                let digits = String(decoding: Array(rest.prefix(4)), as: UTF16.self)
                guard let value = UInt16(digits, radix: 16) else { throw Violation("\\u\(digits)") }
                units.append(value)
                rest = rest.dropFirst(4)
            } else {
                units.append(short[kind] ?? kind)
            }
        }
        return units
    }

    /// Members of one key keep their order; else order means nothing.
    func sameMeaning(as other: Tree) -> Bool { canonical == other.canonical }
}

func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }
