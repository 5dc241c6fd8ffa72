import TestSupport
import Testing

@testable import FeedCore

@Suite("the window of a feed", .limited)
struct FeedWindowTests {
    private func batch(_ number: UInt64, bytes: Int = 10, isReset: Bool = false) -> FeedBatch {
        let entry = FeedEntry(form: .told, key: key(.agent, "a"), row: "", entity: [UInt8](repeating: 0, count: bytes))
        return FeedBatch(
            number: number, author: "x", time: 0, isReset: isReset, cursor: FeedCursor(), entries: isReset ? [] : [entry])
    }

    private func numbers(_ window: FeedWindow, after position: FeedPosition) -> [UInt64]? {
        window.batches(after: position, limit: 10)?.map(\.number)
    }

    @Test("gives what is behind a position, in the middle of a batch, too; before it and behind it nothing is known")
    func positions() {
        var window = FeedWindow(bytesMax: 1_000_000)
        #expect(window.end == nil && numbers(window, after: FeedPosition(batch: 0, index: 0)) == nil)
        window.begin(behind: 4)
        #expect(window.end == FeedPosition(endOf: 4))
        for number in 5...7 as ClosedRange<UInt64> { window.append(batch(number)) }
        #expect(numbers(window, after: FeedPosition(endOf: 4)) == [5, 6, 7])
        #expect(numbers(window, after: FeedPosition(batch: 4, index: 3)) == nil)
        #expect(numbers(window, after: FeedPosition(batch: 6, index: 3)) == [6, 7])
        #expect(numbers(window, after: FeedPosition(endOf: 7)) == [])
        #expect(numbers(window, after: FeedPosition(batch: 8, index: 0)) == nil)
        #expect(window.batches(after: FeedPosition(endOf: 4), limit: 2)?.count == 2)
    }

    @Test("begins anew at a reset and behind missing batches: who comes with an older position reads anew")
    func resets() {
        var window = FeedWindow(bytesMax: 1_000_000)
        for number in 5...6 as ClosedRange<UInt64> { window.append(batch(number)) }
        window.append(batch(7, isReset: true))
        #expect(numbers(window, after: FeedPosition(endOf: 6)) == nil)
        #expect(numbers(window, after: FeedPosition(endOf: 7)) == [])
        window.append(batch(8))
        window.append(batch(11))
        #expect(numbers(window, after: FeedPosition(endOf: 8)) == nil)
        #expect(numbers(window, after: FeedPosition(endOf: 10)) == [11])
    }

    @Test("keeps its bound: the oldest batches go")
    func bound() {
        var window = FeedWindow(bytesMax: 1_000)
        for number in 1...9 as ClosedRange<UInt64> { window.append(batch(number, bytes: 200)) }
        #expect(numbers(window, after: FeedPosition(endOf: 1)) == nil)
        #expect(numbers(window, after: FeedPosition(endOf: 7)) == [8, 9])
    }
}
