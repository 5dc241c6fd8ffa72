import HTTPClient
import Platform

/// A request in the one spelling that both ends hash.
struct CanonicalRequest: ~Copyable {
    private(set) var text = ByteBuffer(capacity: 1024)
    /// The names of the headers that are signed, in lower case, sorted, between semicolons.
    let signedHeaders: String

    /// Headers that proxies and clients change on the way; botocore leaves the same ones out.
    private static let unsigned: Set<String> = [
        "authorization", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id",
    ]

    init(_ request: HTTPRequest) {
        let headers = CanonicalRequest.headers(of: request)
        var names = ""
        for (at, header) in headers.enumerated() where at == 0 || headers[at - 1].name != header.name {
            names += names.isEmpty ? header.name : ";" + header.name
        }
        signedHeaders = names

        text.append(request.method.rawValue)
        text.append("\n")
        CanonicalRequest.append(path: request.url.path, to: &text)
        text.append("\n")
        CanonicalRequest.append(query: request.url.query, to: &text)
        text.append("\n")
        for (at, header) in headers.enumerated() {
            if at > 0, headers[at - 1].name == header.name {
                text.append(",")
            } else {
                if at > 0 { text.append("\n") }
                text.append(header.name)
                text.append(":")
            }
            CanonicalRequest.append(value: header.value, to: &text)
        }
        text.append("\n\n")
        text.append(names)
        text.append("\n")
        request.body.withUnsafeBytes { text.appendHexDigest(of: $0) }
    }

    /// What is signed, by name; equal names keep their order.
    private static func headers(of request: HTTPRequest) -> [HTTPHeader] {
        var headers: [HTTPHeader] = []
        headers.reserveCapacity(request.headers.count + 1)
        var hasHost = false
        for header in request.headers {
            let name = header.name.lowercased()
            if name == "host" { hasHost = true }
            if !unsigned.contains(name) { headers.append(HTTPHeader(name, header.value)) }
        }
        if !hasHost { headers.append(HTTPHeader("host", request.url.authority)) }
        // The library's sort does not promise to be stable, so the place breaks ties.
        return headers.enumerated().sorted { ($0.element.name, $0.offset) < ($1.element.name, $1.offset) }.map(\.element)
    }

    /// Trimmed, and with every run of white space one blank.
    private static func append(value: String, to text: inout ByteBuffer) {
        var value = value
        value.withUTF8 { bytes in
            var isPending = false
            let start = text.count
            for byte in bytes {
                if isBlank(byte) {
                    isPending = true
                } else {
                    if isPending, text.count > start { text.append(UInt8(ascii: " ")) }
                    isPending = false
                    text.append(byte)
                }
            }
        }
    }

    /// The path without empty and dot segments, percent-encoded once more than it is sent.
    private static func append(path: String, to text: inout ByteBuffer) {
        var kept: [Substring] = []
        for segment in path.split(separator: "/", omittingEmptySubsequences: true) where segment != "." {
            if segment == ".." { _ = kept.popLast() } else { kept.append(segment) }
        }
        guard !kept.isEmpty else {
            text.append("/")
            return
        }
        for segment in kept {
            text.append("/")
            var segment = String(segment)
            segment.withUTF8 { text.appendPercentEncoded(ByteView($0)) }
        }
        if path.utf8.last == UInt8(ascii: "/") { text.append("/") }
    }

    /// The parameters as they are spelled, sorted by the bytes of their names and then of their values.
    private static func append(query: String, to text: inout ByteBuffer) {
        guard !query.isEmpty else { return }
        var query = query
        query.withUTF8 { bytes in
            let bytes = ByteView(bytes)
            var pairs: [(name: ByteView, value: ByteView)] = []
            var at = 0
            while at <= bytes.count {
                let end = bytes.firstOffset(of: UInt8(ascii: "&"), from: at) ?? bytes.count
                let pair = bytes.slice(at, end - at)
                let mark = pair.firstOffset(of: UInt8(ascii: "=")) ?? pair.count
                let valueAt = min(mark + 1, pair.count)
                pairs.append((pair.slice(0, mark), pair.slice(valueAt, pair.count - valueAt)))
                at = end + 1
            }
            pairs.sort { a, b in
                let order = a.name.compare(b.name)
                return order != 0 ? order < 0 : a.value.compare(b.value) < 0
            }
            for (at, pair) in pairs.enumerated() {
                if at > 0 { text.append("&") }
                text.append(pair.name)
                text.append("=")
                text.append(pair.value)
            }
        }
    }
}
