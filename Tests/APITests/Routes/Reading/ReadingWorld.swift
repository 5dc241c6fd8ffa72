import ContactCenter
import EngineCore
import Foundation
import Lattice
import Storage
import Testing

@testable import API
@testable import HTTPServer
@testable import Platform

/// A server over what the fixtures came to, and what it answers.
struct ReadingWorld {
    /// When requests come, if nothing else is said: a while after the last event of the fixture.
    static let now = Timestamp("2026-03-05T15:30:00.000Z") ?? .latest

    let router: HTTPRouter

    /// - `fixture`: a folder of `fixtures`; `lines`: more lines of a state file.
    init(fixture: String? = "region-failover", lines: [String] = [], now: Timestamp = ReadingWorld.now) throws {
        var text = lines.joined(separator: "\n")
        if let fixture {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../../../fixtures")
            text += "\n" + (try String(contentsOf: root.appending(path: "\(fixture)/expected.state"), encoding: .utf8))
        }
        let store = MemoryStore()
        let rows = RowBatch()
        let reader = StateLineReader()
        for line in text.split(separator: "\n") {
            try Array(line.utf8).withUnsafeBytes { line in
                try reader.read(line) { key, entity in rows.append(key: key, entity: entity.bytes) }
            }
        }
        try store.write(Flush(rows: [rows], checkpoints: []))
        self.init(
            ReadingSource(
                store, at: "member",
                regions: {
                    [
                        ReadingRegion(name: "us-west-2", isOwn: true, newestFact: now),
                        ReadingRegion(name: "us-east-1", isOwn: false, lagMilliseconds: 812),
                    ]
                }, clock: { now }, failed: { Issue.record("the store failed: \($0)") }))
    }

    init(_ source: ReadingSource) {
        var router = HTTPRouter()
        router.addReading(source)
        self.router = router
    }

    static let everything = HTTPCaller(issuer: "i", subject: "s", scopes: ["read", "read:personal"])
    static let plain = HTTPCaller(issuer: "i", subject: "s", scopes: ["read"])

    func get(
        _ target: String, method: String = "GET", _ headers: [(name: String, value: String)] = [], as caller: HTTPCaller? = nil
    ) throws -> HTTPResponse {
        var request = try #require(HTTPRequest(method: method, target: target))
        request.headers = HTTPHeaders(headers)
        request.caller = caller
        return router.answer(request)
    }

    /// A whole answer, which has to be 200.
    func answer(_ target: String, as caller: HTTPCaller? = nil) throws -> [String: Any] {
        let answer = try get(target, as: caller)
        let text = String(decoding: answer.body.bytes, as: UTF8.self)
        try #require(answer.status == 200, "\(target): \(text)")
        return try #require(JSONSerialization.jsonObject(with: Data(answer.body.bytes)) as? [String: Any], "\(text)")
    }

    /// Its data, where that is an object.
    func data(_ target: String, as caller: HTTPCaller? = nil) throws -> [String: Any] {
        try #require(try answer(target, as: caller)["data"] as? [String: Any])
    }
}

extension [String: Any] {
    /// A value at a path of members, as JSON text.
    func text(_ path: String...) -> String? {
        var value: Any? = self
        for name in path { value = (value as? [String: Any])?[name] }
        guard let value else { return nil }
        if let text = value as? String { return text }
        let json = try? JSONSerialization.data(
            withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
        return json.map { String(decoding: $0, as: UTF8.self) }
    }
}
