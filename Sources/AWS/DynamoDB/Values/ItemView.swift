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

    private func value(_ name: StaticString, _ type: StaticString) -> JSONValue? {
        guard let value = attributes.member(name)?.member(type), value.isString else { return nil }
        return value
    }
}
