public import Platform

/// One message of an event stream.
public struct EventStreamMessage {
    public enum Value: Equatable, Sendable {
        case boolean(Bool)
        /// Of one, two, four or eight bytes.
        case integer(Int64)
        case bytes([UInt8])
        case string(String)
        /// Milliseconds since 1970.
        case timestamp(Int64)
        case uuid([UInt8])
    }

    /// By name, in order of appearance.
    public let headers: [(name: String, value: Value)]
    public let payload: ByteView

    /// A header's text; nil where there is none, or it is no text.
    public func text(_ name: String) -> String? {
        guard case .string(let text)? = headers.first(where: { $0.name == name })?.value else { return nil }
        return text
    }

    static func headers(in bytes: ByteView) throws(EventStreamError) -> [(name: String, value: Value)] {
        var headers: [(name: String, value: Value)] = []
        var reader = HeaderReader(rest: bytes)
        while !reader.rest.isEmpty {
            let length = Int(try reader.integer(UInt8.self))
            let name = try reader.text(length)
            headers.append((name, try reader.value()))
        }
        return headers
    }
}

private struct HeaderReader {
    var rest: ByteView

    mutating func take(_ length: Int) throws(EventStreamError) -> ByteView {
        guard rest.count >= length else { throw .malformed("a header ends early") }
        defer { rest = rest.slice(length, rest.count - length) }
        return rest.slice(0, length)
    }

    mutating func integer<T: FixedWidthInteger>(_ type: T.Type) throws(EventStreamError) -> T {
        try take(MemoryLayout<T>.size).bigEndian(at: 0, as: type)
    }

    mutating func text(_ length: Int) throws(EventStreamError) -> String {
        guard let text = String(validating: try take(length), as: UTF8.self) else { throw .malformed("a header is not UTF-8") }
        return text
    }

    mutating func value() throws(EventStreamError) -> EventStreamMessage.Value {
        switch try integer(UInt8.self) {
        case 0: return .boolean(true)
        case 1: return .boolean(false)
        case 2: return .integer(Int64(try integer(Int8.self)))
        case 3: return .integer(Int64(try integer(Int16.self)))
        case 4: return .integer(Int64(try integer(Int32.self)))
        case 5: return .integer(try integer(Int64.self))
        case 6:
            let length = Int(try integer(UInt16.self))
            return .bytes(Array(try take(length)))
        case 7:
            let length = Int(try integer(UInt16.self))
            return .string(try text(length))
        case 8: return .timestamp(try integer(Int64.self))
        case 9: return .uuid(Array(try take(16)))
        case let type: throw .malformed("a header of type \(type)")
        }
    }
}

extension ByteView {
    func bigEndian<T: FixedWidthInteger>(at offset: Int, as type: T.Type) -> T {
        T(bigEndian: T(littleEndian: integer(at: offset, as: T.self)))
    }
}
