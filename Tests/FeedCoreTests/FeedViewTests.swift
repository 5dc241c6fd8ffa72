import ContactCenter
import Lattice
import TestSupport
import Testing

@testable import FeedCore

@Suite("the entities of a feed in memory", .limited)
struct FeedViewTests {
    private func add(_ view: inout FeedView, _ kind: EntityKind, _ id: String, _ registers: [UInt8], row: String = "r") {
        key(kind, id).withUnsafeBytes { key in registers.withUnsafeBytes { view.found(key, row: row, $0) } }
        #expect(view.isConsistent)
    }

    private func gone(_ view: inout FeedView, _ kind: EntityKind, _ id: String, row: String) {
        let entry = FeedEntry(form: .gone, key: key(kind, id), row: row, entity: EntityView.emptyEncoding)
        view.take(FeedBatch(number: 1, author: "x", time: 0, cursor: FeedCursor(), entries: [entry]))
        #expect(view.isConsistent)
    }

    private func ids(_ view: FeedView, _ kind: EntityKind, after id: String? = nil, limit: Int = 100) -> [String] {
        let from = [kind.rawValue] + Array((id ?? "").utf8)
        let slice = view.slice(
            kind, from: from, isBehind: id != nil, prefix: [kind.rawValue], lookMax: .max, limit: limit
        ) { _, _ in true }
        return slice.found.map { String(decoding: $0.key.dropFirst(), as: UTF8.self) }
    }

    /// Registers of a contact that goes on, and of one that is over.
    private let going = row(Told("record", 1, #"{"InitiationTimestamp":"2026-03-02T13:57:59Z"}"#))
    private let over = row(Told("record", 1, #"{"DisconnectTimestamp":"2026-03-02T14:08:00Z"}"#))

    @Test("are paged by id behind an id, whether that is there or not")
    func pages() {
        var view = FeedView(bytesMax: 1 << 20)
        for id in ["c", "a", "d", "b"] { add(&view, .agent, id, row(Told("a", 1, "1"))) }
        add(&view, .contact, "x", going)
        #expect(ids(view, .agent) == ["a", "b", "c", "d"])
        #expect(ids(view, .agent, after: "b") == ["c", "d"])
        #expect(ids(view, .agent, after: "bb", limit: 1) == ["c"])
        #expect(ids(view, .agent, after: "d") == [] && ids(view, .queue) == [])
        #expect(view.entity(key(.agent, "c")) == row(Told("a", 1, "1")))
    }

    @Test("are joined over rows, and leave with the last of them")
    func rows() {
        var view = FeedView(bytesMax: 1 << 20)
        add(&view, .agent, "a", row(Told("a", 1, "1")), row: "one")
        add(&view, .agent, "a", row(Told("a", 2, "2"), Told("b", 1, "1")), row: "two")
        #expect(view.entity(key(.agent, "a")) == row(Told("a", 2, "2"), Told("b", 1, "1")))
        gone(&view, .agent, "a", row: "one")
        #expect(ids(view, .agent) == ["a"])
        gone(&view, .agent, "a", row: "two")
        #expect(ids(view, .agent) == [] && view.bytes == 0)
    }

    @Test("have another version with other bytes, also where they left and came again")
    func versions() throws {
        var view = FeedView(bytesMax: 1 << 20)
        add(&view, .agent, "a", row(Told("a", 1, "1")))
        let first = try #require(view.resident(key(.agent, "a")))
        add(&view, .agent, "b", row(Told("a", 1, "1")))
        #expect(view.resident(key(.agent, "a"))?.version == first.version)
        add(&view, .agent, "a", row(Told("a", 2, "2")))
        let second = try #require(view.resident(key(.agent, "a")))
        #expect(second.version > first.version && second.entity == row(Told("a", 2, "2")))
        gone(&view, .agent, "a", row: "r")
        #expect(view.resident(key(.agent, "a")) == nil)
        add(&view, .agent, "a", row(Told("a", 1, "1")))
        #expect(try #require(view.resident(key(.agent, "a"))).version > second.version)
    }

    @Test("leave when a scan does not find them, unless they were told meanwhile")
    func scans() {
        var view = FeedView(bytesMax: 1 << 20)
        #expect(!view.isWhole(.agent))
        for id in ["a", "b", "c"] { add(&view, .agent, id, row(Told("a", 1, "1"))) }
        view.beginScan()
        add(&view, .agent, "a", row(Told("a", 1, "1")))
        add(&view, .agent, "d", row(Told("a", 1, "1")))
        view.endScan()
        #expect(ids(view, .agent) == ["a", "d"])
        #expect(view.isWhole(.agent) && view.isConsistent)
    }

    @Test("at the bound contacts that have ended leave first, then what changed longest ago, agents last; and that is said")
    func bound() {
        var view = FeedView(bytesMax: 6_000)
        view.beginScan()
        view.endScan()
        add(&view, .agent, "a", row(Told("a", 1, "1")))
        for id in ["1", "2", "3"] { add(&view, .contact, id, going) }
        for id in ["e1", "e2", "e3"] { add(&view, .contact, id, over) }
        #expect(view.isWhole(.contact))
        add(&view, .contact, "1", row(Told("a", 2, "2")))
        for id in ["4", "5", "6"] { add(&view, .contact, id, going) }
        let ended = ["e1", "e2", "e3"].filter { view.entity(key(.contact, $0)) != nil }
        #expect(ended == ["e3"] && ids(view, .contact).count == 6, "there is room for eight")
        #expect(view.isWhole(.contact))
        for id in ["7", "8", "9"] { add(&view, .contact, id, going) }
        let left = ids(view, .contact)
        #expect(!left.contains("2") && left.contains("9"), "\(left)")
        #expect(!view.isWhole(.contact) && view.isWhole(.agent))
        #expect(ids(view, .agent) == ["a"])
    }
}
