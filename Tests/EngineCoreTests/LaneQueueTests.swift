import TestSupport
import Testing

@testable import EngineCore

@Suite("the queue of lanes", .limited)
struct LaneQueueTests {
    @Test("a lane is polled once after records are reported, and again only for a reason")
    func life() {
        var queue = LaneQueue()
        queue.handleAssigned(7)
        #expect(queue.pollLane() == nil)
        #expect(queue.handleRecords(7) == .thread)
        #expect(queue.handleRecords(7) == .nobody)
        #expect(queue.pollLane() == 7)
        #expect(queue.pollLane() == nil)
        #expect(queue.handleReturned(7, .empty) == .nobody)
        #expect(queue.pollLane() == nil && queue.isResting)
        #expect(queue.handleSweep() == .thread)
        #expect(queue.pollLane() == 7)
    }

    @Test("records reported while a lane is read make it ready when it is returned, whatever was read")
    func meanwhile() {
        var queue = LaneQueue()
        queue.handleAssigned(0)
        _ = queue.handleRecords(0)
        _ = queue.pollLane()
        #expect(queue.handleRecords(0) == .nobody)
        #expect(queue.pollLane() == nil)
        #expect(queue.handleReturned(0, .empty) == .thread)
        #expect(queue.pollLane() == 0)
        #expect(queue.handleReturned(0, .empty) == .nobody)
    }

    @Test("a lane that always has more records does not delay other lanes")
    func turns() {
        var queue = LaneQueue()
        for lane in 0..<3 {
            queue.handleAssigned(lane)
            _ = queue.handleRecords(lane)
        }
        var polled: [Int] = []
        for _ in 0..<6 {
            guard let lane = queue.pollLane() else { break }
            polled.append(lane)
            _ = queue.handleReturned(lane, .more)
        }
        #expect(polled == [0, 1, 2, 0, 1, 2])
    }

    @Test("a lane that is revoked while it is read goes to its owner when it is returned, and is not polled again")
    func revoked() {
        var queue = LaneQueue()
        queue.handleAssigned(0)
        _ = queue.handleRecords(0)
        _ = queue.pollLane()
        #expect(queue.handleRevoked(0) == false)
        #expect(queue.handleRevoked(0) == false)
        #expect(queue.handleRecords(0) == .nobody)
        #expect(queue.handleReturned(0, .more) == .owner)
        #expect(queue.handleRevoked(0) == true)
        #expect(queue.handleSweep() == .nobody)
        #expect(queue.pollLane() == nil && queue.isResting && queue.revokedCount == 1)
        queue.handleClosed(0)
        #expect(queue.count == 0 && queue.revokedCount == 0)
    }

    @Test("a lane that has ended is not polled again")
    func ended() {
        var queue = LaneQueue()
        queue.handleAssigned(0)
        _ = queue.handleRecords(0)
        _ = queue.pollLane()
        _ = queue.handleRecords(0)
        #expect(queue.handleReturned(0, .ended) == .nobody)
        #expect(queue.handleRecords(0) == .nobody)
        #expect(queue.pollLane() == nil && queue.isResting)
    }

    @Test("under random operations every lane with records is read in its turn by one thread at a time")
    func property() {
        forAll(3_000) { dice in
            var world = LaneWorld()
            for _ in 0..<200 { try world.step(&dice) }
            try world.comeToRest(&dice)
        }
    }
}

/// Threads that read lanes whose records are reported by somebody, all a step at a time, and what must hold of that.
private struct LaneWorld {
    static let threads = 3

    private struct Lane {
        /// What lies in front of it, and of that what was reported since it was last looked at.
        var records = 0
        var isReported = false
        var isRevoked = false
        var hasEnded = false
        /// Polls since it could be taken.
        var passedOver = 0
        /// Whether there is a reason to look at it.
        var isDue = false
    }

    private var queue = LaneQueue()
    private var lanes: [Int: Lane] = [:]
    private var next = 0
    /// What each thread reads.
    private var reading: [Int?] = Array(repeating: nil, count: threads)
    /// Whether some thread is going to poll.
    private var isAwake = false

    mutating func step(_ dice: inout Dice) throws {
        switch dice.below(16) {
        case 0 where lanes.count < 6: assign()
        case 1..<4: try arrive(&dice)
        case 4..<6: try report(&dice)
        case 6: try sweep()
        case 7 where dice.chance(4): try revoke(&dice)
        case 8 where dice.chance(2): close(&dice)
        case 9..<13: try poll(dice.below(LaneWorld.threads))
        default: try finish(dice.below(LaneWorld.threads), &dice)
        }
        try look()
    }

    /// Reports what is not reported, and lets the threads go on until all sleep.
    mutating func comeToRest(_ dice: inout Dice) throws {
        for lane in lanes.keys where lanes[lane]?.isReported == false { try report(lane) }
        for _ in 0..<10_000 {
            let thread = dice.below(LaneWorld.threads)
            if reading[thread] != nil { try finish(thread, &dice) } else if isAwake { try poll(thread) }
            if !isAwake, reading.allSatisfy({ $0 == nil }) { break }
        }
        try demand(!isAwake && queue.isResting, "threads never come to rest")
        for (number, lane) in lanes where !lane.isRevoked && !lane.hasEnded {
            try demand(lane.records == 0, "lane \(number) is forgotten with \(lane.records) records, and everybody sleeps")
        }
    }

    private mutating func assign() {
        queue.handleAssigned(next)
        lanes[next] = Lane()
        next += 1
    }

    private func any(_ dice: inout Dice) -> Int? {
        lanes.isEmpty ? nil : lanes.keys.sorted()[dice.below(lanes.count)]
    }

    private mutating func arrive(_ dice: inout Dice) throws {
        guard let lane = any(&dice) else { return }
        lanes[lane]?.records += 1 + dice.below(5)
        lanes[lane]?.isReported = false
        if !dice.chance(3) { try report(lane) }
    }

    private mutating func report(_ dice: inout Dice) throws {
        guard let lane = any(&dice) else { return }
        try report(lane)
    }

    private mutating func report(_ lane: Int) throws {
        lanes[lane]?.isReported = true
        make(due: lane)
        try wake(queue.handleRecords(lane))
    }

    private mutating func sweep() throws {
        for lane in lanes.keys { make(due: lane) }
        try wake(queue.handleSweep())
    }

    private mutating func make(due lane: Int) {
        guard let known = lanes[lane], !known.isRevoked, !known.hasEnded, !known.isDue else { return }
        lanes[lane]?.isDue = true
        lanes[lane]?.passedOver = 0
    }

    private mutating func wake(_ wake: LaneQueue.Wake) throws {
        try demand(wake != .owner, "an owner is woken for nothing")
        if wake == .thread { isAwake = true }
    }

    private mutating func revoke(_ dice: inout Dice) throws {
        guard let lane = any(&dice) else { return }
        lanes[lane]?.isRevoked = true
        lanes[lane]?.isDue = false
        let isFree = queue.handleRevoked(lane)
        try demand(isFree != reading.contains(lane), "lane \(lane) is revoked and said to be \(isFree ? "free" : "read")")
    }

    private mutating func close(_ dice: inout Dice) {
        let closed = lanes.keys.sorted().filter { (lanes[$0]?.isRevoked ?? false) && !reading.contains($0) }
        guard !closed.isEmpty else { return }
        let lane = closed[dice.below(closed.count)]
        queue.handleClosed(lane)
        lanes[lane] = nil
    }

    private mutating func poll(_ thread: Int) throws {
        guard reading[thread] == nil else { return }
        let waiting = lanes.keys.filter { (lanes[$0]?.isDue ?? false) && !reading.contains($0) }
        guard let lane = queue.pollLane() else {
            isAwake = false
            return try demand(waiting.isEmpty, "lanes \(waiting.sorted()) have something and are not handed out")
        }
        try demand(!reading.contains(lane), "lane \(lane) is taken by two")
        try demand(lanes[lane].map { !$0.isRevoked && !$0.hasEnded } ?? false, "lane \(lane) is handed out once more")
        try demand(waiting.contains(lane), "lane \(lane) is handed out for no reason")
        for other in waiting where other != lane {
            lanes[other]?.passedOver += 1
            try demand((lanes[other]?.passedOver ?? 0) < lanes.count + LaneWorld.threads, "lane \(other) waits and waits")
        }
        lanes[lane]?.isDue = false
        lanes[lane]?.passedOver = 0
        reading[thread] = lane
    }

    /// A thread reads at most three records of its lane, and looks for more where it got as many.
    private mutating func finish(_ thread: Int, _ dice: inout Dice) throws {
        guard let lane = reading[thread] else { return }
        reading[thread] = nil
        let count = min(3, lanes[lane]?.records ?? 0)
        lanes[lane]?.records -= count
        let isRevoked = lanes[lane]?.isRevoked ?? false
        let hasEnded = dice.chance(40)
        if hasEnded {
            lanes[lane]?.hasEnded = true
            lanes[lane]?.isDue = false
        } else if count == 3 {
            make(due: lane)
        }
        lanes[lane]?.passedOver = 0
        let wakes = queue.handleReturned(lane, hasEnded ? .ended : count == 3 ? .more : .empty)
        try demand((wakes == .owner) == isRevoked, "lane \(lane), revoked: \(isRevoked), is returned and wakes \(wakes)")
        if wakes == .thread { isAwake = true }
    }

    private func look() throws {
        let due = lanes.keys.filter { (lanes[$0]?.isDue ?? false) && !reading.contains($0) }
        try demand(isAwake || due.isEmpty, "everybody sleeps, and lanes \(due.sorted()) have something")
        let taken = reading.compactMap { $0 }.count
        try demand(queue.count == lanes.count, "\(queue.count) lanes of \(lanes.count)")
        try demand(queue.readyCount == due.count, "\(queue.readyCount) lanes are ready, of \(due.count) that have something")
        try demand(queue.takenCount == taken, "\(queue.takenCount) lanes are taken, of \(taken) that are read")
        let revoked = lanes.values.filter(\.isRevoked).count
        try demand(queue.revokedCount == revoked, "\(queue.revokedCount) lanes of \(revoked) are revoked")
    }
}
