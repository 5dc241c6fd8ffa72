public import JSON
public import Platform

/// Attributes of an item, a key or an expression, as members of the object that is being written: `"pk":{"S":"agent#1"}`.
extension JSONWriter {
    public mutating func attribute(_ name: StaticString, _ value: String) {
        key(name)
        typed("S") { $0.string(value) }
    }

    @_disfavoredOverload
    public mutating func attribute(_ name: String, _ value: String) {
        key(name)
        typed("S") { $0.string(value) }
    }

    /// A number.
    public mutating func attribute(_ name: StaticString, _ value: Int64) {
        key(name)
        typed("N") { $0.digits(value) }
    }

    @_disfavoredOverload
    public mutating func attribute(_ name: String, _ value: Int64) {
        key(name)
        typed("N") { $0.digits(value) }
    }

    /// A set of texts. DynamoDB has no empty ones.
    public mutating func attribute(_ name: StaticString, _ values: [String]) {
        key(name)
        set(values)
    }

    @_disfavoredOverload
    public mutating func attribute(_ name: String, _ values: [String]) {
        key(name)
        set(values)
    }

    /// Bytes.
    public mutating func attribute(_ name: StaticString, bytes: ByteView) {
        key(name)
        typed("B") { $0.blob(bytes) }
    }

    /// A map, whose members are attributes, too.
    public mutating func attribute(_ name: String, map members: (inout JSONWriter) -> Void) {
        key(name)
        typed("M") { $0.object(members) }
    }

    /// A value that is typed already.
    public mutating func attribute(_ name: StaticString, typed value: ByteView) {
        key(name)
        raw(value)
    }

    private mutating func set(_ values: [String]) {
        typed("SS") { json in
            json.array { json in
                for value in values { json.string(value) }
            }
        }
    }

    private mutating func typed(_ type: StaticString, _ value: (inout JSONWriter) -> Void) {
        object { json in
            json.key(type)
            value(&json)
        }
    }
}
