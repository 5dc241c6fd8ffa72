import ContactCenter
import Lattice
import TestSupport
import Testing

@testable import FeedCore

@Suite("what a version of a row tells", .limited)
struct FeedEntryTests {
    private static let agent = key(.agent, "a")

    /// `told a=1`, in order.
    private func shown(_ old: [UInt8]?, _ new: [UInt8]?, joined: [UInt8]? = nil) -> [String] {
        func entries(_ joined: EntityView?) -> [FeedEntry] {
            FeedEntry.entries(key: Self.agent, row: "r", old: old, new: new, joined: joined)
        }
        return (joined?.withUnsafeBytes { entries(EntityView($0)) } ?? entries(nil)).flatMap { entry in
            entry.entity.withUnsafeBytes { bytes in
                #expect((try? EntityView.validate(bytes)) != nil)
                return EntityView(bytes).map { "\(entry.form) \($0.path.text)=\($0.value.text)" }
            }
        }
    }

    @Test("is what the version before did not have")
    func difference() {
        let one = row(Told("a", 1, "1"), Told("b", 1, "1"))
        #expect(shown(nil, one) == ["told a=1", "told b=1"])
        #expect(shown(one, row(Told("a", 1, "1"), Told("b", 2, "2"), Told("c", 1, "3"))) == ["told b=2", "told c=3"])
        #expect(shown(one, one) == [])
        #expect(shown(one, row(Told("a", 3, nil), Told("b", 1, "1"))) == ["told a="])
        #expect(shown(row(Told("a", 1, "1"), Told("b", 9, "1")), nil) == ["gone b=1"], "its newest register stands for it")
    }

    @Test("is quiet where it repeats what all rows said; a heartbeat always is")
    func quiet() {
        let one = row(Told("a", 1, "1"))
        let two = row(Told("a", 5, "1"))
        #expect(shown(one, two, joined: one) == ["quiet a=1"])
        #expect(shown(one, two) == ["told a=1"], "nobody knows what other rows say")
        #expect(shown(one, two, joined: row(Told("a", 3, "2"))) == ["told a=1"], "another Region said something else meanwhile")
        #expect(shown(one, two, joined: two) == ["told a=1"], "a scan was faster: what it saw was told to nobody")
        #expect(shown(nil, row(Told("seen/x", 1, "1"), Told("status/x", 1, "2"))) == ["told status/x=2", "quiet seen/x=1"])
    }

    @Test("is cut into pieces that a batch has room for")
    func pieces() {
        let value = "\"" + String(repeating: "x", count: 100_000) + "\""
        let large = row(Told("a", 1, value), Told("b", 1, value), Told("c", 1, value))
        let entries = FeedEntry.entries(key: Self.agent, row: "r", old: nil, new: large)
        #expect(entries.map(\.count) == [1, 1, 1])
        #expect(entries.allSatisfy { $0.size < FeedBatch.bytesMax })
    }

    @Test("has a name by entity, path and stamp, and a position by its place in the batch")
    func changes() {
        let entries = FeedEntry.entries(
            key: Self.agent, row: "r", old: nil, new: row(Told("a", 1, "1"), Told("b", 2, nil), Told("seen/x", 1, "1")))
        let gone = FeedEntry.entries(key: Self.agent, row: "r", old: row(Told("a", 1, "1")), new: nil)
        func changes(_ number: UInt64) -> [FeedChange] {
            FeedBatch(number: number, author: "x", time: 0, cursor: FeedCursor(), entries: entries + gone).changes
        }
        let all = changes(7)
        #expect(all.map(\.path) == ["a", "b", ""])
        #expect(all.map(\.position) == [0, 1, 3].map { FeedPosition(batch: 7, index: $0) })
        #expect(all.map(\.isTombstone) == [false, true, true])
        #expect(all.map(\.name) == changes(8).map(\.name))
        #expect(Set(all.map(\.name)).count == 3 && all.allSatisfy { $0.name.utf8.count == 32 })
        #expect(all[2].position.batch == 7 && all[2].position.value < 1 << 53)
    }
}
