import Glibc

/// The header fields of a request: one block of bytes, however many there are. Bounded by ``HTTPLimits/headerBytesMax``.
public struct HTTPHeaders: Sendable {
    /// Name, NUL, value, NUL, and so on.
    private var bytes: [UInt8] = []

    public init(_ fields: [(name: String, value: String)] = []) {
        for field in fields {
            bytes += field.name.utf8
            bytes.append(0)
            bytes += field.value.utf8
            bytes.append(0)
        }
    }

    /// Both end with NUL; no value is an empty one.
    mutating func append(name: UnsafePointer<CChar>, value: UnsafePointer<CChar>?) {
        append(name)
        if let value { append(value) } else { bytes.append(0) }
    }

    private mutating func append(_ text: UnsafePointer<CChar>) {
        bytes += UnsafeRawBufferPointer(start: text, count: strlen(text) + 1)
    }

    /// The value of the field, nil where there is none; the values of one that comes several times are joined by commas, in their order.
    /// - Parameter name: In any case. Costs a walk over all fields.
    public subscript(name: String) -> String? {
        var name = name
        return name.withUTF8 { name in
            var found: String?
            var at = bytes.startIndex
            while let nameEnd = bytes[at...].firstIndex(of: 0), let valueEnd = bytes[(nameEnd + 1)...].firstIndex(of: 0) {
                if HTTPHeaders.isSame(bytes[at..<nameEnd], name) {
                    let value = String(decoding: bytes[(nameEnd + 1)..<valueEnd], as: UTF8.self)
                    found = found.map { "\($0), \(value)" } ?? value
                }
                at = valueEnd + 1
            }
            return found
        }
    }

    private static func isSame(_ one: ArraySlice<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
        one.count == other.count && zip(one, other).allSatisfy { lower($0) == lower($1) }
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }
}
