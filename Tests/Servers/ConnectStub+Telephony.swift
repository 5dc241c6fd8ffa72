import Foundation

/// Callers and agents of the pair (`telephony.py`, which says what they do). Nobody works before ``open(within:)``, nobody calls before
/// ``call(_:perSecond:forSeconds:)``.
extension ConnectStub {
    /// Where a Region's events go: a stream of an emulator.
    public struct Stream: Sendable {
        let region: String
        let port: Int
        let name: String

        public init(_ region: String, of emulator: Emulator, _ name: String) { self.init(region, port: emulator.port, name) }

        public init(_ region: String, port: Int, _ name: String) {
            self.region = region
            self.port = port
            self.name = name
        }
    }

    /// What became of a Region's callers so far, and who works there now.
    public struct RegionFigures: Sendable {
        public let isAlive: Bool
        /// Callers: all, those whom the Region took, and those who called it while it was dead.
        public let offered: Int
        public let landed: Int
        public let lost: Int
        /// Contacts: those that an agent took, those who hung up before, and those that ended as their Region died.
        public let answered: Int
        public let abandoned: Int
        public let dropped: Int
        /// Contacts that wait for an agent now.
        public let waiting: Int
        /// When it told something last; seconds since 1970.
        public let lastEventAt: Double?
        public let agents: Int
        public let agentsOnline: Int
        /// Online and without a contact.
        public let agentsAvailable: Int
        /// Events in its stream, events on the way there, and those that never came there.
        public let put: Int
        public let unsent: Int
        public let unsentForEver: Int
    }

    /// A change of a group's shares that came into force, and who came first after it. Times are seconds since 1970.
    public struct Change: Sendable {
        public let at: Double
        public let group: String
        public let telephony: [String: Int]
        /// By Region: when the first contact began there, and when an agent took the first one.
        public let firstLanded: [String: Double]
        public let firstAnswered: [String: Double]
    }

    /// Everybody comes to work, within so many seconds.
    public func open(within seconds: Double = 1) throws { try control("PUT", "agents", ["within": seconds]) }

    /// From now on so many callers a second for a group, by chance. `seconds`: nil: for ever. 0 a second ends it.
    public func call(_ group: String = "default", perSecond: Double, forSeconds seconds: Double? = nil) throws {
        var wanted: [String: Any] = ["group": group, "perSecond": perSecond]
        wanted["seconds"] = seconds
        try control("PUT", "callers", wanted)
    }

    /// `flowSeconds`, `talkSeconds`, `patienceSeconds`, `moveSeconds`, `availableSeconds`, each from and to, and `heartbeatSeconds`.
    public func set(telephony settings: [String: Any]) throws { try control("PUT", "telephony", settings) }

    /// A Region's telephony dies, or is back. Its endpoint is another matter.
    public func set(_ region: String, isAlive: Bool) throws { try control("PUT", "alive", [region: isAlive]) }

    /// Contacts that began at the same time of earlier days, as events that come now: so many a second, from `first` (seconds since
    /// 1970) on and for so long.
    public func tellPast(
        _ group: String = "default", perSecond: Double, from first: Double, forSeconds seconds: Double, daysAgo days: [Int]
    ) throws {
        let wanted: [String: Any] = ["group": group, "perSecond": perSecond, "first": first, "seconds": seconds, "days": days]
        try control("PUT", "past", wanted)
    }

    /// By Region.
    public func figures() throws -> [String: RegionFigures] {
        let told = try telephony()
        let streams = told["streams"] as? [String: [String: Int]] ?? [:]
        let regions = told["regions"] as? [String: [String: Any]] ?? [:]
        return Dictionary(
            uniqueKeysWithValues: regions.map { region, here in
                let agents = here["agents"] as? [String: Int] ?? [:]
                let stream = streams[region] ?? [:]
                func count(_ name: String) -> Int { here[name] as? Int ?? 0 }
                let figures = RegionFigures(
                    isAlive: here["isAlive"] as? Bool ?? false, offered: count("offered"), landed: count("landed"),
                    lost: count("lost"), answered: count("answered"), abandoned: count("abandoned"), dropped: count("dropped"),
                    waiting: count("waiting"), lastEventAt: here["lastEventAt"] as? Double, agents: agents["here"] ?? 0,
                    agentsOnline: agents["online"] ?? 0, agentsAvailable: agents["available"] ?? 0, put: stream["put"] ?? 0,
                    unsent: stream["waiting"] ?? 0, unsentForEver: stream["dropped"] ?? 0)
                return (region, figures)
            })
    }

    /// Contacts that have begun and not ended.
    public func contactsUnderWay() throws -> Int { try telephony()["underWay"] as? Int ?? 0 }

    /// Oldest first; the newest 1,000 at most.
    public func changes() throws -> [Change] {
        (try telephony()["changes"] as? [[String: Any]] ?? []).map { change in
            let shares = change["shares"] as? [String: [String: Any]] ?? [:]
            return Change(
                at: change["at"] as? Double ?? 0, group: change["group"] as? String ?? "",
                telephony: shares["TelephonyConfig"] as? [String: Int] ?? [:],
                firstLanded: change["first"] as? [String: Double] ?? [:],
                firstAnswered: change["firstAnswered"] as? [String: Double] ?? [:])
        }
    }

    private func telephony() throws -> [String: Any] { try control("GET", "telephony") as? [String: Any] ?? [:] }
}
