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

    private static func isSame(_ one: ArraySlice<UInt8>, _ other: some Collection<UInt8>) -> Bool {
        one.count == other.count && zip(one, other).allSatisfy { lower($0) == lower($1) }
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }
}

extension HTTPHeaders {
    private static let length = Array("content-length".utf8)
    private static let coding = Array("transfer-encoding".utf8)
    private static let chunked = Array("chunked".utf8)
    private static let host = Array("host".utf8)

    /// Why a request with these fields could be read in two ways; nil where it cannot.
    ///
    /// A proxy in front and this server must agree on where a request ends, or what one of them takes for a body is a request to the other (request
    /// smuggling: RFC 9112 sections 3.2, 5.1, 6.1, 6.3, 11.2). The library is lenient; what is not plain is refused here. One walk over the fields.
    /// - Parameter isChunkable: The request is of HTTP/1.1, which has chunks.
    func flaw(isChunkable: Bool) -> String? {
        var (lengths, codings, hosts) = (0, 0, 0)
        var at = bytes.startIndex
        while let nameEnd = bytes[at...].firstIndex(of: 0), let valueEnd = bytes[(nameEnd + 1)...].firstIndex(of: 0) {
            let (name, value) = (bytes[at..<nameEnd], bytes[(nameEnd + 1)..<valueEnd])
            guard !name.isEmpty, name.allSatisfy(HTTPHeaders.isToken) else {
                return "a header field's name has other characters than those of names"
            }
            if HTTPHeaders.isSame(name, HTTPHeaders.length) {
                lengths += 1
                guard !value.isEmpty, value.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else {
                    return "Content-Length: not a whole number"
                }
            } else if HTTPHeaders.isSame(name, HTTPHeaders.coding) {
                codings += 1
                guard isChunkable, HTTPHeaders.isSame(value, HTTPHeaders.chunked) else {
                    return "Transfer-Encoding: not chunked, or not of HTTP/1.1"
                }
            } else if HTTPHeaders.isSame(name, HTTPHeaders.host) {
                hosts += 1
            }
            at = valueEnd + 1
        }
        if lengths + codings > 1 { return "more than one of Content-Length and Transfer-Encoding; give one, once" }
        return hosts > 1 ? "Host comes more than once" : nil
    }

    /// Whether a name may have it (RFC 9110 section 5.6.2).
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
