import Foundation
import Servers
import Synchronization

@testable import HTTPClient
@testable import Platform

/// What `/echo` tells of a request.
struct Echo: Decodable {
    var method: String
    var path: String
    var headers: [[String]]
    var body: String
    var peer: Int

    init(_ response: HTTPResponse) throws {
        self = try JSONDecoder().decode(Echo.self, from: Data(response.body.text.utf8))
    }

    func values(_ name: String) -> [String] { headers.filter { $0[0].lowercased() == name }.map { $0[1] } }
}

/// A request to the server that all tests share.
func get(_ path: String, _ timeouts: HTTPTimeouts = .init()) throws -> HTTPRequest {
    HTTPRequest(.get, try LoopbackServer.url(path), timeouts: timeouts)
}

/// A direct request to it.
func post(_ path: String, _ body: String = "", _ timeouts: HTTPTimeouts = .init()) throws -> HTTPRequest {
    var request = HTTPRequest(.post, try LoopbackServer.url(path), body: Array(body.utf8), timeouts: timeouts)
    request.isDirect = true
    return request
}

/// Shorter than a server that hangs takes.
let short = Duration.milliseconds(150)

extension Result where Failure == HTTPError {
    /// The kind of the error, nil where there is none.
    var kind: HTTPError.Kind? {
        if case .failure(let error) = self { error.kind } else { nil }
    }
}

extension HTTPClient {
    /// One whose limits are others than usual.
    convenience init(_ limit: (inout HTTPOptions) -> Void) throws(HTTPError) {
        var options = HTTPOptions()
        limit(&options)
        try self.init(options)
    }

    /// The kind of error that a request ends with, nil where it is answered.
    func kind(of request: HTTPRequest) -> HTTPError.Kind? {
        Result { () throws(HTTPError) in try perform(request) }.kind
    }
}

/// What several requests end with, in the order in which they do.
final class Endings<Ending: Sendable>: Sendable {
    private let count: Int
    private let endings = Mutex<[Ending]>([])
    private let all = Awaited<Bool>()

    init(_ count: Int) { self.count = count }

    func add(_ ending: Ending) {
        let isLast = endings.withLock { endings in
            endings.append(ending)
            return endings.count == count
        }
        if isLast { all.bring(true) }
    }

    /// Those that there are.
    var soFar: [Ending] { endings.withLock { $0 } }

    /// All of them, once they are there.
    func wait() -> [Ending] {
        _ = all.wait()
        return soFar
    }
}
