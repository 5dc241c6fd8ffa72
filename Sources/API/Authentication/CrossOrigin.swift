import HTTPServer
import Platform

/// Lets pages of listed origins read answers (CORS): middleware around all other, so that a refusal can be read, too.
///
/// A browser asks before it sends anything that a form could not send (a preflight): that is answered here and asks for no token, as none comes with
/// it. Tokens are in a header that a page sets itself, so nothing here allows credentials of a browser's own. An origin that is not listed gets no
/// headers, and to a preflight 403. Its simple requests are answered, and the browser keeps the answer from the page.
package struct CrossOrigin: Sendable {
    /// Origins at a time.
    package static let originsMax = 64
    private static let methods = "GET, PATCH, POST"
    private static let requestHeaders =
        "Authorization, Content-Type, Idempotency-Key, Prefer, Last-Event-ID, Converge-After, Converge-Before"
    private static let answerHeaders = "Retry-After, Converge-Time"
    /// Seconds for which a browser need not ask again; Chromium takes no more.
    private static let preflightSecondsMax = 7_200

    private let origins: Set<String>

    /// As browsers send them, to the letter.
    package init(_ origins: [String]) { self.origins = Set(origins) }

    package func answer(
        _ request: HTTPRequest, _ route: HTTPRoute?, _ next: (HTTPRequest) -> HTTPResponse
    ) -> HTTPResponse {
        let origin = request.header("origin")
        let listed = origin.flatMap { origins.contains($0) ? $0 : nil }
        var answer: HTTPResponse
        if request.method == "OPTIONS", origin != nil, request.header("access-control-request-method") != nil {
            answer = preflight(listed)
        } else {
            answer = next(request)
            if listed != nil { answer.headers.append(("Access-Control-Expose-Headers", CrossOrigin.answerHeaders)) }
        }
        if let listed { answer.headers.append(("Access-Control-Allow-Origin", listed)) }
        // What a cache kept for one origin is not for another.
        if !origins.isEmpty { answer.headers.append(("Vary", "Origin")) }
        return answer
    }

    private func preflight(_ listed: String?) -> HTTPResponse {
        guard listed != nil else {
            return .problem(403, "pages of this origin are not served; list it in http.origins, as the browser sends it")
        }
        return HTTPResponse(
            status: 204, contentType: "",
            headers: [
                ("Access-Control-Allow-Methods", CrossOrigin.methods),
                ("Access-Control-Allow-Headers", CrossOrigin.requestHeaders),
                ("Access-Control-Max-Age", "\(CrossOrigin.preflightSecondsMax)"),
            ], body: [])
    }

    // MARK: Which texts are origins

    /// Why no browser sends this as an origin whose pages can be trusted; nil where one does.
    package static func flaw(in origin: String) -> String? {
        let accepted = "give https://HOST or https://HOST:PORT as browsers send it"
        guard let colon = origin.firstRange(of: "://"), ["http", "https"].contains(origin[..<colon.lowerBound]) else {
            return "is no origin: \(accepted)"
        }
        let isSafe = origin.hasPrefix("https")
        let place = origin[colon.upperBound...]
        let end = place.hasPrefix("[") ? place.firstIndex(of: "]").map { place.index(after: $0) } : place.firstIndex(of: ":")
        let host = place[..<(end ?? place.endIndex)]
        let rest = place[(end ?? place.endIndex)...]
        let letters = host.hasPrefix("[") ? "0123456789abcdef:[]" : "0123456789abcdefghijklmnopqrstuvwxyz.-_"
        guard !host.isEmpty, host.allSatisfy(letters.contains), host.hasPrefix("[") == host.hasSuffix("]") else {
            return "has no host in lower case, or more than a host: \(accepted), without a path or a slash at the end"
        }
        if !rest.isEmpty {
            guard let port = Int(rest.dropFirst()), (1...65_535).contains(port), rest == ":\(port)" else {
                return "has no port of 1 to 65535, or more behind it: \(accepted)"
            }
            guard port != (isSafe ? 443 : 80) else {
                return "names its scheme's own port, which browsers leave out: \(accepted)"
            }
        }
        guard isSafe || LoopbackHost.isLoopback(host: String(host)) else {
            return "can be changed by whoever is on the way; use https. http is accepted for this machine's own pages alone"
        }
        return nil
    }
}
