import FailoverCore
import TestSupport
import Testing

@Suite("An actuator follows the newest intent", .limited)
struct FollowerTests {
    typealias Subject = Follower<String>
    typealias Wish = Subject.Wish

    /// A follower with what it acts on in hand: each call is one moment later.
    struct Bench {
        var follower = Subject(name: "dns")
        var now: Int64 = 1_000
        var there: String?
        var written: [String] = []

        static func wishes(_ values: [String], isYoung: Bool = true) -> [Wish] {
            values.enumerated().map { Wish(term: Int64(values.count - $0), value: $1, isYoung: isYoung) }
        }

        mutating func observe(_ values: [String], isYoung: Bool = true) {
            follower.observe(Bench.wishes(values, isYoung: isYoung), newest: Int64(values.count), now: now)
        }

        /// Does what there is to do at this moment.
        mutating func settle() {
            while let step = follower.next(now: now) {
                switch step {
                case .look: follower.looked(.found(.init(there)), now: now, wall: now, random: 0.5)
                case .apply(let wish):
                    written.append(wish.value)
                    there = wish.value
                    follower.applied(failure: nil, now: now, random: 0.5)
                }
            }
        }

        mutating func pass(_ milliseconds: Int64) { now += milliseconds }
    }

    @Test("what an older intent left, or nothing at all, is brought up to the newest when it begins")
    func catchesUp() {
        for there in ["old", nil] {
            var bench = Bench(there: there)
            bench.observe(["new", "old"], isYoung: false)
            bench.settle()
            #expect(bench.written == ["new"])
            #expect(bench.follower.status.state == .applied)
            #expect(bench.follower.status.appliedTerm == 2)
        }
    }

    @Test("what is there already is not written again")
    func isIdempotent() {
        var bench = Bench(there: "new")
        bench.observe(["new", "old"])
        bench.settle()
        #expect(bench.written == [])
        #expect(bench.follower.status.appliedTerm == 2)
    }

    @Test("when it begins, a value of nobody's is overwritten for a young intent, and left for an old one")
    func foreignAtFirst() {
        for (isYoung, written) in [(true, ["new"]), (false, [])] {
            var bench = Bench(there: "somebody's")
            bench.observe(["new"], isYoung: isYoung)
            bench.settle()
            #expect(bench.written == written)
            if !isYoung {
                #expect(
                    bench.follower.status.state
                        == .drifted("somebody's is there, which the newest intent does not ask for: left as it is"))
            }
        }
    }

    @Test("a new term is written at once, over whatever is there")
    func newTerm() {
        var bench = Bench(there: "one")
        bench.observe(["one"])
        bench.settle()
        bench.there = "somebody's"
        bench.observe(["two", "one"])
        bench.settle()
        #expect(bench.written == ["two"])
        #expect(bench.follower.status.appliedTerm == 2)
    }

    @Test("the first term of all is written where none was before")
    func firstTerm() {
        var bench = Bench(there: "as it was")
        bench.observe([])
        bench.settle()
        #expect(bench.follower.status.state == .idle)
        bench.observe(["one"])
        bench.settle()
        #expect(bench.written == ["one"])
    }

    @Test(
        "an older value that comes late is put right within the quarter of an hour; later, and any other value, is left",
        arguments: [
            ("one", 600_000, true), ("one", 1_200_000, false), ("somebody's", 600_000, false), ("somebody's", 20_000, false),
        ]
            as [(String, Int64, Bool)])
    func late(value: String, after milliseconds: Int64, isPutRight: Bool) {
        var bench = Bench(there: "one")
        bench.observe(["one"])
        bench.settle()
        bench.observe(["two", "one"])
        bench.settle()
        bench.pass(milliseconds)
        bench.observe(["two", "one"])
        bench.there = value
        bench.settle()
        #expect(bench.there == (isPutRight ? "two" : value))
        #expect((bench.follower.status.state == .applied) == isPutRight)
        // Once left, it stays so until there is a newer term.
        bench.pass(200_000)
        bench.observe(["two", "one"])
        bench.settle()
        #expect(bench.there == (isPutRight ? "two" : value))
        bench.observe(["three", "two", "one"])
        bench.settle()
        #expect(bench.there == "three")
    }

    @Test("what says itself that it is of an older term is brought up at any time, and one of a greater term never")
    func saysItsTerm() {
        for (term, isWritten) in [(1, true), (2, true), (3, false)] as [(Int64, Bool)] {
            var follower = Subject(name: "row")
            follower.observe([Wish(term: 2, value: "two", isYoung: true)], newest: 2, now: 0)
            #expect(follower.next(now: 0) == .look)
            follower.looked(.found(.init("else", term: term)), now: 0, wall: 0, random: 0)
            #expect((follower.next(now: 0) == .apply(Wish(term: 2, value: "two", isYoung: true))) == isWritten)
        }
    }

    @Test("nothing is written while the control table cannot be read")
    func staleView() {
        var bench = Bench(there: "one")
        bench.observe(["one"])
        bench.settle()
        bench.observe(["two", "one"])
        guard case .apply? = bench.follower.next(now: bench.now) else {
            Issue.record("the new term was not written at once")
            return
        }
        bench.follower.applied(failure: "no answer", now: bench.now, random: 0.999)
        bench.pass(60_000)
        bench.settle()
        #expect(bench.written == [])
        #expect(bench.follower.status.failures == 1)
        bench.observe(["two", "one"])
        bench.settle()
        #expect(bench.written == ["two"])
    }

    @Test("a view that is older than what is known, and one that says the same, change nothing")
    func oldView() {
        var bench = Bench(there: "one")
        bench.observe(["two", "one"])
        bench.settle()
        bench.observe(["one"])
        bench.observe(["two", "one"])
        bench.settle()
        #expect(bench.written == ["two"])
        #expect(bench.follower.status.wantedTerm == 2)
    }

    @Test("failures are tried again with a wait that doubles, up to a minute, and are counted until it is there")
    func backsOff() {
        var bench = Bench(there: "one")
        bench.observe(["one"])
        bench.settle()
        var waits: [Int64] = []
        bench.observe(["two", "one"])
        for _ in 0..<9 {
            let tried = bench.now
            while bench.follower.next(now: bench.now) != .apply(Wish(term: 2, value: "two", isYoung: true)) {
                if bench.follower.next(now: bench.now) == .look {
                    bench.follower.looked(.found(.init("one")), now: bench.now, wall: 0, random: 0)
                }
                bench.pass(500)
                bench.observe(["two", "one"])
            }
            waits.append(bench.now - tried)
            bench.follower.applied(failure: "throttled", now: bench.now, random: 0.999_999)
        }
        #expect(waits == [0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
        #expect(bench.follower.status.failures == 9)
        #expect(bench.follower.status.lastFailure == "throttled")
        bench.pass(60_000)
        bench.observe(["two", "one"])
        bench.settle()
        #expect(bench.follower.status.failures == 0)
        #expect(bench.follower.status.state == .applied)
    }

    @Test("what was written and is read otherwise counts as a failure, and is written again")
    func readBack() {
        var bench = Bench(there: "one")
        bench.observe(["one"])
        bench.settle()
        bench.observe(["two", "one"])
        bench.follower.applied(failure: nil, now: bench.now, random: 0)
        #expect(bench.follower.next(now: bench.now) == .look)
        bench.follower.looked(.underway("the change is pending"), now: bench.now, wall: 7, random: 0)
        #expect(bench.follower.next(now: bench.now) == nil)
        #expect(bench.follower.wakeAt == bench.now + 2_000)
        bench.pass(2_000)
        bench.observe(["two", "one"])
        bench.follower.looked(.found(.init("one")), now: bench.now, wall: 9, random: 0)
        #expect(bench.follower.status.lastFailure == "it was written, but one was read")
        bench.settle()
        #expect(bench.written == ["two"])
    }

    @Test("it is exercised again and again, often after a move and every three minutes later, and says with whose problems")
    func exercises() {
        var bench = Bench(there: "one")
        bench.observe(["one"])
        bench.settle()
        #expect(bench.follower.wakeAt == bench.now + 15_000)
        bench.pass(15_000)
        #expect(bench.follower.next(now: bench.now) == .look)
        bench.pass(1_000_000)
        bench.settle()
        #expect(bench.follower.wakeAt == bench.now + 180_000)
        bench.pass(180_000)
        #expect(bench.follower.next(now: bench.now) == .look)
        bench.follower.looked(
            .found(.init("one", problems: ["it may not"], warnings: ["by the way"])), now: bench.now, wall: 77, random: 0)
        #expect(bench.follower.status.exercise == .init(at: 77, isOK: false, lines: ["it may not", "by the way"]))
        bench.pass(180_000)
        bench.follower.looked(.failed("no answer"), now: bench.now, wall: 99, random: 0.5)
        #expect(bench.follower.status.exercise == .init(at: 99, isOK: false, lines: ["no answer"]))
        #expect(bench.follower.wakeAt > bench.now)
        #expect(bench.follower.status.state == .applied)
    }

    @Test("a value that changes within its term is written, unless somebody else's was left there")
    func sameTerm() {
        var bench = Bench(there: nil)
        bench.follower.observe([Wish(term: 4, value: "4, pending", isYoung: true)], newest: 4, now: bench.now)
        bench.settle()
        bench.follower.observe([Wish(term: 4, value: "4", isYoung: true)], newest: 4, now: bench.now)
        bench.settle()
        #expect(bench.written == ["4, pending", "4"])
        bench.there = "somebody's"
        bench.pass(20_000)
        bench.settle()
        bench.follower.observe([Wish(term: 4, value: "4, again", isYoung: true)], newest: 4, now: bench.now)
        bench.settle()
        #expect(bench.there == "somebody's")
    }
}
