import HTTPServer
import Synchronization
import TestSupport
import Testing

@testable import API

@Suite("a caller's share of the streams", .limited)
struct StreamShareTests {
    private final class Opened: Sendable {
        let streams = Mutex<[HTTPStream]>([])
    }

    private let opened = Opened()
    private let denials = Denials()
    private let router: HTTPRouter

    init() {
        let (opened, share) = (opened, StreamShare(denials: denials))
        var router = HTTPRouter()
        router.use { share.answer($0, $1, $2) }
        router.add("GET", "/stream", access: .scopes(["read"]), limit: .stream) { request in
            guard request.query["no"] == nil else { return .problem(404, "no") }
            let stream = HTTPStream()
            opened.streams.withLock { $0.append(stream) }
            return HTTPResponse(contentType: "text/event-stream", stream: stream)
        }
        router.add("GET", "/word", access: .scopes(["read"]), limit: .read) { _ in .json("{}") }
        self.router = router
    }

    private func ask(_ path: String, _ subject: String?, issuer: String = "i", query: [String: String] = [:]) -> Int {
        let caller = subject.map { HTTPCaller(issuer: issuer, subject: $0, scopes: ["read"]) }
        return router.answer(HTTPRequest(method: "GET", path: path, query: query, caller: caller)).status
    }

    @Test(
        "one more than the share is 429, of this caller and for streams alone, until one is over; nobody is remembered who has none"
    )
    func most() {
        for _ in 0..<StreamShare.streamsMax { #expect(ask("/stream", "s") == 200) }
        #expect(ask("/stream", "s") == 429 && denials[.streams] == 1)
        #expect(ask("/word", "s") == 200 && ask("/stream", "t") == 200 && ask("/stream", "s", issuer: "j") == 200)
        #expect(ask("/stream", nil) == 200, "nobody is asked who they are")
        // What a stream that no client ever got is told is its end, too.
        let streams = opened.streams.withLock { $0 }
        streams[0].send([UInt8](repeating: 0, count: streams[0].bytesMax + 1))
        #expect(ask("/stream", "s") == 200 && ask("/stream", "s") == 429)
        for stream in opened.streams.withLock({ $0 }) { stream.send([UInt8](repeating: 0, count: stream.bytesMax + 1)) }
        for _ in 0..<StreamShare.streamsMax { #expect(ask("/stream", "s") == 200) }
        #expect(ask("/stream", "s") == 429)
    }

    @Test("who is answered with something else than a stream has none")
    func refused() {
        for _ in 0...StreamShare.streamsMax { #expect(ask("/stream", "s", query: ["no": ""]) == 404) }
        #expect(ask("/stream", "s") == 200)
    }
}
