import JSON
import Platform

/// Arbitrary bytes as JSON: what parses has a canonical form that parses too, means the same, and is its own canonical form.
final class JSONTarget: FuzzTarget {
    private let parser = JSONParser()
    private let canonicalParser = JSONParser()

    func run(_ input: ByteView) {
        do {
            try parser.begin(input)
            while let document = try parser.next() { check(document.root) }
        } catch {
            // Not JSON, or JSON up to here.
        }
    }

    private func check(_ value: JSONValue) {
        var once = ByteBuffer()
        value.appendCanonical(to: &once)
        if value.isCanonical { require(once.bytes.equals(value.bytes), "text marked canonical is rewritten") }
        do {
            let document = try canonicalParser.parse(once.bytes)
            var twice = ByteBuffer()
            document.root.appendCanonical(to: &twice)
            require(once.bytes.equals(twice.bytes), "the canonical form has another: \(once.bytes.text)")
            require(Meaning(value) == Meaning(document.root), "the canonical form means something else: \(once.bytes.text)")
        } catch {
            stop("the canonical form is not JSON (\(error)): \(once.bytes.text)")
        }
    }
}

/// What a JSON value means, told by plain code that shares nothing with the canonical form: strings as UTF-16, where half of a
/// surrogate pair is a code unit like any other; numbers as their tokens; of duplicate keys the last.
private indirect enum Meaning: Equatable {
    case object([[UInt16]: Meaning])
    case array([Meaning])
    case string([UInt16])
    case token([UInt8])

    init(_ value: JSONValue) {
        switch value.kind {
        case .object:
            var members: [[UInt16]: Meaning] = [:]
            for (name, value) in value.members { members[Meaning.codeUnits(name)] = Meaning(value) }
            self = .object(members)
        case .array: self = .array(value.elements.map { Meaning($0) })
        case .string: self = .string(Meaning.codeUnits(value.rawString))
        case .number, .true, .false, .null: self = .token([UInt8](value.bytes))
        }
    }

    private static func codeUnits(_ raw: ByteView) -> [UInt16] {
        let text = Array(raw.text.utf16)
        var units: [UInt16] = []
        var at = 0
        while at < text.count {
            guard text[at] == 0x5C else {
                units.append(text[at])
                at += 1
                continue
            }
            let kind = UInt8(truncatingIfNeeded: text[at + 1])
            at += 2
            switch kind {
            case UInt8(ascii: "u"):
                units.append(UInt16(String(decoding: text[at..<(at + 4)], as: UTF16.self), radix: 16) ?? 0)
                at += 4
            case UInt8(ascii: "b"): units.append(8)
            case UInt8(ascii: "t"): units.append(9)
            case UInt8(ascii: "n"): units.append(10)
            case UInt8(ascii: "f"): units.append(12)
            case UInt8(ascii: "r"): units.append(13)
            default: units.append(UInt16(kind))
            }
        }
        return units
    }
}
