import FailoverCore
import Synchronization

/// The agents of both Regions and when they were last heard of (``AgentPulse``), fed by whoever reads or writes rows, on any thread.
package final class AgentWatch: Sendable {
    private let pulses: Mutex<[String: AgentPulse]>

    package init(regions: [String]) {
        pulses = Mutex(Dictionary(regions.map { ($0, AgentPulse()) }) { first, _ in first })
    }

    /// See ``AgentPulse/take(_:isOnline:seen:now:)``. Of a Region that is not watched, nothing.
    package func take(_ agent: UInt64, of region: String, isOnline: Bool, seen: Int64, now: Int64) {
        pulses.withLock { $0[region]?.take(agent, isOnline: isOnline, seen: seen, now: now) }
    }

    /// Who counts as online there. Cost: a look at all.
    package func online(in region: String, now: Int64) -> Set<UInt64> {
        pulses.withLock { $0[region]?.online(now: now) ?? [] }
    }

    /// Counts, and forgets who is gone.
    package func counts(of region: String, delay: Int64, now: Int64) -> AgentPulse.Counts {
        pulses.withLock { pulses in
            let counts = pulses[region]?.counts(delay: delay, now: now) ?? AgentPulse.Counts()
            pulses[region]?.forgetGone()
            return counts
        }
    }
}
