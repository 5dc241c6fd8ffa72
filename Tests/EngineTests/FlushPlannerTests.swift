import Engine
import Testing

@Suite("the flush planner")
struct FlushPlannerTests {
    private let planner = FlushPlanner(flushBytes: 100, readBytesMax: 1000, dirtyBytesMax: 150)

    @Test(
        "a flush is due from the bound on, by dirty bytes or by bytes read",
        arguments: [
            (dirty: 0, read: 0, FlushPlanner.Decision.carryOn), (99, 999, .carryOn), (100, 0, .flush), (0, 1000, .flush),
            (5000, 5000, .flush),
        ])
    func due(dirty: Int, read: Int, decision: FlushPlanner.Decision) {
        #expect(planner.decide(dirtyBytes: dirty, readBytes: read, hasChanges: false, now: 0) == decision)
    }

    @Test("while a flush is in flight none is due, and too much dirty state pauses reading")
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
}
