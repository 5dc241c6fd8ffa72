import JSON
import Platform

/// The members of a token's header or claims, each there once.
///
/// A document that has one twice is none: who reads the first and who reads the last of them would see two tokens in one.
struct TokenObject {
    private enum Value {
        case text(String)
        case number(Double)
        case texts([String])
        case other
    }

    private var members: [String: Value] = [:]

    /// Nil where it is no JSON object, or has a member twice.
    init?(_ bytes: [UInt8]) {
        let parser = JSONParser()
        let isSound = bytes.withUnsafeBytes { bytes in
            guard let document = try? parser.parse(bytes), document.root.isObject else { return false }
            for (name, value) in document.root.members {
                var plain = ByteBuffer(capacity: name.count)
                JSONValue.appendUnescaped(name: name, to: &plain)
                guard members.updateValue(TokenObject.read(value), forKey: plain.bytes.text) == nil else { return false }
            }
            return true
        }
        guard isSound else { return nil }
    }

    private static func read(_ value: JSONValue) -> Value {
        switch value.kind {
        case .string: return value.text.map(Value.text) ?? .other
        case .number: return value.number.flatMap { $0.isFinite ? .number($0) : nil } ?? .other
        case .array:
            let texts = value.elements.map(\.text)
            return texts.contains(nil) ? .other : .texts(texts.compactMap { $0 })
        default: return .other
        }
    }

    func has(_ name: String) -> Bool { members[name] != nil }

    func text(_ name: String) -> String? {
        if case .text(let text) = members[name] { text } else { nil }
    }

    /// A finite number.
    func number(_ name: String) -> Double? {
        if case .number(let number) = members[name] { number } else { nil }
    }

    /// A list of texts, or one text.
    func texts(_ name: String) -> [String]? {
        switch members[name] {
        case .texts(let texts): texts
        case .text(let text): [text]
        default: nil
        }
    }
}
