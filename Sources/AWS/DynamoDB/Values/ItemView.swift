public import JSON
public import Platform

/// An item of a response, a key, or a map in one: attributes by name, each with its type. A view, valid as long as the parsed response is.
///
/// An attribute of another type than asked for counts as missing. Cost of each access: linear in the attributes.
public struct ItemView {
    private let attributes: JSONValue

    /// `attributes`: an object such as `{"pk":{"S":"agent#1"}}`. Anything else has no attributes.
    public init(_ attributes: JSONValue) { self.attributes = attributes }

    /// Whether there is an attribute of that name, whatever its type.
    public func has(_ name: StaticString) -> Bool { attributes.member(name) != nil }

    /// A text. A copy.
    public func text(_ name: StaticString) -> String? { string(name)?.text }

    /// A text as it stands in the response.
    public func string(_ name: StaticString) -> JSONValue? { value(name, "S") }

    /// Nil also of a number with a fraction or an exponent, or beyond 64 bits.
    public func integer(_ name: StaticString) -> Int64? { value(name, "N").flatMap { Int64($0.rawString.text) } }

    /// Bytes, as base64 in the response.
    public func base64(_ name: StaticString) -> JSONValue? { value(name, "B") }

    /// A set of texts, in ascending order.
    public func texts(_ name: StaticString) -> [String]? {
        attributes.member(name)?.member("SS").map { $0.elements.compactMap(\.text).sorted() }
    }

    public func map(_ name: StaticString) -> ItemView? { attributes.member(name)?.member("M").map { ItemView($0) } }

    /// Calls `body` with each member that is a map, in order.
    public func forEachMap(_ body: (_ name: ByteView, _ map: ItemView) -> Void) {
        for (name, value) in attributes.members {
            if let members = value.member("M") { body(name, ItemView(members)) }
        }
    }

    /// Calls `body` with each member that is a whole number, in order.
    public func forEachInteger(_ body: (_ name: ByteView, _ number: Int64) -> Void) {
        for (name, value) in attributes.members {
            if let number = value.member("N"), number.isString, let number = Int64(number.rawString.text) { body(name, number) }
        }
    }

    /// Bytes of the item as DynamoDB counts them for its size and its price: names and values
    /// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html). Of numbers, whose size the page calls
    /// approximate, within a byte or two. Cost: a walk over all of it.
    public var byteCount: Int { attributes.members.reduce(0) { $0 + $1.name.count + ItemView.byteCount($1.value) } }

    private static func byteCount(_ typed: JSONValue) -> Int {
        guard let (type, value) = typed.members.first(where: { _ in true }) else { return 0 }
        switch type.text {
        case "S": return textByteCount(value)
        case "N": return numberByteCount(value.rawString)
        case "B": return value.rawString.count * 3 / 4 - value.rawString.count { $0 == UInt8(ascii: "=") }
        case "M": return 3 + value.members.reduce(0) { $0 + 1 + $1.name.count + byteCount($1.value) }
        case "L": return 3 + value.elements.reduce(0) { $0 + 1 + byteCount($1) }
        case "SS": return value.elements.reduce(0) { $0 + textByteCount($1) }
        default: return 1
        }
    }

    private static func textByteCount(_ text: JSONValue) -> Int {
        guard text.hasEscapes else { return text.rawString.count }
        var plain = ByteBuffer(capacity: text.rawString.count)
        text.appendUnescaped(to: &plain)
        return plain.count
    }

    private static func numberByteCount(_ number: ByteView) -> Int {
        let digits = number.prefix { $0 | 0x20 != UInt8(ascii: "e") }.filter { $0 >= 0x30 && $0 <= 0x39 }
        let zero = UInt8(ascii: "0")
        let significant = digits.drop { $0 == zero }.reversed().drop { $0 == zero }.count
        return (significant + 1) / 2 + 1 + (number.first == UInt8(ascii: "-") ? 1 : 0)
    }

    private func value(_ name: StaticString, _ type: StaticString) -> JSONValue? {
        guard let value = attributes.member(name)?.member(type), value.isString else { return nil }
        return value
    }
}
