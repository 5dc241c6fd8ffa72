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
            return HTTPResponse(
                contentType: assets.page.contentType,
                headers: [("Cache-Control", "no-cache"), ("Content-Security-Policy", ConsolePolicy.page)]
                    + ConsolePolicy.headers,
                body: assets.page.bytes)
        }
        add("GET", "/console/v/{hash}/{path...}", access: .open, limit: .operations) { request in
            guard request.parameters["hash"] == assets.hash, let file = assets.files[request.parameters["path"] ?? ""] else {
                return .problem(404, "this file of the console is not there; load the page again, the program has changed")
            }
            return HTTPResponse(
                contentType: file.contentType,
                headers: [("Cache-Control", "public, max-age=31536000, immutable")] + ConsolePolicy.headers, body: file.bytes)
        }
    }
}

/// What a browser may do with the console: load its own files and ask its own server, and nothing else.
enum ConsolePolicy {
    /// No HTML and no script is ever made of a string: with Trusted Types and no policy by name a browser refuses it.
    static let page = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
        "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ].joined(separator: "; ")

    static let headers = [
        ("Referrer-Policy", "no-referrer"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ]
}
