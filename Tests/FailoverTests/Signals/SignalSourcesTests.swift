import Failover
import FailoverCore
import Platform
import Synchronization
import TestSupport
import Testing

@Suite("all ways of looking at Regions together", .waiting(minutes: 5))
struct SignalSourcesTests {
    /// Says the same at each look, and waits first while it is told to.
    private final class Source: SignalSource {
        let name: String
        private let state: SignalState
        private let gate: Gate?

        init(_ name: String, _ state: SignalState, waits gate: Gate? = nil) {
            self.name = name
            self.state = state
            self.gate = gate
        }

        func look(now: Int64) -> SignalLook {
            gate?.pass()
            let signal = Signal(
                source: name, kind: .synthetic, region: "us-east-1", state: state, path: SignalPath(.outside(name)),
                observedAt: now, evidence: "\(state)")
            return SignalLook([signal], nextAt: now)
        }
    }

    private final class Gate: Sendable {
        private let monitor = Monitor()
        private let isOpen = Mutex(false)

        func open() {
            monitor.locked {
                isOpen.withLock { $0 = true }
                monitor.broadcast()
            }
        }

        func pass() { monitor.locked { while !isOpen.withLock({ $0 }) { monitor.wait() } } }
    }

    @Test("a source that hangs delays no other, and is seen to hang")
    func hanging() throws {
        let gate = Gate()
        let heard = Mutex<[String: Int]>([:])
        let hanging = Source("hanging", .healthy, waits: gate)
        let sources = SignalSources([hanging, Source("well", .healthy), Source("lost", .unknown)]) { signal in
            heard.withLock { $0[signal.source, default: 0] += 1 }
        }
        sources.start()
        try eventually("the others look on: \(sources.status)") {
            heard.withLock { $0["well", default: 0] >= 3 && $0["lost", default: 0] >= 3 }
        }
        let status = sources.status
        #expect(status.map(\.name) == ["hanging", "well", "lost"])
        #expect(status[0].lookingSince != nil && status[0].looks == 0 && status[0].signals.isEmpty)
        #expect(status[1].unknowns == 0 && status[1].signals.map(\.state) == [.healthy])
        #expect(status[2].unknowns == status[2].looks)
        gate.open()
        try eventually("the one that hung is heard: \(sources.status)") { heard.withLock { $0["hanging"] != nil } }
        sources.stop()
        let after = heard.withLock { $0 }
        #expect(sources.status.allSatisfy { $0.lookingSince == nil })
        #expect(heard.withLock { $0 } == after)
    }

    @Test("sources beyond the bound are not looked with, and say so")
    func bound() {
        let names = (0...SignalSources.sourcesMax).map { "source \($0)" }
        let sources = SignalSources(names.map { Source($0, .healthy) }) { _ in }
        sources.start()
        sources.stop()
        #expect(sources.status.map { $0.problem == nil } == names.indices.map { $0 < SignalSources.sourcesMax })
        #expect(sources.status.last?.problem == "more than 32 sources")
    }

    @Test("requests are counted by service and Region")
    func counts() {
        let counts = RequestCounts()
        for region in ["us-west-2", "us-east-1", "us-west-2"] { counts.count("Connect", region) }
        #expect(
            counts.all.map { "\($0.place.service) \($0.place.region) \($0.count)" } == [
                "Connect us-east-1 1", "Connect us-west-2 2",
            ])
    }
}
