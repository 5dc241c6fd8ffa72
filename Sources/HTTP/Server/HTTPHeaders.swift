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

    /// Another field behind the others.
    public mutating func append(_ name: String, _ value: String) {
        bytes += Array(name.utf8) + [0] + Array(value.utf8) + [0]
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
        var (name, found) = (name, String?.none)
        name.withUTF8 { name in
            forEach { field, value in
                guard HTTPHeaders.isSame(field, name) else { return true }
                let value = String(decoding: value, as: UTF8.self)
                found = found.map { "\($0), \(value)" } ?? value
                return true
            }
        }
        return found
    }

    /// Calls `body` with names and values in their order, until it says false.
    private func forEach(_ body: (_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) -> Bool) {
        bytes.withUnsafeBufferPointer { bytes in
            guard var at = bytes.baseAddress else { return }
            let end = at + bytes.count
            while at < end {
                let name = UnsafeBufferPointer(start: at, count: HTTPHeaders.length(at))
                at += name.count + 1
                guard at < end else { return }
                let value = UnsafeBufferPointer(start: at, count: HTTPHeaders.length(at))
                at += value.count + 1
                guard body(name, value) else { return }
            }
        }
    }

    /// Up to the NUL: `bytes` ends with one.
    private static func length(_ text: UnsafePointer<UInt8>) -> Int {
        text.withMemoryRebound(to: CChar.self, capacity: 1) { strlen($0) }
    }

    private static func isSame(_ one: UnsafeBufferPointer<UInt8>, _ other: UnsafeBufferPointer<UInt8>) -> Bool {
        guard one.count == other.count else { return false }
        for at in 0..<one.count where lower(one[at]) != lower(other[at]) { return false }
        return true
    }

    private static func isSame(_ one: UnsafeBufferPointer<UInt8>, _ other: StaticString) -> Bool {
        isSame(one, UnsafeBufferPointer(start: other.utf8Start, count: other.utf8CodeUnitCount))
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte ? byte | 0x20 : byte
    }
}

extension HTTPHeaders {
    /// Why a request with these fields could be read in two ways; nil where it cannot.
    ///
    /// A proxy in front and this server must agree on where a request ends, or what one of them takes for a body is a request to the other (request
    /// smuggling: RFC 9112 sections 3.2, 5.1, 6.1, 6.3, 11.2). The library is lenient; what is not plain is refused here. One walk over the fields.
    /// - Parameter isChunkable: The request is of HTTP/1.1, which has chunks.
    func flaw(isChunkable: Bool) -> String? {
        var (lengths, codings, hosts) = (0, 0, 0)
        var flaw: String?
        forEach { name, value in
            if name.isEmpty || !name.allSatisfy(HTTPHeaders.isToken) {
                flaw = "a header field's name has other characters than those of names"
            } else if HTTPHeaders.isSame(name, "content-length") {
                lengths += 1
                if value.isEmpty || !value.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) {
                    flaw = "Content-Length: not a whole number"
                }
            } else if HTTPHeaders.isSame(name, "transfer-encoding") {
                codings += 1
                if !isChunkable || !HTTPHeaders.isSame(value, "chunked") {
                    flaw = "Transfer-Encoding: not chunked, or not of HTTP/1.1"
                }
            } else if HTTPHeaders.isSame(name, "host") {
                hosts += 1
            }
            return flaw == nil
        }
        if let flaw { return flaw }
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
