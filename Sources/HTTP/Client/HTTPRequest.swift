package import Platform

/// One header field. Names compare without case.
public struct HTTPHeader: Hashable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Whether this is the header's name, whatever its case.
    func isNamed(_ other: String) -> Bool {
        guard name.utf8.count == other.utf8.count else { return false }
        return name.withBytes { mine in
            other.withBytes { others in mine.indices.allSatisfy { lowercase(mine[$0]) == lowercase(others[$0]) } }
        }
    }
}

extension String {
    /// Calls `body` with the UTF-8: in place, where the text lies in one piece, as all do that were not made by another language's library.
    package func withBytes<Result>(_ body: (ByteView) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable({ body(ByteView($0)) }) { return result }
        var copy = self
        return copy.withUTF8 { body(ByteView($0)) }
    }
}

public enum HTTPMethod: String, Sendable { case get = "GET", post = "POST", put = "PUT", delete = "DELETE", head = "HEAD" }

/// How long each stage of a request may take. Kept to the nearest 50 ms.
public struct HTTPTimeouts: Hashable, Sendable {
    /// Name, connection and TLS handshake.
    public var connect: Duration
    /// From the start of the transfer, connecting included, to the first byte of the answer.
    public var firstByte: Duration
    /// Between two pieces of the answer.
    public var idle: Duration
    /// From submission, the wait for a free place included, to the end of the answer.
    public var total: Duration

    public init(
        connect: Duration = .seconds(3), firstByte: Duration = .seconds(10), idle: Duration = .seconds(10),
        total: Duration = .seconds(60)
    ) {
        self.connect = connect
        self.firstByte = firstByte
        self.idle = idle
        self.total = total
    }
}

/// A request as it is sent. A header whose value may be a secret is never shown.
public struct HTTPRequest: Sendable {
    public var method: HTTPMethod
    public var url: HTTPURL
    /// In the order sent; a name may come several times. `Host` is sent of itself.
    public var headers: [HTTPHeader]
    public var body: [UInt8]
    public var timeouts: HTTPTimeouts
    /// For addresses of the own host or instance, which a proxy cannot reach.
    public var bypassesProxy = false
    /// One of very many small POSTs to one host: sent over a connection on which the client speaks HTTP/1.1 itself, at a fraction of what
    /// libcurl's own takes. Without effect where a proxy is set, on other methods, and where the body is streamed.
    public var isDirect = false
    /// Over a new connection: libcurl sends a request a second time where a kept one turns out to be dead.
    public var isFresh = false

    public init(
        _ method: HTTPMethod, _ url: HTTPURL, headers: [HTTPHeader] = [], body: [UInt8] = [], timeouts: HTTPTimeouts = .init()
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeouts = timeouts
    }

    /// Sets a header, in place of all of that name.
    public mutating func setHeader(_ name: String, _ value: String) {
        removeHeader(name)
        headers.append(HTTPHeader(name, value))
    }

    public mutating func removeHeader(_ name: String) {
        headers.removeAll { $0.isNamed(name) }
    }

    /// Why the request cannot be sent, nil where it can. A line break in a header would be a second header.
    var flaw: String? {
        guard url.isSendable else { return "the path or query contains characters that must be percent-encoded" }
        for header in headers {
            guard !header.name.isEmpty,
                header.name.withBytes({ $0.allAre { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: ":") } })
            else { return "a header has an invalid name" }
            guard header.value.withBytes({ $0.allAre { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 } }) else {
                return "the header \(header.name) contains a control character"
            }
        }
        return nil
    }
}

extension ByteView {
    /// Whether all bytes are such. Looks at every one, without a branch, so that the compiler takes many at a time.
    @inline(__always)
    func allAre(_ isSuch: (UInt8) -> Bool) -> Bool {
        var others: UInt8 = 0
        for byte in self { others |= isSuch(byte) ? 0 : 1 }
        return others == 0
    }
}

extension HTTPRequest: CustomStringConvertible {
    public var description: String { "\(method.rawValue) \(url)" }
}
