import Bytes
import JSON
import Lattice

/// The projection of an agent: where they are online, in which status, with which contacts, by Region and over all.
///
/// Read, then written: ``read(_:names:parser:)`` takes the facts out of the registers, ``append(to:)`` decides and writes.
/// What was read is valid as long as the entity's bytes.
struct AgentState {
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
    private struct Region {
        let name: ByteView
        var presence = Presence.unknown
        var lastSeen: Timestamp?
        var snapshot: SnapshotFacts?
    }

    private enum Fact: UInt8 { case active, presence, seen, snapshot, firstSeen }

    /// Ascending by name.
    private var regions: [Region] = []
    private var contacts: [SnapshotFacts.Contact] = []

    mutating func read(_ entity: EntityView, names: inout NamedRegisters, parser: JSONParser) {
        names.begin(entity)
        for register in entity where !register.isTombstone {
            if let region = register.segment(after: "active/") {
                names.add(region, tag: Fact.active.rawValue, register)
            } else if let region = register.segment(after: "firstSeen/") {
                names.add(region, tag: Fact.firstSeen.rawValue, register)
            } else if let region = register.segment(after: "presence/") {
                names.add(region, tag: Fact.presence.rawValue, register)
            } else if let region = register.segment(after: "seen/") {
                names.add(region, tag: Fact.seen.rawValue, register)
            } else if let region = register.segment(after: "snapshot/") {
                names.add(region, tag: Fact.snapshot.rawValue, register)
            }
        }
        names.sort()

        regions.removeAll(keepingCapacity: true)
        contacts.removeAll(keepingCapacity: true)
        var at = 0
        while let group = names.nextGroup(&at) {
            var region = Region(name: names.entries[group.lowerBound].name)
            var active: RegisterView?
            var presence: RegisterView?
            for entry in names.entries[group] {
                switch Fact(rawValue: entry.tag) {
                case .active: active = entry.register
                case .presence: presence = entry.register
                case .seen where entry.register.rule == .max:
                    region.lastSeen = Timestamp(milliseconds: entry.register.measure)
                case .snapshot: region.snapshot = SnapshotFacts(entry.register, parser: parser, contacts: &contacts)
                case .seen, .firstSeen, nil: break
                }
            }
            region.presence = AgentState.presence(presence, active: active, status: region.snapshot?.status)
            regions.append(region)
        }
    }

    /// Online means that the newer of the login and the last active status is newer than the logout, so that a login which
    /// was lost heals at the next change of status. Without a login or logout the snapshot decides.
    private static func presence(
        _ presence: RegisterView?, active: RegisterView?, status: SnapshotFacts.Status?
    ) -> Presence {
        if let presence {
            if presence.value.equals("\"LOGIN\"") { return .online }
            if presence.value.equals("\"LOGOUT\"") {
                guard let active else { return .offline }
                return active.stamp.compare(presence.stamp) > 0 ? .online : .offline
            }
        }
        guard let status else { return .unknown }
        return status.isOffline ? .offline : .online
    }

    // MARK: - Over all Regions

    private var presence: Presence {
        var presence = Presence.unknown
        for region in regions {
            if region.presence == .online { return .online }
            if region.presence == .offline { presence = .offline }
        }
        return presence
    }

    /// The Region whose status is shown: the newest by the status's own start among those where the agent is online, else
    /// of all. Equal starts: the greater snapshot stamp, then the greater Region.
    private var statusRegion: Region? {
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
    private func newestSnapshot(where condition: (SnapshotFacts) -> Bool) -> SnapshotFacts? {
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
        out.append("{\"contacts\":[")
        var first = true
        for region in regions where region.presence == .online { appendContacts(of: region, first: &first, to: &out) }
        out.append("],\"lastSeen\":")
        var lastSeen: Timestamp?
        for region in regions {
            if let seen = region.lastSeen { lastSeen = max(seen, lastSeen ?? seen) }
        }
        out.appendOrNull(lastSeen)
        out.append(",\"presence\":")
        out.append(presence.json)
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
        out.append(",\"status\":")
        appendStatus(of: statusRegion, to: &out)
        out.append(",\"username\":")
        out.appendOrNull(newestSnapshot { $0.username != nil }?.username)
        out.append("}")
    }

    private func appendRegion(_ region: Region, to out: inout ByteBuffer) {
        out.appendJSONString(region.name)
        out.append(":{\"contacts\":[")
        var first = true
        appendContacts(of: region, first: &first, to: &out)
        out.append("],\"lastSeen\":")
        out.appendOrNull(region.lastSeen)
        out.append(",\"presence\":")
        out.append(region.presence.json)
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
