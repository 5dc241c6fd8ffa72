import FailoverCore
import TestSupport
import Testing

@Suite("how a change is watched", .limited)
struct LandingWatchTests {
    private static let (east, west) = ("us-east-1", "us-west-2")
    /// A full minute.
    private static let noon: Int64 = 1_764_504_000_000

    private static func watch() -> LandingWatch { LandingWatch(own: west, peer: east) }

    @Test("the first contact is the earliest in the gaining Region since the change, in whatever order they come")
    func first() {
        var watch = Self.watch()
        watch.start(in: Self.west, at: Self.noon - 1)
        watch.begin(term: 2, to: Self.west, at: Self.noon)
        #expect(watch.landing(until: Self.noon)?.firstStart == nil)
        watch.start(in: Self.east, at: Self.noon + 1_000)
        watch.start(in: Self.west, at: Self.noon + 9_000)
        watch.start(in: Self.west, at: Self.noon + 4_000)
        watch.start(in: "eu-west-2", at: Self.noon + 2_000)
        #expect(watch.landing(until: Self.noon)?.firstStart == Self.noon + 4_000)
    }

    @Test("contacts are counted by minute and Region, before and after, minutes without any among them")
    func minutes() {
        var watch = Self.watch()
        for (minute, region, count) in [(-3, Self.east, 4), (-1, Self.east, 2), (-1, Self.west, 1), (2, Self.west, 5)] {
            for index in 0..<count { watch.start(in: region, at: Self.noon + Int64(minute) * 60_000 + Int64(index)) }
        }
        watch.begin(term: 2, to: Self.west, at: Self.noon)
        let landing = watch.landing(until: Self.noon)
        #expect(landing?.minutes.map(\.losing) == [4, 0, 2, 0, 0, 0])
        #expect(landing?.minutes.map(\.gaining) == [0, 0, 1, 0, 0, 5])
        #expect(landing?.minutes.first?.start == Self.noon - 180_000)
    }

    @Test("minutes are bounded before a change and after it, however long it goes on")
    func bounded() {
        var watch = Self.watch()
        for minute in 0..<5_000 { watch.start(in: Self.east, at: Self.noon + Int64(minute) * 60_000) }
        let began = Self.noon + 5_000 * 60_000
        watch.begin(term: 2, to: Self.west, at: began)
        for minute in 0..<5_000 { watch.start(in: Self.west, at: began + Int64(minute) * 60_000) }
        let minutes = watch.landing(until: began)?.minutes ?? []
        #expect(minutes.count <= Landing.minutesMax)
        #expect(minutes.reduce(0) { $0 + $1.losing } == LandingWatch.minutesBefore)
        #expect(minutes.reduce(0) { $0 + $1.gaining } == LandingWatch.minutesAfter)
    }

    @Test("agents count who were online in the losing Region, once each, when they are available in the gaining one")
    func agents() {
        var watch = Self.watch()
        for agent in 0..<10 {
            watch.agent(UInt64(agent), in: Self.east, isOnline: true, isAvailable: true, at: Self.noon - 60_000)
        }
        watch.agent(99, in: Self.west, isOnline: true, isAvailable: true, at: Self.noon - 60_000)
        watch.begin(term: 2, to: Self.west, at: Self.noon)
        func available(_ agents: Range<Int>) {
            for agent in agents {
                for _ in 0..<2 {
                    watch.agent(
                        UInt64(agent), in: Self.west, isOnline: true, isAvailable: true, at: Self.noon + Int64(agent) * 1_000)
                }
            }
        }
        available(0..<4)
        watch.agent(99, in: Self.west, isOnline: true, isAvailable: true, at: Self.noon + 500)
        watch.agent(8, in: Self.west, isOnline: true, isAvailable: false, at: Self.noon + 500)
        // Too early to be of this change.
        watch.agent(9, in: Self.west, isOnline: true, isAvailable: true, at: Self.noon - 500)
        #expect(watch.landing(until: Self.noon)?.half == nil)
        #expect(watch.landing(until: Self.noon)?.agentsBack == 4)
        available(4..<9)
        let landing = watch.landing(until: Self.noon)
        #expect(landing?.agentsBefore == 10)
        #expect(landing?.half == Self.noon + 4_000)
        #expect(landing?.most == Self.noon + 8_000)
    }

    @Test("without anybody who tells of agents nothing is known of them; with nobody online there are none")
    func noAgents() {
        var watch = Self.watch()
        watch.begin(term: 2, to: Self.west, at: Self.noon)
        #expect(watch.landing(until: Self.noon)?.agentsBefore == nil)
        watch.agent(1, in: Self.east, isOnline: false, isAvailable: false, at: Self.noon)
        watch.begin(term: 3, to: Self.west, at: Self.noon)
        #expect(watch.landing(until: Self.noon)?.agentsBefore == 0)
        #expect(watch.landing(until: Self.noon)?.half == nil)
    }

    @Test("the newest fact that could be read is that of when the change was begun; later ones are told apart")
    func facts() {
        var watch = Self.watch()
        watch.begin(term: 1, to: Self.west, at: Self.noon)
        #expect(watch.landing(until: Self.noon)?.factBefore == nil)
        watch.fact(of: Self.east, at: Self.noon - 3_000)
        watch.fact(of: Self.east, at: Self.noon - 9_000)
        watch.begin(term: 2, to: Self.west, at: Self.noon)
        watch.fact(of: Self.east, at: Self.noon - 1_000)
        #expect(watch.landing(until: Self.noon)?.factBefore == Self.noon - 3_000)
        #expect(watch.landing(until: Self.noon)?.factNewest == Self.noon - 1_000)
        // An older term, or the same again, begins nothing.
        watch.begin(term: 2, to: Self.east, at: Self.noon)
        #expect(watch.landing(until: Self.noon)?.gaining == Self.west)
    }

    @Test("what was seen comes back out of the history as it was, and nothing else does")
    func lines() {
        let landing = Landing(
            term: 7, gaining: Self.west, losing: Self.east, began: Self.noon, until: Self.noon + 60_000,
            firstStart: Self.noon + 5_000, factBefore: Self.noon - 2_000, factNewest: nil,
            minutes: [
                .init(start: Self.noon - 60_000, gaining: 0, losing: 12), .init(start: Self.noon, gaining: 9, losing: 1),
            ],
            agentsBefore: 20, agentsBack: 3, half: nil, most: nil)
        #expect(Landing(lines: landing.lines) == landing)
        var empty = landing
        empty.minutes = []
        empty.agentsBefore = nil
        empty.firstStart = nil
        #expect(Landing(lines: empty.lines) == empty)
        let bad = [
            [], ["a contact landed"], ["landing/1 "], ["landing/1 x a b 1 2 - - - - 0 - - - -"],
            ["landing/1 1 a b 1 2 - - - - 0 - - 5 1,2"], ["landing/1 1 a b 1 2 - - - - 0 - - 9223372036854775807 1/2,1/2"],
        ]
        for lines in bad { #expect(Landing(lines: lines) == nil) }
    }
}
