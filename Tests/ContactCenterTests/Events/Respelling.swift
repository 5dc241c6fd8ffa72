import JSON
import Platform
import TestSupport

/// Writes JSON differently without changing what it means.
struct Respelling {
    var random: Dice
    /// Members in another order.
    var shuffles = true
    /// White space between tokens.
    var spaces = true
    /// `\u0041` for `A` in strings.
    var escapes = true
    /// The same in keys, which has the whole event read in its canonical form.
    var escapesKeys = true
    /// Members that a later one of the same name overrides.
    var decoys = true

    mutating func respell(_ text: String) throws -> [UInt8] {
        let parser = JSONParser()
        var bytes = Array(text.utf8)
        return try bytes.withUnsafeMutableBytes { text in
            var out = ByteBuffer()
            write(try parser.parse(ByteView(text)).root, to: &out)
            return out.array
        }
    }

    private mutating func write(_ value: JSONValue, to out: inout ByteBuffer) {
        space(&out)
        if value.isObject {
            var members: [[(name: ByteView, value: JSONValue?)]] = []
            for (name, value) in value.members {
                members.append(decoys && random.chance(0.2) ? [(name, nil), (name, value)] : [(name, value)])
            }
            if shuffles { members.shuffle(using: &random) }
            out.append("{")
            for (at, member) in members.joined().enumerated() {
                if at > 0 { out.append(",") }
                space(&out)
                writeString(member.name, escapes: escapesKeys, to: &out)
                space(&out)
                out.append(":")
                if let value = member.value { write(value, to: &out) } else { out.append(decoy()) }
            }
            space(&out)
            out.append("}")
        } else if value.isArray {
            out.append("[")
            for (at, element) in value.elements.enumerated() {
                if at > 0 { out.append(",") }
                write(element, to: &out)
            }
            space(&out)
            out.append("]")
        } else if value.isString {
            writeString(value.rawString, escapes: escapes, to: &out)
        } else {
            out.append(value.bytes)
        }
        space(&out)
    }

    private mutating func decoy() -> String {
        [
            "null", "17", #""decoy""#, #"{"agentArn":"decoy","EndOffsetMillis":7,"Username":"decoy"}"#,
            #"[{"ContactId":"decoy"}]"#, "[]",
        ]
        .randomElement(using: &random) ?? "null"
    }

    private mutating func space(_ out: inout ByteBuffer) {
        guard spaces else { return }
        while random.chance(0.2) { out.append([" ", "\n", "\t", "\r"].randomElement(using: &random) ?? " ") }
    }

    private mutating func writeString(_ spelled: ByteView, escapes: Bool, to out: inout ByteBuffer) {
        guard escapes else {
            out.append("\"")
            out.append(spelled)
            out.append("\"")
            return
        }
        var meaning = ByteBuffer()
        JSONValue.appendUnescaped(name: spelled, to: &meaning)
        out.append("\"")
        for scalar in meaning.bytes.text.unicodeScalars {
            if random.chance(0.1) {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: random.chance(0.5))
                    out.append("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
                }
            } else if scalar == "/", random.chance(0.5) {
                out.append("\\/")
            } else {
                let character = Array(String(scalar).utf8)
                character.withUnsafeBytes { out.appendJSONEscaped($0) }
            }
        }
        out.append("\"")
    }
}
