public import Platform

/// Typed values piece by piece, for what writes many of them: a value begins and ends around what the caller appends. Text has to be
/// escaped as in JSON, a number is its digits, and a map's members stand as in JSON, each `"name":` and a value, commas between.
extension ByteBuffer {
    @inlinable @inline(__always) public mutating func beginMap() { append("{\"M\":{") }
    @inlinable @inline(__always) public mutating func endMap() { append("}}") }

    @inlinable @inline(__always) public mutating func beginList() { append("{\"L\":[") }
    @inlinable @inline(__always) public mutating func endList() { append("]}") }

    @inlinable @inline(__always) public mutating func beginText() { append("{\"S\":\"") }
    @inlinable @inline(__always) public mutating func endText() { append("\"}") }

    @inlinable @inline(__always) public mutating func beginNumber() { append("{\"N\":\"") }
    @inlinable @inline(__always) public mutating func endNumber() { append("\"}") }

    /// `{"S":"text"}`, of text that needs no escape.
    @inlinable @inline(__always)
    public mutating func append(plainText text: StaticString) {
        beginText()
        append(text)
        endText()
    }

    @inlinable @inline(__always)
    public mutating func append(number: Int64) {
        beginNumber()
        appendDecimal(number)
        endNumber()
    }

    @inlinable @inline(__always) public mutating func appendTrue() { append("{\"BOOL\":true}") }
    @inlinable @inline(__always) public mutating func appendFalse() { append("{\"BOOL\":false}") }
    @inlinable @inline(__always) public mutating func appendNull() { append("{\"NULL\":true}") }
}
