import HTTPClient
import Platform

/// A request in the one spelling that both ends hash.
struct CanonicalRequest: ~Copyable {
    private(set) var text = ByteBuffer(capacity: 1024)
    /// Where in `text` the names of the headers that are signed stand: in lower case, sorted, between semicolons.
    private var namesAt = 0
    private var namesCount = 0

    var signedHeaders: ByteView { text.bytes.slice(namesAt, namesCount) }

    init(_ request: HTTPRequest) {
        let headers = SignedHeaders(request)
        text.append(request.method.rawValue)
        text.append("\n")
        CanonicalRequest.append(path: request.url.path, to: &text)
        text.append("\n")
        CanonicalRequest.append(query: request.url.query, to: &text)
        text.append("\n")
        headers.append(to: &text)
        text.append("\n\n")
        namesAt = text.count
        headers.appendNames(to: &text)
        namesCount = text.count - namesAt
        text.append("\n")
        request.body.withUnsafeBytes { text.appendHexDigest(of: $0) }
    }

    /// The path without empty and dot segments, percent-encoded once more than it is sent.
    private static func append(path: String, to text: inout ByteBuffer) {
        if path == "/" { return text.append("/") }
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

/// The headers of a request that are signed, sorted by their names in lower case; equal names keep their order.
private struct SignedHeaders: ~Copyable {
    private struct Entry {
        /// Where in `names`.
        var start: Int
        var count: Int
        /// Of the request's headers; nil is the host, of which the request says nothing itself.
        var header: Int?
    }

    private let request: HTTPRequest
    private var names = ByteBuffer(capacity: 256)
    private var entries: [Entry] = []

    init(_ request: HTTPRequest) {
        self.request = request
        entries.reserveCapacity(request.headers.count + 1)
        var hasHost = false
        for at in request.headers.indices {
            let entry = append(request.headers[at].name, at)
            let name = names.bytes.slice(entry.start, entry.count)
            if name.equals("host") { hasHost = true }
            if !SignedHeaders.isUnsigned(name) { insert(entry) }
        }
        if !hasHost { insert(append("host", nil)) }
    }

    /// Headers that proxies and clients change on the way; botocore leaves the same ones out.
    private static func isUnsigned(_ name: ByteView) -> Bool {
        name.equals("user-agent") || name.equals("authorization") || name.equals("expect") || name.equals("transfer-encoding")
            || name.equals("x-amzn-trace-id")
    }

    private mutating func append(_ name: String, _ header: Int?) -> Entry {
        let start = names.count
        name.withBytes { bytes in
            // Names with letters beyond ASCII are no names of HTTP.
            for byte in bytes { names.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte) }
        }
        return Entry(start: start, count: names.count - start, header: header)
    }

    /// There are a handful: each moves up to its place.
    private mutating func insert(_ entry: Entry) {
        var at = entries.count
        while at > 0, name(of: entries[at - 1]).compare(name(of: entry)) > 0 { at -= 1 }
        entries.insert(entry, at: at)
    }

    private func name(of entry: Entry) -> ByteView { names.bytes.slice(entry.start, entry.count) }

    private func isRepeated(_ at: Int) -> Bool {
        at > 0 && name(of: entries[at - 1]).equals(name(of: entries[at]))
    }

    func append(to text: inout ByteBuffer) {
        for at in entries.indices {
            if isRepeated(at) {
                text.append(",")
            } else {
                if at > 0 { text.append("\n") }
                text.append(name(of: entries[at]))
                text.append(":")
            }
            let value = entries[at].header.map { request.headers[$0].value } ?? request.url.authority
            value.withBytes { SignedHeaders.append(value: $0, to: &text) }
        }
    }

    func appendNames(to text: inout ByteBuffer) {
        for at in entries.indices where !isRepeated(at) {
            if at > 0 { text.append(";") }
            text.append(name(of: entries[at]))
        }
    }

    /// Trimmed, and with every run of white space one blank.
    private static func append(value: ByteView, to text: inout ByteBuffer) {
        guard value.contains(where: isBlank) else { return text.append(value) }
        var isPending = false
        let start = text.count
        for byte in value {
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
