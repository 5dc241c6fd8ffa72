import Failover
import FailoverCore
import Synchronization
import TestSupport
import Testing

@Suite("what a worker hands to the signals", .limited)
struct ObservedSourcesTests {
    private static let start: Int64 = 1_800_000_000_000

    /// Ten agents, each last seen at `seconds` after the start.
    private func feed(_ watch: AgentWatch, _ region: String, seen seconds: Int64, now: Int64) {
        for agent in 0..<UInt64(10) {
            watch.take(agent, of: region, isOnline: true, seen: Self.start + seconds * 1_000, now: now)
        }
    }

    @Test("the canary's sight becomes a signal of the other Region")
    func canary() {
        let source = ObservedSource.canary(of: "us-east-1") { CanarySight(lag: 25_000, aheadMax: 100) }
        let look = source.look(now: 1_000)
        #expect(look.signals.map(\.state) == [.unhealthy])
        #expect(look.nextAt == 6_000)
    }

    @Test("this Region's agents are overdue only while this worker is not behind itself")
    func ownAgents() {
        let watch = AgentWatch(regions: ["us-west-2"])
        feed(watch, "us-west-2", seen: 0, now: 0)
        for (lag, expected) in [(Int64(0), SignalState.unhealthy), (60_000, .healthy), (60_001, .unknown), (nil, .unknown)]
            as [(Int64?, SignalState)]
        {
            let source = ObservedSource.ownAgents(of: "us-west-2", watch, delay: 60_000) { lag }
            let signal = source.look(now: 200_000).signals.first
            #expect(signal?.state == expected, "\(String(describing: lag)): \(String(describing: signal?.evidence))")
            #expect(signal?.path == SignalPath(.ownStreams))
        }
    }

    @Test("what is handed in of a Region that is not watched counts for nothing")
    func unwatched() {
        let watch = AgentWatch(regions: ["us-west-2"])
        feed(watch, "us-east-1", seen: 0, now: 0)
        #expect(watch.counts(of: "us-east-1", delay: 0, now: 0) == .init())
    }

    @Test("the other Region's agents are read once a minute, and more often while they complain")
    func peerAgents() {
        let watch = AgentWatch(regions: ["us-east-1"])
        let time = Mutex(Int64(0))
        let source = PeerAgentsSource(
            of: "us-east-1", watch, delay: 60_000, canary: { CanarySight(lag: 1_000, aheadMax: nil) },
            now: { time.withLock { $0 } }
        ) { watch in
            // Heartbeats of the first minutes alone.
            let now = time.withLock { $0 }
            self.feed(watch, "us-east-1", seen: min(now / 1_000, 120), now: now)
            return nil
        }
        var states: [SignalState] = []
        var times: [Int64] = []
        while time.withLock({ $0 }) <= 450_000 {
            let now = time.withLock { $0 }
            let look = source.look(now: now)
            states += look.signals.map(\.state)
            times.append(now)
            time.withLock { $0 = look.nextAt }
        }
        #expect(times == [0, 60_000, 120_000, 180_000, 240_000, 300_000, 360_000, 420_000, 435_000, 450_000])
        #expect(states == Array(repeating: .healthy, count: 7) + Array(repeating: .unhealthy, count: 3))
    }

    @Test("rows that cannot be read, and replication that nobody knows the lag of, say nothing of agents")
    func noPeerAgents() {
        for (trouble, sight) in [
            ("no such table", CanarySight(lag: 0, aheadMax: 0)), (nil, CanarySight(lag: nil, aheadMax: nil)),
        ] as [(String?, CanarySight)] {
            let source = PeerAgentsSource(
                of: "us-east-1", AgentWatch(regions: ["us-east-1"]), delay: 0, canary: { sight }, now: { 0 }
            ) { _ in trouble }
            #expect(source.look(now: 0).signals.map(\.state) == [.unknown])
        }
    }

    @Test("agents whose rows take long to read are read no more than a hundredth of the time")
    func slowAgents() {
        let time = Mutex(Int64(0))
        let source = PeerAgentsSource(
            of: "us-east-1", AgentWatch(regions: ["us-east-1"]), delay: 0, canary: { CanarySight(lag: 0, aheadMax: 0) },
            now: { time.withLock { $0 } }
        ) { _ in
            time.withLock { $0 += 2_000 }
            return nil
        }
        #expect(source.look(now: 0).nextAt == 200_000)
    }

    @Test(
        "agents whose rows could not be read in time are read again soon: how much the Region has to lose is not known until then"
    )
    func unreadAgents() {
        let time = Mutex(Int64(0))
        let source = PeerAgentsSource(
            of: "us-east-1", AgentWatch(regions: ["us-east-1"]), delay: 0, canary: { CanarySight(lag: 0, aheadMax: 0) },
            now: { time.withLock { $0 } }
        ) { _ in
            time.withLock { $0 += 5_000 }
            return "not answered in 5 s"
        }
        #expect(source.look(now: 0).nextAt == 50_000)
        time.withLock { $0 = 50_000 }
        #expect(source.look(now: 50_000).nextAt == 100_000)
    }

    @Test("the other Region's events are counted by whole minutes, and not while this worker is behind")
    func events() {
        let watch = EventWatch(now: 30_000)
        for second in 31..<900 { watch.take(own: 1, other: second < 750 ? 1 : 0, now: Int64(second) * 1_000) }
        func look(_ lag: Int64?, now: Int64) -> Signal? {
            ObservedSource.events(of: "us-east-1", watch) { lag }.look(now: now).signals.first
        }
        #expect(look(0, now: 700_000)?.state == .unknown)
        #expect(look(0, now: 780_000)?.state == .healthy)
        #expect(look(0, now: 900_000)?.state == .unhealthy)
        #expect(look(61_000, now: 900_000)?.state == .unknown)
        #expect(look(nil, now: 900_000)?.state == .unknown)
    }
}
