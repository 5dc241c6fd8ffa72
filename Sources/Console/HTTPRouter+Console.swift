public import HTTPServer

extension HTTPRouter {
    /// `/` leads to `/console/`, where the console is: static files, which hold nothing of the state and are open to everybody. What they show they ask
    /// for by the API, as whoever looks at them.
    public mutating func addConsole() {
        let assets = ConsoleAssets()
        add("GET", "/", access: .open, limit: .operations) { _ in
            HTTPResponse(status: 307, contentType: "", headers: [("Location", "console/")], body: [])
        }
        add("GET", "/console", access: .open, limit: .operations) { request in
            guard request.path.hasSuffix("/") else {
                return HTTPResponse(status: 307, contentType: "", headers: [("Location", "console/")], body: [])
            }
            return assets.page.response(
                to: request, [("Cache-Control", "no-cache"), ("Content-Security-Policy", ConsolePolicy.page)])
        }
        add("GET", "/console/v/{hash}/{path...}", access: .open, limit: .operations) { request in
            guard request.parameters["hash"] == assets.hash, let file = assets.files[request.parameters["path"] ?? ""] else {
                return .problem(404, "this file of the console is not there; load the page again, the program has changed")
            }
            return file.response(to: request, [("Cache-Control", "public, max-age=31536000, immutable")])
        }
    }
}

extension ConsoleAssets.File {
    /// By gzip for who accepts that, and 304 for who has it.
    fileprivate func response(to request: HTTPRequest, _ headers: [(name: String, value: String)]) -> HTTPResponse {
        let isPacked = ConsoleAssets.acceptsGzip(request.header("accept-encoding"))
        let tag = "\"\(tag)\(isPacked ? "-gzip" : "")\""
        var headers = headers + ConsolePolicy.headers + [("ETag", tag), ("Vary", "Accept-Encoding")]
        let known = request.header("if-none-match")?.split(separator: ",").map { $0.drop { $0 == " " } } ?? []
        guard !known.contains(where: { $0 == "*" || $0 == tag[...] || $0 == "W/\(tag)" }) else {
            return HTTPResponse(status: 304, contentType: "", headers: headers, body: [])
        }
        if isPacked { headers.append(("Content-Encoding", "gzip")) }
        return HTTPResponse(contentType: contentType, headers: headers, body: isPacked ? packed : bytes)
    }
}

extension ConsoleAssets {
    /// Whether gzip is among the codings of `Accept-Encoding`, and not with the weight 0.
    static func acceptsGzip(_ field: String?) -> Bool {
        (field ?? "").split(separator: ",").contains { coding in
            let parts = coding.lowercased().split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard parts.first == "gzip" || parts.first == "*" else { return false }
            return !parts.dropFirst().contains { $0 == "q=0" || $0.hasPrefix("q=0.0") && Double($0.dropFirst(2)) == 0 }
        }
    }
}

/// What a browser may do with the console: load its own files and ask its own server, and nothing else.
enum ConsolePolicy {
    /// No HTML and no script is ever made of a string: with Trusted Types a browser refuses it. The one policy by name gives the address of the library for charts, and no other.
    static let page = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
        "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
        "trusted-types chart",
    ].joined(separator: "; ")

    static let headers = [
        ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ]
}
