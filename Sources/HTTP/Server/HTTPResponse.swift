import JSON
import Platform

/// What a route answers.
public struct HTTPResponse: Sendable {
    public var status: Int
    /// Empty where there is no content to have one.
    public var contentType: String
    /// Beside the content's own; names and values are ASCII without line breaks. A name of the server's own standard ones takes its place.
    public var headers: [(name: String, value: String)]
    public var body: HTTPBody
    /// Whom the answer tells of, where the request does not say: ids of entities, for the trail of what was read. Never sent.
    public var subjects: [String] = []

    public init(status: Int = 200, contentType: String, headers: [(name: String, value: String)] = [], body: [UInt8]) {
        self.status = status
        self.contentType = contentType
        self.headers = headers
        self.body = .bytes(body)
    }

    /// Answers with what `stream` is sent from now on, until it is ended.
    public init(contentType: String, headers: [(name: String, value: String)] = [], stream: HTTPStream) {
        status = 200
        self.contentType = contentType
        self.headers = headers
        body = .stream(stream)
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

    /// The value of the first header field of this name, in any case.
    public func header(_ name: String) -> String? {
        headers.first { HTTPResponse.isSame($0.name, name) }?.value
    }

    /// Names of fields, which are ASCII, in any case.
    private static func isSame(_ one: String, _ other: String) -> Bool {
        one.utf8.count == other.utf8.count && zip(one.utf8, other.utf8).allSatisfy { $0 | 0x20 == $1 | 0x20 }
    }

    /// All header fields as they are sent, but those that tell the length and the end. `Converge-Time` is this machine's clock in milliseconds since
    /// 1970, by which events are stamped that are accepted here: who writes to two endpoints knows both clocks by it.
    func forEachHeader(id: String, _ body: (String, String) -> Void) {
        if !contentType.isEmpty { body("Content-Type", contentType) }
        if header("Cache-Control") == nil { body("Cache-Control", "no-store") }
        body("X-Content-Type-Options", "nosniff")
        body("X-Request-Id", id)
        body("Converge-Time", "\(Timestamp.now.milliseconds)")
        for (name, value) in headers { body(name, value) }
    }

    private static let titles = [
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        406: "Not Acceptable", 409: "Conflict", 410: "Gone", 412: "Precondition Failed", 413: "Content Too Large",
        415: "Unsupported Media Type", 421: "Misdirected Request", 422: "Unprocessable Content", 429: "Too Many Requests",
        500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
        504: "Gateway Timeout",
    ]
}

/// What follows the headers of an answer.
public enum HTTPBody: Sendable {
    case bytes([UInt8])
    case stream(HTTPStream)

    /// All of it; of a stream nothing.
    public var bytes: [UInt8] {
        switch self {
        case .bytes(let bytes): bytes
        case .stream: []
        }
    }
}
