import Platform

/// Which request is whose.
///
///     var router = HTTPRouter()
///     router.add("GET", "/state/{kind}/{id...}") { request in .json(...) }
///
/// A pattern is made of segments: words, `{name}` for any one segment, and last `{name...}` for all that follows, slashes
/// included, if there is anything. Segments are decoded after they are cut, so an escaped slash stays within its segment. Empty
/// segments are passed over but in a rest. Words beat names, and earlier routes later ones. `GET` routes answer `HEAD` too.
public struct HTTPRouter: Sendable {
    public typealias Answer = @Sendable (HTTPRequest) -> HTTPResponse

    private enum Segment: Sendable {
        case word(String)
        case one(String)
        case rest(String)

        /// Words before names before rests.
        var rank: Int {
            switch self {
            case .word: 0
            case .one: 1
            case .rest: 2
            }
        }
    }

    private struct Route: Sendable {
        var method: String
        var segments: [Segment]
        var answer: Answer
    }

    private var routes: [Route] = []

    public init() {}

    public mutating func add(_ method: String, _ pattern: String, _ answer: @escaping Answer) {
        let segments = pattern.split(separator: "/").map { part in
            guard part.hasPrefix("{"), part.hasSuffix("}") else { return Segment.word(String(part)) }
            let name = part.dropFirst().dropLast()
            return name.hasSuffix("...") ? .rest(String(name.dropLast(3))) : .one(String(name))
        }
        routes.append(Route(method: method, segments: segments, answer: answer))
    }

    /// The answer of the route, or a problem: 400 for escapes that cannot be read, 404, or 405 with what the path allows.
    public func answer(_ request: HTTPRequest) -> HTTPResponse {
        var parts: [String] = []
        for part in request.path.split(separator: "/", omittingEmptySubsequences: false) {
            guard let text = percentDecoded(part) else { return .badTarget }
            parts.append(text)
        }
        let found = routes.enumerated().compactMap { index, route in
            match(route.segments, parts).map { (rank: route.segments.map(\.rank) + [index], route: route, parameters: $0) }
        }.sorted { $0.rank.lexicographicallyPrecedes($1.rank) }
        guard !found.isEmpty else {
            return .problem(404, "nothing is served at \(request.path)")
        }
        guard let hit = found.first(where: { allows($0.route, request.method) }) else {
            let allowed = allowedMethods(found.map(\.route))
            return .problem(405, "\(request.path) accepts \(allowed)", headers: [("Allow", allowed)])
        }
        var request = request
        request.parameters = hit.parameters
        return hit.route.answer(request)
    }

    private func allows(_ route: Route, _ method: String) -> Bool {
        route.method == method || (route.method == "GET" && method == "HEAD")
    }

    private func allowedMethods(_ routes: [Route]) -> String {
        var methods = Set(routes.map(\.method))
        if methods.contains("GET") { methods.insert("HEAD") }
        return methods.sorted().joined(separator: ", ")
    }

    private func match(_ segments: [Segment], _ parts: [String]) -> [String: String]? {
        var parameters: [String: String] = [:]
        // What stands before the first slash is empty.
        var parts = parts.dropFirst()
        for segment in segments {
            if case .rest(let name) = segment {
                parameters[name] = parts.joined(separator: "/")
                return parts.contains { !$0.isEmpty } ? parameters : nil
            }
            parts = parts.drop(while: \.isEmpty)
            guard let part = parts.popFirst() else { return nil }
            switch segment {
            case .word(let word): if part != word { return nil }
            case .one(let name), .rest(let name): parameters[name] = part
            }
        }
        return parts.allSatisfy(\.isEmpty) ? parameters : nil
    }
}

extension HTTPResponse {
    static let badTarget = HTTPResponse.problem(400, "the request target is malformed; give a path in percent-encoded UTF-8")
}
