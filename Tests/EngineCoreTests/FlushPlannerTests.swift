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
        #expect(planner.decide(dirtyBytes: dirty, readBytes: read, hasChanges: false, now: 0) == decision)
    }

    @Test("no flush is due while one is in flight, and too much dirty state pauses reading")
    func oneInFlight() {
        var planner = planner
        planner.flushStarted(readBytes: 1000, now: 0)
        #expect(planner.isFlushing)
        #expect(planner.decide(dirtyBytes: 149, readBytes: 9000, hasChanges: false, now: 0) == .carryOn)
        #expect(planner.decide(dirtyBytes: 150, readBytes: 1000, hasChanges: false, now: 0) == .pause)
        planner.flushEnded()
        #expect(planner.decide(dirtyBytes: 150, readBytes: 1000, hasChanges: false, now: 0) == .flush)
    }

    @Test("bytes read are counted from the start of the last flush")
    func readBytes() {
        var planner = planner
        planner.flushStarted(readBytes: 1200, now: 0)
        planner.flushEnded()
        #expect(planner.decide(dirtyBytes: 0, readBytes: 2199, hasChanges: false, now: 0) == .carryOn)
        #expect(planner.decide(dirtyBytes: 0, readBytes: 2200, hasChanges: false, now: 0) == .flush)
    }

    @Test(
        "a flush is due an interval after the start of the last one, and later if there is nothing to write",
        arguments: [
            (hasChanges: true, now: Int64(1_099), FlushPlanner.Decision.carryOn), (true, 1_100, .flush), (true, 9_999, .flush),
            (false, 1_100, .carryOn), (false, 1_999, .carryOn), (false, 2_000, .flush),
        ])
    func intervals(hasChanges: Bool, now: Int64, decision: FlushPlanner.Decision) {
        var planner = FlushPlanner(flushInterval: 100, idleInterval: 1_000)
        planner.flushStarted(readBytes: 0, now: 1_000)
        #expect(planner.decide(dirtyBytes: 0, readBytes: 0, hasChanges: hasChanges, now: 9_999) == .carryOn)
        #expect(planner.due(hasChanges: hasChanges) == nil)
        planner.flushEnded()
        #expect(planner.decide(dirtyBytes: 0, readBytes: 0, hasChanges: hasChanges, now: now) == decision)
        #expect(planner.due(hasChanges: hasChanges) == (hasChanges ? 1_100 : 2_000))
    }

    @Test("without intervals no flush is due by time")
    func noIntervals() {
        #expect(planner.due(hasChanges: true) == nil)
        #expect(planner.decide(dirtyBytes: 1, readBytes: 1, hasChanges: true, now: .max) == .carryOn)
    }
}
