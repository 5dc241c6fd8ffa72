import FailoverCore
import TestSupport
import Testing

@Suite("how a change is watched", .limited)
struct LandingWatchTests {
    private static let (east, west) = ("us-east-1", "us-west-2")
    /// A full minute.
    private static let noon: Int64 = 1_764_504_000_000
    private typealias Look = LandingWatch.Look

    private static func watch(online: Set<UInt64> = []) -> LandingWatch {
        var watch = LandingWatch(own: west, peer: east)
        watch.begin(term: 2, at: noon, online: online)
        return watch
    }

    private static func landing(_ watch: LandingWatch) -> Landing? { watch.landing(until: noon + 600_000, minutes: []) }

    private static func available(_ agents: Range<UInt64>, since: (UInt64) -> Int64) -> [Look.Available] {
        agents.map { .init(agent: $0, since: since($0), toldAt: since($0) + 500) }
    }

    @Test("the first contact is the earliest since the change, in whatever order they are told and however often")
    func first() {
        var watch = LandingWatch(own: Self.west, peer: Self.east)
        #expect(Self.landing(watch) == nil)
        watch.start(at: Self.noon - 1, wall: Self.noon)
        watch.begin(term: 2, at: Self.noon, online: [])
        #expect(Self.landing(watch)?.firstStart == nil)
        for second in [9, 4, 4, 7, 9] as [Int64] { watch.start(at: Self.noon + second * 1_000, wall: Self.noon + 9_000) }
        // A contact of before goes on, and a clock is wrong by hours.
        watch.start(at: Self.noon - 60_000, wall: Self.noon + 10_000)
        watch.start(at: Self.noon + 7_200_000, wall: Self.noon + 10_000)
        #expect(Self.landing(watch)?.firstStart == Self.noon + 4_000)
        #expect(Self.landing(watch)?.gaining == Self.west)
        #expect(Self.landing(watch)?.losing == Self.east)
        #expect(watch.newestStart == Self.noon + 9_000)
    }

    @Test("a contact that started just before the watch was told of the change counts, of the last ones that were told")
    func toldLate() {
        var watch = LandingWatch(own: Self.west, peer: Self.east)
        for _ in 0..<3 {
            for index in 0..<Int64(LandingWatch.startsMax) {
                watch.start(at: Self.noon - 128_000 + index * 1_000, wall: Self.noon + 200_000)
            }
        }
        watch.begin(term: 2, at: Self.noon - 500, online: [])
        #expect(Self.landing(watch)?.firstStart == Self.noon)
    }

    @Test("agents count who were online in the losing Region, once each, when they are available in the gaining one")
    func agents() {
        var watch = Self.watch(online: Set(0..<8))
        // Two more are found when it is looked at first, and later ones are no news: they may come from anywhere.
        watch.take(Look(online: Set(2..<10)), readAt: Self.noon + 1_000)
        watch.take(Look(online: Set(2..<50)), readAt: Self.noon + 2_000)
        #expect(Self.landing(watch)?.agentsBefore == 10)
        // Those who sign out at once were there; who did so before was not.
        var leaving = Self.watch(online: [1])
        leaving.take(Look(online: [2], left: [3: Self.noon + 100, 4: Self.noon - 100]), readAt: Self.noon + 1_000)
        #expect(Self.landing(leaving)?.agentsBefore == 3)
        func look(_ agents: Range<UInt64>) {
            let found = Self.available(agents) { Self.noon + Int64($0) * 1_000 }
            for _ in 0..<2 { watch.take(Look(online: [], available: found), readAt: Self.noon + 20_000) }
        }
        look(0..<4)
        // One who was here before, and one whose status is not of this change.
        watch.take(
            Look(available: [
                .init(agent: 99, since: Self.noon + 500, toldAt: Self.noon + 500),
                .init(agent: 9, since: Self.noon - 900, toldAt: Self.noon - 500),
            ]), readAt: Self.noon + 20_000)
        #expect(Self.landing(watch)?.half == nil)
        #expect(Self.landing(watch)?.agentsBack == 4)
        look(4..<9)
        let landing = Self.landing(watch)
        #expect(landing?.agentsBack == 9)
        #expect(landing?.half == Self.noon + 4_000)
        #expect(landing?.most == Self.noon + 8_000)
        // A status that an agent took along counts from when it is told here.
        watch.take(
            Look(available: [.init(agent: 9, since: Self.noon - 900, toldAt: Self.noon + 9_000)]), readAt: Self.noon + 20_000)
        #expect(Self.landing(watch)?.agentsBack == 10)
    }

    @Test("an agent who leaves again was there all the same")
    func leaving() {
        var watch = Self.watch(online: [1])
        watch.take(Look(available: Self.available(1..<2) { _ in Self.noon + 3_000 }), readAt: Self.noon + 4_000)
        watch.take(Look(available: []), readAt: Self.noon + 9_000)
        watch.take(Look(available: Self.available(1..<2) { _ in Self.noon + 12_000 }), readAt: Self.noon + 13_000)
        #expect(Self.landing(watch)?.half == Self.noon + 3_000)
    }

    @Test("without anybody who tells of agents nothing is known of them; with nobody online there are none")
    func noAgents() {
        var watch = Self.watch()
        watch.take(Look(newestFact: Self.noon), readAt: Self.noon)
        #expect(Self.landing(watch)?.agentsBefore == nil)
        var other = Self.watch()
        other.take(Look(online: []), readAt: Self.noon)
        #expect(Self.landing(other)?.agentsBefore == 0)
        #expect(Self.landing(other)?.half == nil)
    }

    @Test("agents are bounded")
    func bounded() {
        var watch = Self.watch(online: [1])
        watch.take(Look(online: Set(0..<UInt64(LandingWatch.agentsMax + 10))), readAt: Self.noon)
        #expect(Self.landing(watch)?.agentsBefore == LandingWatch.agentsMax)
    }

    @Test("the newest fact that could be read is that of the first look; later ones are told apart")
    func facts() {
        var watch = LandingWatch(own: Self.west, peer: Self.east)
        watch.take(Look(newestFact: Self.noon - 90_000), readAt: Self.noon - 60_000)
        watch.begin(term: 2, at: Self.noon, online: [])
        #expect(Self.landing(watch)?.readAt == nil)
        watch.take(Look(newestFact: Self.noon - 3_000), readAt: Self.noon + 2_000)
        watch.take(Look(newestFact: Self.noon - 9_000), readAt: Self.noon + 4_000)
        watch.take(Look(newestFact: Self.noon - 1_000), readAt: Self.noon + 6_000)
        let landing = Self.landing(watch)
        #expect(landing?.factBefore == Self.noon - 3_000)
        #expect(landing?.readAt == Self.noon + 2_000)
        #expect(landing?.factNewest == Self.noon - 1_000)
    }

    @Test("an older term, or the same again, begins nothing; a newer one begins anew")
    func terms() {
        var watch = Self.watch(online: [1, 2])
        watch.start(at: Self.noon + 1_000, wall: Self.noon + 1_000)
        watch.begin(term: 2, at: Self.noon + 5_000, online: [])
        watch.begin(term: 1, at: Self.noon + 5_000, online: [])
        #expect(Self.landing(watch)?.began == Self.noon)
        watch.begin(term: 3, at: Self.noon + 8_000, online: [])
        let landing = Self.landing(watch)
        #expect(landing?.term == 3 && landing?.firstStart == nil && landing?.agentsBefore == nil)
    }

    @Test("all has landed once there is a contact, what could be read is known, and nine tenths of the agents are there")
    func done() {
        var watch = Self.watch(online: Set(0..<10))
        #expect(!watch.isDone)
        watch.start(at: Self.noon + 1_000, wall: Self.noon + 1_000)
        watch.take(Look(available: Self.available(0..<8) { _ in Self.noon + 1_000 }), readAt: Self.noon + 2_000)
        #expect(!watch.isDone)
        watch.take(Look(available: Self.available(8..<9) { _ in Self.noon + 3_000 }), readAt: Self.noon + 4_000)
        #expect(watch.isDone)
        var unmanned = Self.watch()
        unmanned.start(at: Self.noon + 1_000, wall: Self.noon + 1_000)
        #expect(!unmanned.isDone)
        unmanned.take(Look(), readAt: Self.noon + 2_000)
        #expect(unmanned.isDone)
    }

    @Test("what was seen comes back out of the history as it was, and nothing else does")
    func lines() {
        let landing = Landing(
            term: 7, gaining: Self.west, losing: Self.east, began: Self.noon, until: Self.noon + 60_000,
            firstStart: Self.noon + 5_000, factBefore: Self.noon - 2_000, readAt: Self.noon + 700, factNewest: nil,
            minutes: [
                .init(start: Self.noon - 60_000, gaining: 0, losing: 12), .init(start: Self.noon, gaining: 9, losing: 1),
            ],
            agentsBefore: 20, agentsBack: 3, half: nil, most: nil)
        #expect(Landing(lines: landing.lines) == landing)
        var empty = landing
        empty.minutes = []
        empty.agentsBefore = nil
        empty.firstStart = nil
        empty.readAt = nil
        #expect(Landing(lines: empty.lines) == empty)
        let bad = [
            [], ["a contact landed"], ["landing/1 "], ["landing/1 x a b 1 2 - - - - - 0 - - - -"],
            ["landing/1 1 a b 1 2 - - - - 0 - - - -"], ["landing/1 1 a b 1 2 - - - - - 0 - - 5 1,2"],
            ["landing/1 1 a b 1 2 - - - - - 0 - - 9223372036854775807 1/2,1/2"],
        ]
        for lines in bad { #expect(Landing(lines: lines) == nil) }
    }

    @Test("minutes in the history are bounded, and the newest are kept")
    func minutes() {
        let watch = Self.watch()
        let minutes = (0..<500).map {
            Landing.Minute(start: Self.noon + Int64($0) * 60_000, gaining: $0, losing: 0)
        }
        let landing = watch.landing(until: Self.noon, minutes: minutes)
        #expect(landing?.minutes.count == Landing.minutesMax)
        #expect(landing?.minutes.last == minutes.last)
        #expect(landing.flatMap { Landing(lines: $0.lines) } == landing)
    }

    @Test("minutes are those of the rows, from the first one that is known on")
    func counted() {
        var history = StartHistory()
        let hour = Self.noon / 3_600_000 * 3_600_000
        history.take(region: Self.east, hour: hour, minutes: [5, 6, 7])
        history.take(region: Self.west, hour: hour, minutes: [0, 1])
        // Told again it is the same: a contact counts once.
        history.take(region: Self.west, hour: hour, minutes: [0, 1])
        let first = hour / 60_000
        let found = history.minutes(gaining: Self.west, losing: Self.east, in: (first - 2)..<(first + 62))
        #expect(found.count == 62)
        #expect(found.prefix(4).map(\.losing) == [5, 6, 7, 0])
        #expect(found.prefix(4).map(\.gaining) == [0, 1, 0, 0])
        #expect(found.first?.start == hour)
    }
}
