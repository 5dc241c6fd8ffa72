import FailoverCore
import FailoverSupport
import Synchronization
import TestSupport
import Testing

@testable import Failover

@Suite("what a controller writes of how a change landed", .limited)
struct LandingSourceTests {
    private static let (east, west) = ("us-east-1", "us-west-2")
    private static let group = "arn:aws:connect:us-east-1:111122223333:traffic-distribution-group/1"
    private static let start: Int64 = 1_800_000_000_000

    /// A controller's side of the west, its control table, and a clock that both of its clocks follow.
    private final class World: Sendable {
        let table = MemoryControlTable()
        let feed = LandingFeed(own: west, peer: east)
        private let state:
            Mutex<(now: Int64, look: LandingWatch.Look?, known: Set<UInt64>, told: [JournalEntry], said: [String])>

        init() { state = Mutex((now: 0, look: LandingWatch.Look(), known: [], told: [], said: [])) }

        var now: Int64 { state.withLock { $0.now } }
        var wall: Int64 { start + now }
        var told: [JournalEntry] { state.withLock { $0.told } }
        var said: [String] { state.withLock { $0.said } }
        func advance(_ milliseconds: Int64) { state.withLock { $0.now += milliseconds } }
        func show(_ look: LandingWatch.Look?) { state.withLock { $0.look = look } }
        func know(_ agents: Set<UInt64>) { state.withLock { $0.known = agents } }

        func source(_ id: String = "a") -> LandingSource {
            LandingSource(
                by: "\(west)/\(id)", in: west, table,
                LandingSights(
                    feed: feed, agentsKnown: { self.state.withLock { $0.known } },
                    look: {
                        guard let look = self.state.withLock({ $0.look }) else { throw ControlTableError("no table") }
                        return look
                    }, minutes: { [.init(start: $0.lowerBound * 60_000, gaining: 1, losing: 2)] }),
                wall: { self.wall }, say: { said in self.state.withLock { $0.said.append(said) } },
                tell: { entry in self.state.withLock { $0.told.append(entry) } })
        }

        /// Looks once a second for so long, as its thread would, and is told what the control table holds as often as a controller reads it.
        func run(_ source: LandingSource, seconds: Int) {
            for second in 0..<seconds {
                if second % 2 == 0 { read(source) }
                _ = source.look(now: now)
                advance(1_000)
            }
        }

        func read(_ source: LandingSource) {
            if case .control(let view) = table.perform(.read) { source.follow(view) }
        }

        func intend(_ term: Int64, actor: String = west, _ cause: Intent.Cause = .automatic) {
            let intent = Intent(
                term: term, groups: [GroupShares(group: group, shares: Shares(west, share: 100, other: east, hasSignIn: true))],
                cause: cause, author: "ann", actor: actor, evidence: [], token: "t\(term)", proposedAt: wall)
            _ = table.perform(.propose(intent))
        }

        func mark(_ term: Int64, _ state: ActingMark.State = .sending) {
            let old = table.contents.marks[term]
            _ = table.perform(
                .writeMark(ActingMark(term: term, controller: "x", token: "\(term)\(state)", state: state), replacing: old))
        }

        @discardableResult
        func write(_ kind: JournalEntry.Kind, _ term: Int64, by author: String = "us-west-2/b") -> JournalEntry {
            let entry = JournalEntry(kind: kind, term: term, author: author, at: wall, lines: [])
            _ = table.perform(.write(entry))
            return entry
        }

        var landings: [Landing] {
            table.contents.history.filter { $0.kind == .landed }.compactMap { Landing(lines: $0.lines) }
        }
    }

    @Test("its own update begins it, and one line says how it landed as soon as it has")
    func own() {
        let world = World()
        let source = world.source()
        world.intend(1, actor: "", .adopted)
        world.run(source, seconds: 5)
        world.know([1, 2])
        world.intend(2)
        world.mark(2)
        let sent = world.write(.sent, 2, by: "us-west-2/a")
        source.follow(sent)
        // Who logs out in the lost Region at once was there all the same.
        world.know([])
        world.show(.init(newestFact: world.wall - 40_000, online: []))
        world.run(source, seconds: 3)
        #expect(world.feed.wantsContact(now: world.now))
        world.feed.start(at: sent.at + 2_500, wall: world.wall)
        world.run(source, seconds: 10)
        #expect(world.landings.isEmpty)
        world.show(
            .init(
                newestFact: world.wall - 40_000, online: [],
                available: [1, 2].map { .init(agent: $0, since: sent.at + 7_000, toldAt: sent.at + 7_000) }))
        world.run(source, seconds: 10)
        #expect(world.landings.count == 1)
        let landing = world.landings.first
        #expect(landing?.term == 2 && landing?.began == sent.at && landing?.firstStart == sent.at + 2_500)
        #expect(landing?.readAt == sent.at && landing?.factBefore == sent.at - 40_000)
        #expect(landing?.agentsBefore == 2 && landing?.most == sent.at + 7_000)
        #expect(landing?.minutes.first?.start == (sent.at / 60_000 - 30) * 60_000)
        #expect(world.told.map(\.kind) == [.landed] && world.told.first?.author == "us-west-2/a")
        // And one at the end; after that nothing more.
        world.run(source, seconds: 2_000)
        #expect(world.landings.map(\.until) == [landing?.until, sent.at + 900_000])
        #expect(!world.feed.wantsContact(now: world.now) || !world.feed.wantsContact(now: world.now))
    }

    @Test("another one's update begins it by its own time, which the history tells", arguments: Intent.Cause.allCases)
    func another(cause: Intent.Cause) {
        let world = World()
        let source = world.source()
        world.run(source, seconds: 2)
        world.intend(2, cause)
        world.run(source, seconds: 60)
        world.mark(2)
        world.run(source, seconds: 30)
        let sent = world.write(.sent, 2)
        world.advance(700)
        world.run(source, seconds: 2)
        world.feed.start(at: sent.at + 100, wall: world.wall)
        world.run(source, seconds: 10)
        #expect(world.landings.map(\.began) == (cause == .adopted ? [] : [sent.at]))
        #expect(world.landings.first?.firstStart == (cause == .adopted ? nil : sent.at + 100))
    }

    @Test("what gives the other Region more is not watched here, and ends what was")
    func superseded() {
        let world = World()
        let source = world.source()
        world.intend(2)
        world.mark(2)
        world.write(.sent, 2)
        world.run(source, seconds: 20)
        #expect(world.landings.isEmpty)
        world.intend(3, actor: Self.east, .returning)
        world.mark(3)
        world.write(.sent, 3, by: "us-east-1/e")
        world.feed.start(at: world.wall, wall: world.wall)
        world.run(source, seconds: 2_000)
        #expect(world.landings.map(\.term) == [2])
        #expect(world.landings.first.map { $0.until - $0.began } == 20_000)
    }

    @Test("steps of a return are watched one after the other")
    func steps() {
        let world = World()
        let source = world.source()
        for term in 2...4 as ClosedRange<Int64> {
            world.intend(term, .returning)
            world.mark(term)
            source.follow(world.write(.sent, term, by: "us-west-2/a"))
            world.run(source, seconds: 300)
        }
        #expect(world.landings.map(\.term) == [2, 3])
        world.run(source, seconds: 1_000)
        #expect(world.landings.map(\.term) == [2, 3, 4])
    }

    @Test("who begins anew in the middle goes on, and long afterwards writes nothing")
    func restarted() {
        for (minutes, terms) in [(5, [2]), (16, [])] as [(Int64, [Int64])] {
            let world = World()
            world.intend(2)
            world.mark(2)
            let sent = world.write(.sent, 2)
            world.mark(2, .closed)
            world.advance(minutes * 60_000)
            let source = world.source("b")
            world.run(source, seconds: 3)
            // A contact of then is told of again when it ends.
            world.feed.start(at: sent.at + 3_000, wall: world.wall)
            world.run(source, seconds: 1_000)
            #expect(Set(world.landings.map(\.term)) == Set(terms))
            #expect(world.landings.first?.firstStart == (terms.isEmpty ? nil : sent.at + 3_000))
            #expect(world.landings.last?.until == (terms.isEmpty ? nil : sent.at + 900_000))
        }
    }

    @Test("a term that needed no update is given up, and asked about no more")
    func nothingSent() {
        let world = World()
        let source = world.source()
        world.intend(2)
        world.mark(2, .closed)
        world.run(source, seconds: 30)
        let steps = world.table.contents.steps
        world.run(source, seconds: 30)
        #expect(world.table.contents.steps == steps + 15)
        #expect(world.landings.isEmpty)
    }

    @Test("what the control table does not take is written when it does; a line that was taken unheard is there once")
    func away() {
        for weather in [MemoryControlTable.Weather.away, .mute] {
            let world = World()
            let source = world.source()
            world.intend(2)
            world.mark(2)
            source.follow(world.write(.sent, 2, by: "us-west-2/a"))
            world.feed.start(at: world.wall, wall: world.wall)
            world.table.set(weather)
            world.run(source, seconds: 20)
            #expect(world.told.isEmpty)
            world.table.set(.fair)
            world.run(source, seconds: 2)
            #expect(world.landings.count == 1)
            #expect(world.told.count == 1)
        }
    }

    @Test("where nothing can be looked at contacts alone are told of; what went wrong is said once")
    func blind() {
        let world = World()
        let source = world.source()
        world.show(nil)
        world.intend(2)
        world.mark(2)
        source.follow(world.write(.sent, 2, by: "us-west-2/a"))
        world.feed.start(at: world.wall + 10, wall: world.wall)
        world.run(source, seconds: 1_000)
        #expect(world.landings.count == 1)
        #expect(world.landings.first?.readAt == nil && world.landings.first?.firstStart != nil)
        #expect(world.said == ["how a change lands cannot be seen: no table"])
    }

    @Test("while nothing is watched one contact a second is looked at")
    func idle() {
        let feed = LandingFeed(own: Self.west, peer: Self.east)
        #expect((0..<5_000).filter { feed.wantsContact(now: $0) } == [0, 1_000, 2_000, 3_000, 4_000])
        feed.attend(until: 6_000)
        #expect((5_000..<6_000).allSatisfy { feed.wantsContact(now: $0) })
        feed.start(at: 7, wall: 7)
        #expect(feed.newestStart == 7)
    }
}
