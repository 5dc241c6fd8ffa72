import EngineCore
import TestSupport
import Testing

@Suite("the flush planner", .limited)
struct FlushPlannerTests {
    private let planner = FlushPlanner(flushBytes: 100, readBytesMax: 1000, dirtyBytesMax: 150)

    @Test(
        "a flush is due when dirty bytes or bytes read reach their limit",
        arguments: [
            (dirty: 0, read: 0, FlushPlanner.Decision.carryOn), (99, 999, .carryOn), (100, 0, .flush), (0, 1000, .flush),
            (5000, 5000, .flush),
        ])
    func due(dirty: Int, read: Int, decision: FlushPlanner.Decision) {
        #expect(planner.decide(dirtyBytes: dirty, readBytes: read, hasMoved: false, now: 0) == decision)
    }

    @Test("no flush is due while one is in flight, and too much dirty state pauses reading")
    func oneInFlight() {
        var planner = planner
        planner.flushStarted(readBytes: 1000, now: 0)
        #expect(planner.isFlushing)
        #expect(planner.decide(dirtyBytes: 149, readBytes: 9000, hasMoved: false, now: 0) == .carryOn)
        #expect(planner.decide(dirtyBytes: 150, readBytes: 1000, hasMoved: false, now: 0) == .pause)
        planner.flushEnded()
        #expect(planner.decide(dirtyBytes: 150, readBytes: 1000, hasMoved: false, now: 0) == .flush)
    }

    @Test("bytes read are counted from the start of the last flush")
    func readBytes() {
        var planner = planner
        planner.flushStarted(readBytes: 1200, now: 0)
        planner.flushEnded()
        #expect(planner.decide(dirtyBytes: 0, readBytes: 2199, hasMoved: false, now: 0) == .carryOn)
        #expect(planner.decide(dirtyBytes: 0, readBytes: 2200, hasMoved: false, now: 0) == .flush)
    }

    @Test(
        "a flush is due an interval after the start of the last one, and a longer one after it where only positions have moved",
        arguments: [
            (dirty: 1, hasMoved: false, now: Int64(1_099), FlushPlanner.Decision.carryOn), (1, true, 1_100, .flush),
            (1, false, 1_100, .flush), (1, true, 9_999, .flush), (0, true, 1_999, .carryOn), (0, true, 2_000, .flush),
            (0, false, 9_999, .carryOn),
        ])
    func intervals(dirty: Int, hasMoved: Bool, now: Int64, decision: FlushPlanner.Decision) {
        var planner = FlushPlanner(flushInterval: 100, positionInterval: 1_000)
        planner.flushStarted(readBytes: 0, now: 1_000)
        #expect(planner.decide(dirtyBytes: dirty, readBytes: 0, hasMoved: hasMoved, now: 9_999) == .carryOn)
        #expect(planner.due(dirtyBytes: dirty, hasMoved: hasMoved) == nil)
        planner.flushEnded()
        #expect(planner.decide(dirtyBytes: dirty, readBytes: 0, hasMoved: hasMoved, now: now) == decision)
        #expect(planner.due(dirtyBytes: dirty, hasMoved: hasMoved) == (dirty > 0 ? 1_100 : hasMoved ? 2_000 : nil))
    }

    @Test("without a longer interval positions alone call for a flush as rows do")
    func positions() {
        var planner = FlushPlanner(flushInterval: 100)
        planner.flushStarted(readBytes: 0, now: 1_000)
        planner.flushEnded()
        #expect(planner.due(dirtyBytes: 0, hasMoved: true) == 1_100)
    }

    @Test("a change that comes when no flush has begun for an interval is flushed at once")
    func leadingEdge() {
        var planner = FlushPlanner(flushInterval: 20)
        planner.flushStarted(readBytes: 0, now: 1_000)
        planner.flushEnded()
        #expect(planner.decide(dirtyBytes: 1, readBytes: 0, hasMoved: true, now: 1_500) == .flush)
    }

    @Test("without intervals no flush is due by time")
    func noIntervals() {
        #expect(planner.due(dirtyBytes: 1, hasMoved: true) == nil)
        #expect(planner.decide(dirtyBytes: 1, readBytes: 1, hasMoved: true, now: .max) == .carryOn)
    }
}
