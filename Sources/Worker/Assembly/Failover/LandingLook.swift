import ContactCenter
import EngineCore
import FailoverCore
import Lattice
import Platform

/// What the agents' rows of both Regions tell of how a change lands: fed with every row, then asked for ``look``.
struct LandingLook {
    private let own: String
    private let peer: String
    private let availability = AgentAvailability()
    /// Who is online in the other Region, and when they were seen last.
    private var there: [UInt64: Int64] = [:]
    private var left: [UInt64: Int64] = [:]
    private var available: [LandingWatch.Look.Available] = []
    private var newest: Int64?

    init(own: String, peer: String) {
        self.own = own
        self.peer = peer
    }

    /// `region`: whose workers wrote the row. Of any but the two it says nothing.
    mutating func take(_ key: EntityKey, _ agent: EntityView, of region: String) {
        let id = key.id.hash64
        var name = region
        if region == peer {
            guard let sight = name.withUTF8({ AgentSight(agent, region: ByteView($0)) }) else { return }
            newest = max(newest ?? .min, sight.seen.milliseconds)
            if sight.isOnline { there[id] = sight.seen.milliseconds }
            if let leftAt = sight.leftAt { left[id] = leftAt.milliseconds }
        } else if region == own, let told = name.withUTF8({ availability.told(agent, region: ByteView($0)) }) {
            available.append(.init(agent: id, since: told.since.milliseconds, toldAt: told.at.milliseconds))
        }
    }

    /// Who was last seen so long before the others went home without a word.
    var look: LandingWatch.Look {
        let online = there.filter { (newest ?? $0.value) - $0.value <= AgentPulse.goneMilliseconds }
        return LandingWatch.Look(newestFact: newest, online: Set(online.keys), left: left, available: available)
    }
}
