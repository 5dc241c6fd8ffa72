import FailoverCore
import Synchronization

/// How changes land in the own Region (``LandingWatch``), fed on any thread.
///
/// While nothing is watched, one contact a second is looked at (``wantsContact(now:)``): enough to know whether any came lately.
package final class LandingFeed: Sendable {
    static let idleMilliseconds: Int64 = 1_000

    private let watch: Mutex<LandingWatch>
    /// Until when every contact is looked at, and when one was looked at last. On the controller's clock.
    private let watchedUntil = Atomic<Int64>(.min)
    private let lookedAt = Atomic<Int64>(.min / 2)

    package init(own: String, peer: String) { watch = Mutex(LandingWatch(own: own, peer: peer)) }

    /// Whether a contact that is written now should be looked at. Cost: two loads.
    package func wantsContact(now: Int64) -> Bool {
        if now < watchedUntil.load(ordering: .relaxed) { return true }
        guard now - lookedAt.load(ordering: .relaxed) >= LandingFeed.idleMilliseconds else { return false }
        lookedAt.store(now, ordering: .relaxed)
        return true
    }

    /// A contact that a customer started in the own Region, by Connect's clock, as often as its row is written.
    package func start(at: Int64, wall: Int64) { watch.withLock { $0.start(at: at, wall: wall) } }

    /// When the newest contact began here, by Connect's clock; nil: none was heard of since this process began.
    package var newestStart: Int64? { watch.withLock { $0.newestStart } }

    /// Every contact is looked at until then.
    func attend(until: Int64) { watchedUntil.store(until, ordering: .relaxed) }

    func with<Result: Sendable>(_ body: (inout LandingWatch) -> Result) -> Result { watch.withLock { body(&$0) } }
}

/// What the controller's side asks of whoever has the state.
package struct LandingSights: Sendable {
    package var feed: LandingFeed
    /// Agents who are online in the other Region, as far as it is known without asking anybody.
    package var agentsKnown: @Sendable () -> Set<UInt64>
    /// Looks through the rows of both Regions, some seconds at most. Throws why it could not.
    package var look: @Sendable () throws -> LandingWatch.Look
    /// Contacts that started, by minute, for a range of minutes since 1970; none where nobody counts.
    package var minutes: @Sendable (Range<Int64>) -> [Landing.Minute]

    package init(
        feed: LandingFeed, agentsKnown: @escaping @Sendable () -> Set<UInt64>,
        look: @escaping @Sendable () throws -> LandingWatch.Look,
        minutes: @escaping @Sendable (Range<Int64>) -> [Landing.Minute]
    ) {
        self.feed = feed
        self.agentsKnown = agentsKnown
        self.look = look
        self.minutes = minutes
    }
}
