import Platform

/// The bounds and surroundings of an ``HTTPClient``.
public struct HTTPOptions: Sendable {
    /// Requests on the network at one time.
    public var inFlightMax = 256
    /// Requests behind those that wait for a place; one more is refused.
    public var waitingMax = 4096
    /// Connections to one host, and as many direct ones (``HTTPRequest/isDirect``); over HTTP/2 many requests share one.
    public var connectionsPerHostMax = 128
    /// Bytes of a body that is not streamed.
    public var bodyBytesMax = 64 << 20
    /// A file of CA certificates instead of the system's.
    public var caFile: String?
    /// A directory of CA certificates besides.
    public var caDirectory: String?
    public var proxies = HTTPProxies()

    public init() {}

    /// Proxies and certificates as the environment has them: `AWS_CA_BUNDLE`, else `CURL_CA_BUNDLE`, else `SSL_CERT_FILE`;
    /// `SSL_CERT_DIR`; and ``HTTPProxies/init(_:)``.
    public init(_ environment: Environment) {
        caFile = environment["AWS_CA_BUNDLE"] ?? environment["CURL_CA_BUNDLE"] ?? environment["SSL_CERT_FILE"]
        caDirectory = environment["SSL_CERT_DIR"]
        proxies = HTTPProxies(environment)
    }
}

/// Which requests go through a proxy. May hold passwords, so it is not shown.
public struct HTTPProxies: Sendable {
    var http: Secret?
    var https: Secret?
    /// Hosts that are reached directly, separated by commas, as libcurl reads them.
    var direct: String?

    public init() {}

    /// The one that a request goes through, unless its host is among those reached directly.
    func proxy(of request: HTTPRequest) -> Secret? {
        request.bypassesProxy ? nil : request.url.scheme == .https ? https : http
    }

    /// `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`, in lower case before capitals; `HTTP_PROXY` in capitals is not
    /// looked at, because a web server sets it from a client's header (https://httpoxy.org).
    public init(_ environment: Environment) {
        let all = environment["all_proxy"] ?? environment["ALL_PROXY"]
        http = (environment["http_proxy"] ?? all).map { Secret($0) }
        https = (environment["https_proxy"] ?? environment["HTTPS_PROXY"] ?? all).map { Secret($0) }
        direct = environment["no_proxy"] ?? environment["NO_PROXY"]
    }
}
