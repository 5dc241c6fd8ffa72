import JSON

/// A request as a route sees it.
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

    public init(method: String, path: String, query: [String: String] = [:]) {
        self.method = method
        self.path = path
        self.query = query
    }

    /// Nil where the target is no path, or its escapes are no UTF-8.
    init?(method: String, target: String) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.first?.hasPrefix("/") == true else { return nil }
        var query: [String: String] = [:]
        var repeatedNames: Set<String> = []
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = percentDecoded(sides[0], plusIsBlank: true),
                let value = percentDecoded(sides.count > 1 ? sides[1] : "", plusIsBlank: true)
            else { return nil }
            if query.updateValue(value, forKey: name) != nil { repeatedNames.insert(name) }
        }
        self.init(method: method, path: String(parts[0]), query: query)
        self.repeatedNames = repeatedNames
    }
}

/// What a route answers.
public struct HTTPResponse: Sendable {
    public var status: Int
    public var contentType: String
    /// Beside the content's own; names and values are ASCII without line breaks.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(status: Int = 200, contentType: String, headers: [(name: String, value: String)] = [], body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = body
    }

    /// `json`: a document.
    public static func json(_ json: String, status: Int = 200) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "application/json", body: Array(json.utf8))
    }

    /// A problem as RFC 9457 has it, of the type `about:blank`: its title is the status's own. `detail` says what to do.
    public static func problem(_ status: Int, _ detail: String, headers: [(name: String, value: String)] = []) -> HTTPResponse {
        let json = jsonLine { json in
            json.member("type", "about:blank")
            json.member("title", titles[status] ?? "Error")
            json.member("status", status)
            json.member("detail", detail)
        }
        return HTTPResponse(status: status, contentType: "application/problem+json", headers: headers, body: Array(json.utf8))
    }

    private static let titles = [
        400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 413: "Content Too Large",
        421: "Misdirected Request", 500: "Internal Server Error",
        503: "Service Unavailable",
    ]
}

/// The text behind percent-encoding (RFC 3986); nil where an escape is broken or the bytes are no UTF-8.
func percentDecoded(_ text: some StringProtocol, plusIsBlank: Bool = false) -> String? {
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
