import ContactCenter
import HTTPServer
import JSON
import Lattice
import Platform

/// What a route of `/v1` answers: `{"data", "asOf", "ageMs", "regions"}`, and `withheld` where something is.
///
/// The tag is of what is shown: data, Regions, and what is withheld; not of `asOf` and `ageMs`, which change with every request.
struct ReadingAnswer: ~Copyable {
    /// JSON.
    var data = JSONWriter(capacity: 2048)
    /// Regions that told of it.
    var regions: Set<String> = []
    /// Members of `data` that the caller may not see.
    var withheld: Set<String> = []
    /// When the store was read, or up to when all is in what is in memory; of several the earliest.
    var asOf: Timestamp

    /// Of a list, how much of it there is.
    var listed: Listed?

    struct Listed {
        /// Whether nothing had to leave for want of memory.
        var isWhole: Bool
        /// Whether it is so old that nobody follows, by all appearances.
        var isStale: Bool
    }

    init(asOf: Timestamp) { self.asOf = asOf }

    /// 200, or 304 where the client has it.
    func response(to request: HTTPRequest, now: Timestamp) -> HTTPResponse { shown.response(to: request, asOf: asOf, now: now) }

    /// To what was commanded: nobody keeps it.
    func response(status: Int, now: Timestamp) -> HTTPResponse {
        HTTPResponse(status: status, contentType: "application/json", body: shown.body(asOf, now))
    }

    /// What of it does not go by when it was read.
    var shown: Shown {
        var out = JSONWriter(capacity: data.buffer.count + 256)
        out.object { json in
            json.key("data")
            json.raw(data.buffer.bytes)
            if let listed { json.member("isWhole", listed.isWhole) }
            json.array("regions") { json in for region in regions.sorted() { json.string(region) } }
            if let listed { json.member("stale", listed.isStale) }
            if !withheld.isEmpty { json.array("withheld") { json in for name in withheld.sorted() { json.string(name) } } }
        }
        out.endLine()
        var text = out.bytes
        // In the place of the opening brace.
        text[0] = UInt8(ascii: ",")
        return Shown(text: text, tag: tag)
    }

    private var tag: String {
        var hash = SHA256()
        hash.update(data.buffer.bytes)
        var rest = ByteBuffer()
        for name in regions.sorted() + ["|"] + withheld.sorted() {
            rest.append(" ")
            rest.append(name)
        }
        if let listed { rest.append("\(listed)") }
        hash.update(rest.bytes)
        return "\"\(hash.finalizeHex().prefix(32))\""
    }

    /// Whether a list of tags, or `*`, has this one. Weak ones count, as RFC 9110 has it for GET.
    static func matches(_ list: String, _ tag: String) -> Bool {
        list.split(separator: ",").contains { part in
            var part = part.drop { $0 == " " || $0 == "\t" }
            while let last = part.last, last == " " || last == "\t" { part.removeLast() }
            return part == "*" || part == tag[...] || part == "W/\(tag)"
        }
    }
}

extension Shown {
    /// 200, or 304 where the client has it.
    func response(to request: HTTPRequest, asOf: Timestamp, now: Timestamp) -> HTTPResponse {
        let headers = [("Cache-Control", "private, no-cache"), ("ETag", tag), ("Vary", "Authorization")]
        if let known = request.header("if-none-match"), ReadingAnswer.matches(known, tag) {
            return HTTPResponse(status: 304, contentType: "application/json", headers: headers, body: [])
        }
        return HTTPResponse(contentType: "application/json", headers: headers, body: body(asOf, now))
    }

    fileprivate func body(_ asOf: Timestamp, _ now: Timestamp) -> [UInt8] {
        // Members in the order of their names, as everywhere.
        var out = ByteBuffer(capacity: text.count + 64)
        out.append("{\"ageMs\":")
        out.appendDecimal(max(0, now.milliseconds - asOf.milliseconds))
        out.append(",\"asOf\":")
        out.appendDecimal(asOf.milliseconds)
        text.withUnsafeBytes { out.append($0) }
        return out.array
    }
}
