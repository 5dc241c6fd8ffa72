import Platform

/// Which request is whose.
///
///     var router = HTTPRouter()
///     router.add("GET", "/state/{kind}/{id...}", access: .scopes(["read"]), limit: .read) { request in .json(...) }
///
/// A pattern is made of segments: words, `{name}` for any one segment, and last `{name...}` for all that follows, slashes
/// included, if there is anything. Segments are decoded after they are cut, so an escaped slash stays within its segment. Empty
/// segments are passed over but in a rest. Words beat names, and earlier routes later ones. `GET` routes answer `HEAD` too, and every path
/// that has a route answers `OPTIONS`. Finding a route costs a look-up a segment, however many routes there are.
public struct HTTPRouter: Sendable {
    public typealias Answer = @Sendable (HTTPRequest) -> HTTPResponse

    private struct Entry: Sendable {
        var route: HTTPRoute
        /// The names of its pattern, in their order.
        var names: [String]
        var answer: Answer
    }

    /// What may follow the segments that lead here. Numbers are places in `nodes` and `entries`.
    private struct Node: Sendable {
        var words: [String: Int] = [:]
        var one: Int?
        /// Routes that end here, and those that take all the rest.
        var ends: [Int] = []
        var rests: [Int] = []
    }

    private var entries: [Entry] = []
    private var nodes = [Node()]
    private var middleware: [HTTPMiddleware] = []

    public init() {}

    /// Every route, in the order in which they were added.
    public var routes: [HTTPRoute] { entries.map(\.route) }

    /// - Parameters:
    ///   - access: Who may ask, as the middleware enforces it.
    ///   - limit: What a request counts as.
    ///   - bodyBytesMax: Of a request's body; nil: ``HTTPLimits/bodyBytesMax``.
    public mutating func add(
        _ method: String, _ pattern: String, access: HTTPAccess, limit: HTTPRouteClass, bodyBytesMax: Int? = nil,
        _ answer: @escaping Answer
    ) {
        var at = 0
        var names: [String] = []
        var isRest = false
        for part in pattern.split(separator: "/") {
            guard part.hasPrefix("{"), part.hasSuffix("}") else {
                let next = nodes[at].words[String(part)] ?? append()
                nodes[at].words[String(part)] = next
                at = next
                continue
            }
            let name = part.dropFirst().dropLast()
            isRest = name.hasSuffix("...")
            names.append(String(isRest ? name.dropLast(3) : name))
            guard !isRest else { break }
            let next = nodes[at].one ?? append()
            nodes[at].one = next
            at = next
        }
        if isRest { nodes[at].rests.append(entries.count) } else { nodes[at].ends.append(entries.count) }
        let route = HTTPRoute(method: method, pattern: pattern, access: access, limit: limit, bodyBytesMax: bodyBytesMax)
        entries.append(Entry(route: route, names: names, answer: answer))
    }

    private mutating func append() -> Int {
        nodes.append(Node())
        return nodes.count - 1
    }

    /// What is done around every route, and where there is none. The first one is the outermost.
    public mutating func use(_ middleware: @escaping HTTPMiddleware) { self.middleware.append(middleware) }

    /// The answer of the route within all middleware. Without a route 204 to `OPTIONS`, or a problem: 400 for escapes that cannot be read, 404,
    /// or 405 with what the path allows.
    public func answer(_ request: HTTPRequest) -> HTTPResponse { answer(request, at: place(of: request)) }

    func answer(_ request: HTTPRequest, at place: Place) -> HTTPResponse {
        var request = request
        request.parameters = place.parameters
        return run(0, request, place)
    }

    /// `refusal` within all middleware, as where there is no route: what belongs to every answer is in it, too.
    func answer(_ request: HTTPRequest, with refusal: HTTPResponse) -> HTTPResponse {
        run(0, request, Place(), refusal)
    }

    private func run(_ index: Int, _ request: HTTPRequest, _ place: Place, _ refusal: HTTPResponse? = nil) -> HTTPResponse {
        guard index < middleware.count else {
            return refusal ?? place.entry.map { entries[$0].answer(request) } ?? without(request, place)
        }
        return middleware[index](request, place.entry.map { entries[$0].route }) {
            run(index + 1, $0, place, refusal)
        }
    }

    private func without(_ request: HTTPRequest, _ place: Place) -> HTTPResponse {
        guard place.isReadable else { return .badTarget }
        guard !place.methods.isEmpty else { return .problem(404, "nothing is served at \(request.path)") }
        var methods = Set(place.methods).union(["OPTIONS"])
        if methods.contains("GET") { methods.insert("HEAD") }
        let allowed = methods.sorted().joined(separator: ", ")
        if request.method == "OPTIONS" {
            return HTTPResponse(status: 204, contentType: "", headers: [("Allow", allowed)], body: [])
        }
        return .problem(405, "\(request.path) accepts \(allowed)", headers: [("Allow", allowed)])
    }

    // MARK: Finding

    /// Where a request has come to.
    struct Place {
        /// Whether its path can be read.
        var isReadable = true
        /// The route's, nil where none is for it.
        fileprivate(set) var entry: Int?
        var parameters: [String: String] = [:]
        /// What the path accepts, where it has routes and none for this method.
        var methods: [String] = []
    }

    func route(at place: Place) -> HTTPRoute? { place.entry.map { entries[$0].route } }

    func place(of request: HTTPRequest) -> Place {
        if request.path == "*" { return Place(methods: Set(entries.map(\.route.method)).sorted()) }
        var search = Search(method: request.method)
        // By bytes: a character is looked for where it begins and ends, which costs more than all the rest.
        for part in request.path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst() {
            guard let text = percentDecoded(Substring(part)) else { return Place(isReadable: false) }
            search.parts.append(text)
        }
        _ = visit(0, 0, &search)
        guard let entry = search.entry else { return Place(methods: search.methods) }
        var place = Place(entry: entry)
        for (name, value) in zip(entries[entry].names, search.values) { place.parameters[name] = value }
        return place
    }

    private struct Search {
        let method: String
        var parts: [String] = []
        /// What stands for the names, so far.
        var values: [String] = []
        var entry: Int?
        var methods: [String] = []
    }

    /// True where the route is found. Patterns decide how deep it goes: a path adds nothing to that.
    private func visit(_ node: Int, _ from: Int, _ search: inout Search) -> Bool {
        var at = from
        while at < search.parts.count, search.parts[at].isEmpty { at += 1 }
        guard at < search.parts.count else { return take(nodes[node].ends, &search) }
        if let next = nodes[node].words[search.parts[at]], visit(next, at + 1, &search) { return true }
        if let next = nodes[node].one {
            search.values.append(search.parts[at])
            if visit(next, at + 1, &search) { return true }
            search.values.removeLast()
        }
        guard !nodes[node].rests.isEmpty else { return false }
        search.values.append(search.parts[from...].joined(separator: "/"))
        if take(nodes[node].rests, &search) { return true }
        search.values.removeLast()
        return false
    }

    private func take(_ candidates: [Int], _ search: inout Search) -> Bool {
        for candidate in candidates {
            let method = entries[candidate].route.method
            if method == search.method || (method == "GET" && search.method == "HEAD") {
                search.entry = candidate
                return true
            }
            search.methods.append(method)
        }
        return false
    }
}

extension HTTPResponse {
    static let badTarget = HTTPResponse.problem(400, "the request target is malformed; give a path in percent-encoded UTF-8")
}
