import API
import ContactCenter
import FeedCore
import Foundation
import HTTPServer
import Observability
import Platform
import Synchronization
import TestSupport

@testable import Worker

/// A process that serves the feed of made-up tables, on a port of its own.
final class FeedProcess: Sendable {
    let access: MemoryAccess
    let feed: TablesFeed
    let server: HTTPServer

    init(_ tables: MemoryTables, _ change: (inout TablesFeed.Options, inout MemoryAccess.Rights) -> Void = { _, _ in }) throws {
        let access = MemoryAccess(tables)
        var options = TablesFeed.Options(tables: [MemoryTables.table])
        // As in life, a hundred times as fast, but for what is written at once.
        options.book.silence = 400
        options.book.patience = Int64.random(in: 0...100)
        (options.book.alive, options.book.linger, options.book.resendMax) = (40, 4, 40)
        (options.book.poll, options.book.listing, options.book.idle) = (20, 100, 20)
        (options.trial, options.trouble) = (200, 1_000)
        change(&options, &access.rights)
        let log = Log(format: .json, sink: NoFeedLines())
        feed = try TablesFeed(options, log: access, rows: { try access.scan($0) }, log) { joined in
            access.joined.withLock { $0 = joined }
            return access
        }
        self.access = access
        var router = HTTPRouter()
        router.addChanges(feed.hub)
        server = try HTTPServer(address: "127.0.0.1", port: 0, router: router)
        feed.start()
    }

    var port: Int { server.port }
    var isFollowing: Bool { feed.standing.role == .following }

    /// What lists would say: versions by id.
    var listed: [String: Int64] {
        var listed: [String: Int64] = [:]
        for id in MemoryTables.ids {
            guard let entity = feed.resident.entity([EntityKind.agent.rawValue] + Array(id.utf8)) else { continue }
            listed[id] = MemoryTables.version(of: entity)
        }
        return listed
    }

    /// Up to when lists claim to be whole.
    var asOf: Int64? { feed.resident.extent(of: .agent).asOf?.milliseconds }

    func check(_ name: String) -> HealthReport.Check? { feed.checks.first { $0.name == name } }

    /// Gone without a word. Nothing waits for its threads.
    func die() {
        access.cut(afterCalls: 0, isDone: false)
        feed.hub.drain()
        _ = SystemThread.detached { [self] in end() }
    }

    func end() {
        feed.stop()
        server.stop()
    }
}

/// A client of `/v1/changes` that reads what it is told of from the tables, comes again with its position, and knows all in the end.
final class FeedClient: Sendable {
    private struct State {
        var known: [String: Int64] = [:]
        var position: UInt64?
        var resets = 0
        var isOver = false
    }

    private let tables: MemoryTables
    private let port: @Sendable () -> Int?
    private let state = Mutex(State())

    /// `port`: of any process that lives; nil: none does.
    init(_ tables: MemoryTables, port: @escaping @Sendable () -> Int?) {
        self.tables = tables
        self.port = port
        _ = SystemThread.detached { [self] in
            while !state.withLock({ $0.isOver }) { if !listen() { waitMilliseconds(5) } }
        }
    }

    func end() { state.withLock { $0.isOver = true } }

    var known: [String: Int64] { state.withLock { $0.known } }
    var resets: Int { state.withLock { $0.resets } }
    var hasBegun: Bool { state.withLock { $0.position != nil } }

    /// Until the stream ends. False where nobody listens.
    private func listen() -> Bool {
        guard let port = port(), let client = try? RawHTTPClient(port: port) else { return false }
        let last = state.withLock { $0.position.map { "Last-Event-ID: \($0)\r\n" } ?? "" }
        client.send("GET /v1/changes HTTP/1.1\r\nHost: localhost\r\n\(last)\r\n")
        guard client.answer(hasBody: false)?.status == 200 else { return false }
        var text = ""
        while let chunk = client.chunk(), !chunk.isEmpty {
            text += chunk
            while let end = text.range(of: "\n\n") {
                take(String(text[..<end.lowerBound]))
                text = String(text[end.upperBound...])
            }
        }
        return true
    }

    private func take(_ event: String) {
        let lines = event.split(separator: "\n")
        guard let position = lines.first(where: { $0.hasPrefix("id: ") }).flatMap({ UInt64($0.dropFirst(4)) }) else { return }
        let isReset = lines.contains("event: reset")
        let data = lines.first { $0.hasPrefix("data: ") }.map { Data($0.dropFirst(6).utf8) } ?? Data()
        let id = (try? JSONSerialization.jsonObject(with: data) as? [String: Any])?["id"] as? String
        let isFirst = state.withLock { $0.position == nil }
        let all = isReset || isFirst ? tables.truth : [:]
        let one = id.flatMap { id in tables.version(of: id) }
        state.withLock { state in
            if isReset || isFirst { state.known = all }
            if isReset { state.resets += 1 }
            if let id, !isReset { state.known[id] = one }
            state.position = position
        }
    }
}

struct NoFeedLines: LogSink {
    var droppedLines: Int { 0 }
    func put(_ line: [UInt8]) {}
}
