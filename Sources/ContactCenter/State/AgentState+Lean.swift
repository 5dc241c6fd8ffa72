import JSON
import Lattice
import Platform

/// An agent as a row shows it: what each Region tells, and of the configuration what people call things by. Over all Regions a reader decides.
extension AgentState {
    func appendLean(to out: inout ByteBuffer) {
        out.append(UInt8(ascii: "{"))
        let configuration = newestSnapshot { $0.hasConfiguration }
        out.appendLean("at", regions.lazy.compactMap(\.latest).max())
        out.appendLeanObject("hierarchy") { $0.append(text(configuration?.hierarchy)) }
        out.appendLeanObject("regions") { out in
            for region in regions where !region.name.isEmpty {
                out.appendLeanComma()
                out.appendJSONString(region.name)
                out.append(":{")
                appendLean(region, to: &out)
                out.append(UInt8(ascii: "}"))
            }
        }
        let profile = newestSnapshot { $0.hasRoutingProfile }
        out.appendLean("routingProfile", profile?.routingProfileName ?? profile?.routingProfileARN)
        out.appendLean("username", newestSnapshot { $0.username != nil }?.username)
        out.append(UInt8(ascii: "}"))
    }

    private func appendLean(_ region: Region, to out: inout ByteBuffer) {
        let isOnline = region.presence == .online
        out.appendLean("at", region.latest)
        if let snapshot = region.snapshot, !snapshot.contacts.isEmpty {
            out.appendLeanList("contacts") { out in
                for contact in contacts[snapshot.contacts] {
                    out.appendLeanElement { out in
                        out.appendLean("channel", contact.channel)
                        out.appendLean("id", contact.id)
                        out.appendLean("since", contact.since)
                        out.appendLean("state", contact.state)
                    }
                }
            }
        }
        if let next = region.snapshot?.nextStatus {
            out.appendLeanObject("nextStatus") { out in
                out.appendLean("name", next.name)
                out.appendLean("since", next.since)
            }
        }
        if region.presence != .unknown { out.appendLean("presence", region.presence.json.view) }
        // Who is online is signed in, and who is offline is not as a rule.
        if !isOnline, region.isSignedIn == true { out.appendLean("signedIn", StaticString("true").view) }
        if isOnline { out.appendLeanObject("slots") { $0.append(text(region.snapshot?.concurrency)) } }
        if let status = region.snapshot?.status {
            out.appendLeanObject("status") { out in
                out.appendLean("name", status.name)
                out.appendLean("since", status.since)
                // That an offline agent's status is OFFLINE goes without saying.
                if region.presence != .offline || !status.isOffline { out.appendLean("type", status.type) }
            }
        }
    }
}

extension SnapshotFacts {
    /// How a snapshot's lists are told: as whole objects, or as a row shows them.
    enum Form { case whole, lean }

    /// Channels of which slots are shown: Connect has five.
    private static let channelsMax = 16

    /// `"CHAT":2,"VOICE":0`, of each channel once: how many are free. How many there are is the routing profile's.
    static func appendSlots(of routingProfile: JSONValue?, to out: inout ByteBuffer) -> Range<Int> {
        let start = out.count
        guard let list = routingProfile?.member("Concurrency"), list.isArray else { return start..<start }
        for (index, slots) in list.elements.prefix(channelsMax).enumerated() {
            guard let channel = slots.member("Channel")?.toldText,
                !list.elements.prefix(index).contains(where: { $0.member("Channel")?.toldText?.equals(channel) ?? false })
            else { continue }
            guard let free = slots.member("AvailableSlots")?.toldNumber, free.isLeanNumber else { continue }
            if out.count > start { out.append(UInt8(ascii: ",")) }
            out.append(channel)
            out.append(UInt8(ascii: ":"))
            out.append(free)
        }
        return start..<out.count
    }
}
