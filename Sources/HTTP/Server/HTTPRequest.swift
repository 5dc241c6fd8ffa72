/// A request as middleware and routes see it.
public struct HTTPRequest: Sendable {
    /// In capitals, as sent.
    public var method: String
    /// The path, percent-encoded as sent, without the query.
    public var path: String
    /// What stood in the path for the names of the route's pattern, decoded.
    public internal(set) var parameters: [String: String] = [:]
    /// Decoded; of a name that comes twice the last one.
    public var query: [String: String]
    /// The names in the query that come twice or more.
    public internal(set) var repeatedNames: Set<String> = []
    public var headers: HTTPHeaders
    /// Whole, of at most as many bytes as the route takes. Empty where nothing is served.
    public var body: [UInt8]
    /// The address that the connection came from, in digits, without the port. A proxy's, where there is one.
    public var peer: String
    /// The client's own `X-Request-Id` where that is 1 to 64 of `A-Z a-z 0-9 . _ -`, else one of this server's. Each answer bears it.
    public var id: String
    /// Whether it came over TLS that this server ended.
    public var isEncrypted: Bool
    /// Nil until authentication has said who it is.
    public var caller: HTTPCaller?
    /// Whether its token came in the cookies of a log-in.
    public var isOfSession = false

    public init(
        method: String, path: String, query: [String: String] = [:], headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = [],
        peer: String = "127.0.0.1", id: String = "", isEncrypted: Bool = false, caller: HTTPCaller? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.peer = peer
        self.id = id
        self.isEncrypted = isEncrypted
        self.caller = caller
    }

    /// The value of a header field; `name` in any case.
    public func header(_ name: String) -> String? { headers[name] }

    /// Nil where the target is no path, or its escapes are no UTF-8. `*` is the target of `OPTIONS` alone.
    init?(method: String, target: String) {
        guard let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) else {
            guard target.utf8.first == UInt8(ascii: "/") || (target == "*" && method == "OPTIONS") else { return nil }
            self.init(method: method, path: target)
            return
        }
        let path = target[..<mark]
        guard path.utf8.first == UInt8(ascii: "/") else { return nil }
        var query: [String: String] = [:]
        var repeatedNames: Set<String> = []
        for pair in target[target.utf8.index(after: mark)...].split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = percentDecoded(sides[0], plusIsBlank: true),
                let value = percentDecoded(sides.count > 1 ? sides[1] : "", plusIsBlank: true)
            else { return nil }
            if query.updateValue(value, forKey: name) != nil { repeatedNames.insert(name) }
        }
        self.init(method: method, path: String(path), query: query)
        self.repeatedNames = repeatedNames
    }
}

/// The text behind percent-encoding (RFC 3986); nil where an escape is broken or the bytes are no UTF-8.
func percentDecoded(_ text: Substring, plusIsBlank: Bool = false) -> String? {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || (plusIsBlank && $0 == UInt8(ascii: "+")) }) else {
        return String(text)
    }
    var out: [UInt8] = []
    var bytes = text.utf8.makeIterator()
    while let byte = bytes.next() {
        switch byte {
        case UInt8(ascii: "%"):
            guard let high = bytes.next().flatMap(hexDigit), let low = bytes.next().flatMap(hexDigit) else { return nil }
            out.append(high << 4 | low)
        case UInt8(ascii: "+") where plusIsBlank: out.append(UInt8(ascii: " "))
        default: out.append(byte)
        }
    }
    return String(validating: out, as: UTF8.self)
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
