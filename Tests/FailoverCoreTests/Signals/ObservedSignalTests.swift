import FailoverCore
import TestSupport
import Testing

/// Signals that a worker sees itself: the canary, agents' heartbeats, the other Region's events.
@Suite("what a worker sees of a Region", .limited)
struct ObservedSignalTests {
    @Test(
        "replication is late by the canary's age, less what the clocks differ by",
        arguments: [
            (nil, nil, SignalState.unknown),
            (800, 50, .healthy),
            (-300, 50, .healthy),
            (9_000, nil, .healthy),
            (15_000, 0, .unknown),
            (25_000, 0, .unhealthy),
            // The other clock is five minutes behind ours: nothing is late.
            (301_000, 300_500, .healthy),
            (325_000, 300_500, .unhealthy),
            // The other clock is ahead: what looks fresh is old.
            (-295_000, -299_000, .healthy),
            (-270_000, -299_000, .unhealthy),
            // Nobody knows how the clocks stand.
            (325_000, nil, .unknown),
        ] as [(Int64?, Int64?, SignalState)])
    func canary(lag: Int64?, aheadMax: Int64?, expected: SignalState) {
        let signal = CanaryAge.signal(of: "us-east-1", lag: lag, aheadMax: aheadMax, now: 1_000)
        #expect(signal.state == expected, "\(signal.evidence)")
        #expect(signal.path == SignalPath(.between))
    }

    // MARK: - Agents

    private static let start: Int64 = 1_800_000_000_000

    /// Agents of whom each was last seen so many seconds after the start, and heard of then.
    private func pulse(_ seen: [Int64]) -> AgentPulse {
        var pulse = AgentPulse()
        for (agent, seconds) in zip(seen.indices, seen).sorted(by: { $0.1 < $1.1 }) {
            pulse.take(UInt64(agent), isOnline: true, seen: Self.start + seconds * 1_000, now: seconds * 1_000)
        }
        return pulse
    }

    private func figures(_ counts: AgentPulse.Counts) -> [Int] { [counts.online, counts.overdue] }

    @Test("counts are as old as what was heard of those who are online")
    func heard() {
        var pulse = pulse([0, 100])
        #expect(pulse.counts(delay: 0, now: 200_000).heardAt == 100_000)
        // Told of again, and of nothing new: nobody was heard of.
        pulse.take(0, isOnline: true, seen: Self.start, now: 150_000)
        #expect(pulse.counts(delay: 0, now: 200_000).heardAt == 100_000)
        pulse.take(1, isOnline: false, seen: Self.start + 160_000, now: 160_000)
        #expect(pulse.counts(delay: 0, now: 200_000).heardAt == 0)
        #expect(AgentPulse().counts(delay: 0, now: 0).heardAt == nil)
    }

    @Test("an agent is overdue two minutes and the delay after the last heartbeat, by either clock")
    func overdue() {
        let pulse = pulse([0, 0, 100, 100, 100])
        #expect(figures(pulse.counts(delay: 60_000, now: 180_000)) == [5, 0])
        #expect(figures(pulse.counts(delay: 60_000, now: 180_001)) == [5, 2])
        #expect(figures(pulse.counts(delay: 0, now: 100_000)) == [5, 0])
        #expect(figures(pulse.counts(delay: 0, now: 280_001)) == [5, 5])
    }

    @Test("an agent who was last seen long before the others when first heard of is overdue at once")
    func overdueAtFirst() {
        var pulse = AgentPulse()
        for (agent, seconds) in [Int64(0), 300, 310, 320].enumerated() {
            pulse.take(UInt64(agent), isOnline: true, seen: Self.start + seconds * 1_000, now: 5_000)
        }
        #expect(figures(pulse.counts(delay: 60_000, now: 5_000)) == [4, 1])
    }

    @Test("who went home without a word is forgotten after half an hour, and all who fell silent together after an hour")
    func gone() {
        var pulse = pulse([0, 0])
        for minute in 1...31 {
            for agent in 10..<16 {
                let time = Int64(minute) * 60_000
                pulse.take(UInt64(agent), isOnline: true, seen: Self.start + time, now: time)
            }
        }
        #expect(figures(pulse.counts(delay: 60_000, now: 31 * 60_000)) == [6, 0])
        pulse.forgetGone()
        #expect(figures(pulse.counts(delay: 60_000, now: 91 * 60_000)) == [6, 6])
        #expect(figures(pulse.counts(delay: 60_000, now: 91 * 60_000 + 1)) == [0, 0])
        // Their rows are read again, and say nothing new.
        pulse.forgetGone()
        for agent in 10..<16 {
            pulse.take(UInt64(agent), isOnline: true, seen: Self.start + 31 * 60_000, now: 92 * 60_000)
        }
        #expect(figures(pulse.counts(delay: 60_000, now: 92 * 60_000)) == [0, 0])
    }

    @Test("who logs out is not counted, and an older row does not make anybody fresh")
    func logout() {
        var pulse = pulse([0, 0, 0])
        pulse.take(0, isOnline: false, seen: Self.start + 1_000, now: 1_000)
        pulse.take(1, isOnline: true, seen: Self.start - 5_000, now: 200_000)
        pulse.take(2, isOnline: true, seen: Self.start + 150_000, now: 200_000)
        #expect(figures(pulse.counts(delay: 0, now: 200_000)) == [2, 1])
    }

    @Test("of more agents than there is room for, those are counted that there is room for")
    func bound() {
        var pulse = AgentPulse()
        for agent in 0..<UInt64(AgentPulse.agentsMax + 1) { pulse.take(agent, isOnline: true, seen: Self.start, now: 0) }
        #expect(pulse.counts(delay: 0, now: 0) == .init(online: AgentPulse.agentsMax, overdue: 0, isPartial: true, heardAt: 0))
    }

    @Test(
        "half of the agents overdue are a complaint, a fifth are not, and a few agents say nothing",
        arguments: [
            (AgentPulse.Counts(online: 10, overdue: 5), SignalState.unhealthy),
            (.init(online: 10, overdue: 4), .unknown),
            (.init(online: 10, overdue: 2), .healthy),
            (.init(online: 4, overdue: 4), .unknown),
            (.init(online: 5, overdue: 5), .unhealthy),
            (nil, .unknown),
        ] as [(AgentPulse.Counts?, SignalState)])
    func agents(counts: AgentPulse.Counts?, expected: SignalState) {
        for isOwn in [true, false] {
            let signal = AgentPulse.signal(of: "us-east-1", isOwn: isOwn, counts, why: "behind", now: 0)
            #expect(signal.state == expected)
            #expect(signal.path == (isOwn ? SignalPath(.ownStreams) : SignalPath(.counted)))
        }
    }

    // MARK: - Events of the other Region

    private static func minutes(_ before: (own: Int, other: Int), _ last: (own: Int, other: Int)...) -> [SeenEvents.Minute] {
        Array(repeating: .init(own: before.own, other: before.other), count: 10)
            + last.map { .init(own: $0.own, other: $0.other) }
    }

    @Test(
        "the other Region's events fall silent only where there were some, and this Region's go on",
        arguments: [
            (minutes((20, 20), (20, 20), (20, 20)), SignalState.healthy),
            (minutes((20, 20), (20, 0), (20, 0)), .unhealthy),
            (minutes((20, 20), (20, 3), (20, 0)), .unknown),
            (minutes((20, 20), (20, 10), (20, 0)), .healthy),
            (minutes((20, 4), (20, 0), (20, 0)), .unknown),
            (minutes((20, 20), (4, 0), (4, 0)), .unknown),
            (minutes((0, 20), (0, 0), (0, 0)), .unknown),
            (minutes((20, 20), (20, 0)), .unknown),
            (nil, .unknown),
        ] as [([SeenEvents.Minute]?, SignalState)])
    func events(minutes: [SeenEvents.Minute]?, expected: SignalState) {
        let signal = SeenEvents.signal(of: "us-east-1", minutes, why: "no global routing", now: 0)
        #expect(signal.state == expected, "\(signal.evidence)")
        #expect(signal.path == (signal.state == .unhealthy ? SignalPath(.ownStreams, .between) : SignalPath(.ownStreams)))
    }
}
