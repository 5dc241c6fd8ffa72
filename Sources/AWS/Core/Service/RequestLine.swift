public import HTTPClient

/// Which resource of a service a request is sent to, below the endpoint. Services of the JSON and query protocols have one for everything, to
/// which requests without a line are POSTed; those of REST one a resource.
public struct RequestLine: Hashable, Sendable {
    public let method: HTTPMethod
    /// Percent-encoded, from its first `/`; names in it by ``label(_:)``.
    public let path: String
    /// Percent-encoded, in the order given.
    public private(set) var query = ""
    /// What the request is about, for errors: `hosted zone Z1`. Empty: what the body names.
    public let subject: String

    init(_ method: HTTPMethod, _ path: String, subject: String = "") {
        self.method = method
        self.path = path
        self.subject = subject
    }

    /// A name as a part of a path: its slashes and colons encoded, too.
    static func label(_ name: String) -> String { percentEncoded(name) }

    /// Adds a parameter; nil: none.
    mutating func append(_ name: String, _ value: String?) {
        guard let value else { return }
        query += (query.isEmpty ? "" : "&") + percentEncoded(name) + "=" + percentEncoded(value)
    }

    /// Where it is sent. An endpoint may have a path of its own.
    func url(below endpoint: HTTPURL) -> HTTPURL {
        if path == "/", query.isEmpty { return endpoint }
        let base = endpoint.path.utf8.last == UInt8(ascii: "/") ? String(endpoint.path.dropLast()) : endpoint.path
        return HTTPURL(scheme: endpoint.scheme, host: endpoint.host, port: endpoint.port, path: base + path, query: query)
    }
}
