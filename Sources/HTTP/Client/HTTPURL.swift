import Platform

/// Where a request goes: what is sent is what is signed, so path and query are kept as they stand in the request line.
public struct HTTPURL: Hashable, Sendable {
    public enum Scheme: String, Sendable { case http, https }

    public var scheme: Scheme
    /// In lower case; an IPv6 address stands in brackets.
    public var host: String
    /// Nil is the scheme's own.
    public var port: UInt16?
    /// Percent-encoded, from its first `/`.
    public var path: String
    /// Percent-encoded, without its `?`.
    public private(set) var query: String

    public init(scheme: Scheme, host: String, port: UInt16? = nil, path: String = "/", query: String = "") {
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port
        self.path = path.utf8.first == UInt8(ascii: "/") ? path : "/" + path
        self.query = query
    }

    /// Reads `http[s]://HOST[:PORT][/PATH][?QUERY]`. Nil of anything else, of user information too: it would be a secret in
    /// a place that is logged.
    public init?(_ text: String) {
        let utf8 = text.utf8
        guard let colon = utf8.firstIndex(of: UInt8(ascii: ":")), utf8[colon...].starts(with: "://".utf8),
            let scheme = Scheme(rawValue: text[..<colon].lowercased())
        else { return nil }
        let rest = utf8[utf8.index(colon, offsetBy: 3)...]
        let authorityEnd = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
        let authority = text[rest.startIndex..<(authorityEnd ?? rest.endIndex)]
        let tail = text[(authorityEnd ?? rest.endIndex)...].prefix { $0 != "#" }
        guard !authority.isEmpty, !authority.utf8.contains(UInt8(ascii: "@")) else { return nil }
        let bracket = authority.lastIndex(of: "]")
        let portMark = authority[(bracket ?? authority.startIndex)...].lastIndex(of: ":")
        var port: UInt16?
        if let portMark {
            port = UInt16(authority[authority.index(after: portMark)...])
            if port == nil { return nil }
        }
        let host = authority[..<(portMark ?? authority.endIndex)]
        guard !host.isEmpty, host.first != "[" || host.last == "]" else { return nil }
        let question = tail.firstIndex(of: "?")
        self.init(
            scheme: scheme, host: String(host), port: port, path: String(tail[..<(question ?? tail.endIndex)]),
            query: question.map { String(tail[tail.index(after: $0)...]) } ?? "")
    }

    /// Adds a parameter, both parts percent-encoded.
    public mutating func appendQuery(_ name: String, _ value: String) {
        if !query.isEmpty { query += "&" }
        query += percentEncoded(name) + "=" + percentEncoded(value)
    }

    /// The `Host` header: without the port where it is the scheme's own.
    public var authority: String {
        switch (scheme, port) {
        case (_, nil), (.http, 80), (.https, 443): host
        case (_, let port?): "\(host):\(port)"
        }
    }

    /// The whole, as a request is given to the network. May hold a signature; see ``origin`` for what is shown.
    public var text: String { origin + path + (query.isEmpty ? "" : "?" + query) }

    /// Scheme, host and port: what errors and logs show.
    public var origin: String { "\(scheme.rawValue)://\(authority)" }

    /// Whether path and query hold nothing but printable ASCII, as a request line has to.
    var isSendable: Bool {
        [host, path, query].allSatisfy { $0.withBytes { $0.allAre { $0 > 0x20 && $0 < 0x7F } } }
    }
}

extension HTTPURL: CustomStringConvertible {
    /// Without the query, which may hold a signature.
    public var description: String { origin + path }
}

/// Percent-encodes the UTF-8 of `text` as Signature Version 4 has it: everything but `A-Z a-z 0-9 - . _ ~`, in capitals.
package func percentEncoded(_ text: String) -> String {
    var out = ByteBuffer(capacity: text.utf8.count * 2)
    var text = text
    text.withUTF8 { out.appendPercentEncoded(ByteView($0)) }
    return out.bytes.text
}

extension ByteBuffer {
    /// See ``percentEncoded(_:)``; a slash stays where `keepsSlash`.
    package mutating func appendPercentEncoded(_ text: ByteView, keepsSlash: Bool = false) {
        for byte in text {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: append(byte)
            case 0x2F where keepsSlash: append(byte)
            default:
                append(UInt8(ascii: "%"))
                append(upperHexDigit(byte >> 4))
                append(upperHexDigit(byte & 15))
            }
        }
    }
}

private func upperHexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 55 + value }
