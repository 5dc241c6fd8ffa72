import Glibc

/// What stands before a stream: the status line and header fields, which this server writes itself.
enum StreamHead {
    static func bytes(_ answer: HTTPResponse, id: String, isChunked: Bool) -> [UInt8] {
        var text = "HTTP/1.1 200 OK\r\nDate: \(date)\r\nConnection: close\r\n"
        if isChunked { text += "Transfer-Encoding: chunked\r\n" }
        answer.forEachHeader(id: id) { name, value in
            if name.lowercased() != "connection" { text += "\(name): \(value)\r\n" }
        }
        return Array((text + "\r\n").utf8)
    }

    /// Now, as RFC 9110 writes it.
    private static var date: String {
        var seconds = time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][Int(parts.tm_wday)]
        let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][Int(parts.tm_mon)]
        let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map(padded).joined(separator: ":")
        return "\(day), \(padded(parts.tm_mday)) \(month) \(parts.tm_year + 1900) \(clock) GMT"
    }

    private static func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
