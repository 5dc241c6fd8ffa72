import ContactCenter
import JSON
import Platform

/// Which of what is shown of an agent may be over: what was last seen of it, in all and in the Regions where it is shown as online.
struct AgentStaleness {
    private var lastSeen: Timestamp?
    private var online: [(region: String, lastSeen: Timestamp?)] = []

    /// Of an agent's projection.
    init(_ state: [UInt8]) {
        let found = Reading.look(state) { state in
            (
                state.member("lastSeen")?.text.flatMap { Timestamp($0) },
                state.member("regions").map { regions in
                    regions.members.filter { $1.text("presence") == "online" }.map { name, region in
                        (name.text, region.member("lastSeen")?.text.flatMap { Timestamp($0) })
                    }
                } ?? []
            )
        }
        (lastSeen, online) = found ?? (nil, [])
    }

    /// Writes `isStale` and `staleRegions`.
    func write(at now: Timestamp, to json: inout JSONWriter) {
        json.member("isStale", AgentFreshness.isStale(lastSeen: lastSeen, now: now))
        json.array("staleRegions") { json in
            for (region, lastSeen) in online where AgentFreshness.isStale(lastSeen: lastSeen, now: now) { json.string(region) }
        }
    }

    /// The times around `now` at which that is written so, in milliseconds since 1970.
    func span(around now: Timestamp) -> Range<Int64> {
        var (from, until) = (Int64.min, Int64.max)
        for seen in [lastSeen] + online.map(\.lastSeen) {
            guard let seen else { continue }
            let turns = seen.milliseconds + AgentFreshness.staleMilliseconds + 1
            if turns <= now.milliseconds { from = max(from, turns) } else { until = min(until, turns) }
        }
        return from..<until
    }
}
