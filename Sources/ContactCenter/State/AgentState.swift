import JSON
import Lattice
import Platform

/// The projection of an agent: where they are online, in which status, with which contacts, by Region and over all.
///
/// Read, then written: ``read(_:names:parser:)`` takes the facts out of the registers, ``append(to:)`` decides and writes.
struct AgentState: ~Copyable {
    enum Presence {
        case online, offline, unknown

        var json: StaticString {
            switch self {
            case .online: "\"online\""
            case .offline: "\"offline\""
            case .unknown: "\"unknown\""
            }
        }
    }

    /// What the registers say of one Region.
    struct Region {
        let name: ByteView
        var presence = Presence.unknown
        /// Nil where nothing tells.
        var isSignedIn: Bool?
        var lastSeen: Timestamp?
        /// When the newest event was that any of its registers tells of.
        var latest: Timestamp?
        var snapshot: SnapshotFacts?
    }

    /// What was last told of the status.
    struct ToldStatus {
        fileprivate let start: Timestamp
        fileprivate let toldAt: Timestamp
        fileprivate let isOffline: Bool

        /// Of a `status/R`; nil of one with another value.
        init?(_ register: RegisterView) {
            guard register.rule == .max else { return nil }
            isOffline = register.value.equals("\"OFFLINE\"")
            guard isOffline || register.value.equals("\"ONLINE\"") else { return nil }
            (start, toldAt) = (Timestamp(milliseconds: register.measure), register.time)
        }

        /// Of a snapshot, where an older program wrote no `status/R`.
        fileprivate init?(_ snapshot: SnapshotFacts) {
            guard let status = snapshot.status else { return nil }
            (toldAt, isOffline) = (snapshot.stamp.time, status.isOffline)
            start = min(status.since ?? .earliest, toldAt)
        }
    }

    private enum Fact: UInt8 { case presence, seen, snapshot, firstSeen, status }

    /// For how long after LOGOUT what is told of a status may be of the time before it: heartbeats go on for an hour.
    /// Source: AG agent-event-stream-model.
    private static let heartbeatsAfterLogout: Int64 = 65 * 60_000

    /// Ascending by name.
    private(set) var regions: [Region] = []
    private(set) var contacts: [SnapshotFacts.Contact] = []
    /// What ranges of ``SnapshotFacts`` lie in.
    private var texts = ByteBuffer()

    mutating func read(
        _ entity: EntityView, _ form: SnapshotFacts.Form, names: inout NamedRegisters, parser: JSONParser
    ) {
        names.begin(entity)
        for register in entity where !register.isTombstone {
            if let region = register.segment(after: "firstSeen/") {
                names.add(region, tag: Fact.firstSeen.rawValue, register)
            } else if let region = register.segment(after: "presence/") {
                names.add(region, tag: Fact.presence.rawValue, register)
            } else if let region = register.segment(after: "seen/") {
                names.add(region, tag: Fact.seen.rawValue, register)
            } else if let region = register.segment(after: "snapshot/") {
                names.add(region, tag: Fact.snapshot.rawValue, register)
            } else if let region = register.segment(after: "status/") {
                names.add(region, tag: Fact.status.rawValue, register)
            }
        }
        names.sort()

        regions.removeAll(keepingCapacity: true)
        contacts.removeAll(keepingCapacity: true)
        texts.removeAll()
        var at = 0
        while let group = names.nextGroup(&at) {
            var region = Region(name: names.entries[group.lowerBound].name)
            var presence: RegisterView?
            var status: ToldStatus?
            for entry in names.entries[group] {
                region.latest = max(region.latest ?? entry.register.time, entry.register.time)
                switch Fact(rawValue: entry.tag) {
                case .presence: presence = entry.register
                case .seen where entry.register.rule == .max:
                    region.lastSeen = Timestamp(milliseconds: entry.register.measure)
                case .snapshot:
                    region.snapshot = SnapshotFacts(
                        entry.register, region: region.name, form, parser: parser, contacts: &contacts, texts: &texts)
                case .status: status = ToldStatus(entry.register)
                case .seen, .firstSeen, nil: break
                }
            }
            status = status ?? region.snapshot.flatMap { ToldStatus($0) }
            (region.presence, region.isSignedIn) = AgentState.presence(presence, status)
            regions.append(region)
        }
    }

    /// A status that was told no earlier than the login or logout decides, unless it may be of the time before a logout: then it must have begun
    /// in a later second, for times may be of whole seconds, or be told when no heartbeat of that time can come any more. Without such a
    /// status a login is online. `docs/decisions/0059-presence-by-status-start.md` has what this rule was tried against.
    static func presence(_ said: RegisterView?, _ status: ToldStatus?) -> (Presence, isSignedIn: Bool?) {
        let isLogin = said?.value.equals("\"LOGIN\"") ?? false
        guard let said, isLogin || said.value.equals("\"LOGOUT\"") else {
            guard let status else { return (.unknown, nil) }
            return status.isOffline ? (.offline, nil) : (.online, true)
        }
        guard let status, status.toldAt >= said.time else { return isLogin ? (.online, true) : (.offline, false) }
        if isLogin { return (status.isOffline ? .offline : .online, true) }
        let isLater =
            second(status.start) > second(said.time)
            || status.toldAt.milliseconds &- said.time.milliseconds > heartbeatsAfterLogout
        return isLater && !status.isOffline ? (.online, true) : (.offline, false)
    }

    private static func second(_ time: Timestamp) -> Int64 {
        let quotient = time.milliseconds.quotientAndRemainder(dividingBy: 1000)
        return quotient.remainder < 0 ? quotient.quotient - 1 : quotient.quotient
    }

    // MARK: - Over all Regions

    var presence: Presence {
        var presence = Presence.unknown
        for region in regions {
            if region.presence == .online { return .online }
            if region.presence == .offline { presence = .offline }
        }
        return presence
    }

    /// Whether the agent is signed in anywhere; nil where no Region tells.
    private var isSignedIn: Bool? {
        let told = regions.lazy.compactMap(\.isSignedIn)
        return told.contains(true) ? true : told.first
    }

    /// The Region whose status is shown: the newest by the status's own start among those where the agent is online, else
    /// of all. Equal starts: the greater snapshot stamp, then the greater Region.
    var statusRegion: Region? {
        var newest: Region?
        for region in regions {
            guard let snapshot = region.snapshot, let status = snapshot.status else { continue }
            guard let other = newest, let otherSnapshot = other.snapshot, let otherStatus = otherSnapshot.status else {
                newest = region
                continue
            }
            let online = region.presence == .online
            if online != (other.presence == .online) {
                if online { newest = region }
                continue
            }
            let since = status.since ?? .earliest
            let otherSince = otherStatus.since ?? .earliest
            if since != otherSince {
                if since > otherSince { newest = region }
            } else if snapshot.stamp.compare(otherSnapshot.stamp) >= 0 {
                newest = region
            }
        }
        return newest
    }

    /// The newest snapshot that has what `condition` asks for, of the Regions where the agent is online, else of all; of equal
    /// stamps the one of the greater Region.
    func newestSnapshot(where condition: (SnapshotFacts) -> Bool) -> SnapshotFacts? {
        var newest: SnapshotFacts?
        var newestIsOnline = false
        for region in regions {
            guard let snapshot = region.snapshot, condition(snapshot) else { continue }
            let isOnline = region.presence == .online
            if let other = newest {
                if newestIsOnline != isOnline ? newestIsOnline : snapshot.stamp.compare(other.stamp) < 0 { continue }
            }
            newest = snapshot
            newestIsOnline = isOnline
        }
        return newest
    }

    // MARK: - Writing

    func append(to out: inout ByteBuffer) {
        out.append("{\"concurrency\":[")
        var first = true
        for region in regions where region.presence == .online {
            guard let slots = region.snapshot?.concurrency, !slots.isEmpty else { continue }
            if !first { out.append(",") }
            first = false
            out.append(text(slots))
        }
        let configuration = newestSnapshot { $0.hasConfiguration }
        out.append("],\"contacts\":[")
        first = true
        for region in regions where region.presence == .online { appendContacts(of: region, first: &first, to: &out) }
        out.append("],\"hierarchy\":[")
        out.append(text(configuration?.hierarchy))
        out.append("],\"lastSeen\":")
        var lastSeen: Timestamp?
        for region in regions {
            if let seen = region.lastSeen { lastSeen = max(seen, lastSeen ?? seen) }
        }
        out.appendOrNull(lastSeen)
        out.append(",\"nextStatus\":")
        let shown = statusRegion
        appendNextStatus(of: shown, to: &out)
        out.append(",\"presence\":")
        out.append(presence.json)
        out.append(",\"proficiencies\":[")
        out.append(text(configuration?.proficiencies))
        out.append("]")
        out.append(",\"regions\":{")
        first = true
        for region in regions {
            if !first { out.append(",") }
            first = false
            appendRegion(region, to: &out)
        }
        out.append("},\"regionsOnline\":[")
        first = true
        for region in regions where region.presence == .online {
            if !first { out.append(",") }
            first = false
            out.appendJSONString(region.name)
        }
        out.append("],\"routingProfile\":")
        if let snapshot = newestSnapshot(where: { $0.hasRoutingProfile }) {
            out.append("{\"arn\":")
            out.appendOrNull(snapshot.routingProfileARN)
            out.append(",\"name\":")
            out.appendOrNull(snapshot.routingProfileName)
            out.append("}")
        } else {
            out.append("null")
        }
        out.append(",\"signedIn\":")
        AgentState.append(isSignedIn, to: &out)
        out.append(",\"status\":")
        appendStatus(of: shown, to: &out)
        out.append(",\"username\":")
        out.appendOrNull(newestSnapshot { $0.username != nil }?.username)
        out.append("}")
    }

    private func appendRegion(_ region: Region, to out: inout ByteBuffer) {
        out.appendJSONString(region.name)
        out.append(":{\"concurrency\":[")
        out.append(text(region.snapshot?.concurrency))
        out.append("],\"contacts\":[")
        var first = true
        appendContacts(of: region, first: &first, to: &out)
        out.append("],\"lastSeen\":")
        out.appendOrNull(region.lastSeen)
        out.append(",\"nextStatus\":")
        appendNextStatus(of: region, to: &out)
        out.append(",\"presence\":")
        out.append(region.presence.json)
        out.append(",\"signedIn\":")
        AgentState.append(region.isSignedIn, to: &out)
        out.append(",\"status\":")
        appendStatus(of: region, to: &out)
        out.append("}")
    }

    private func appendStatus(of region: Region?, to out: inout ByteBuffer) {
        guard let region, let status = region.snapshot?.status else { return out.append("null") }
        out.append("{\"name\":")
        out.appendOrNull(status.name)
        out.append(",\"region\":")
        out.appendJSONString(region.name)
        out.append(",\"since\":")
        out.appendOrNull(status.since)
        out.append(",\"type\":")
        out.appendOrNull(status.type)
        out.append("}")
    }

    private func appendNextStatus(of region: Region?, to out: inout ByteBuffer) {
        guard let region, let next = region.snapshot?.nextStatus else { return out.append("null") }
        out.append("{\"name\":")
        out.appendOrNull(next.name)
        out.append(",\"region\":")
        out.appendJSONString(region.name)
        out.append(",\"since\":")
        out.appendOrNull(next.since)
        out.append("}")
    }

    private static func append(_ flag: Bool?, to out: inout ByteBuffer) {
        guard let flag else { return out.append("null") }
        out.append(flag ? "true" : "false")
    }

    func text(_ range: Range<Int>?) -> ByteView {
        guard let range else { return StaticString("").view }
        return texts.bytes.slice(range.lowerBound, range.count)
    }

    private func appendContacts(of region: Region, first: inout Bool, to out: inout ByteBuffer) {
        guard let snapshot = region.snapshot else { return }
        for contact in contacts[snapshot.contacts] {
            if !first { out.append(",") }
            first = false
            out.append("{\"channel\":")
            out.appendOrNull(contact.channel)
            out.append(",\"contactId\":")
            out.appendOrNull(contact.id)
            out.append(",\"region\":")
            out.appendJSONString(region.name)
            out.append(",\"since\":")
            out.appendOrNull(contact.since)
            out.append(",\"state\":")
            out.appendOrNull(contact.state)
            out.append("}")
        }
    }
}
