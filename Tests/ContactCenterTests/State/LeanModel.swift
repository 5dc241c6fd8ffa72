import Foundation

/// What a row shows, by what `converge show` prints of it: written as `docs/reading-state.md` words it, and knowing nothing of registers.
enum LeanModel {
    typealias Members = [String: Any]

    /// `state`: the whole projection. Without what it does not tell: `at` of contacts and flows, and names that were deleted.
    static func lean(_ kind: String, id: String, _ state: Members) -> Members {
        switch kind {
        case "agent": agent(state)
        case "contact": contact(id, state)
        case "customer": customer(state)
        case "flow": flow(state)
        case "queue", "session":
            clean(["fields": state["fields"], "region": state["region"], "at": milliseconds(state["updatedAt"])])
        case "volume":
            clean([
                "minutes": state["minutes"], "starts": (state["minutes"] as? [Any])?.isEmpty == false ? state["starts"] : nil,
            ])
        case "alias": clean(["contacts": state["contacts"], "customers": state["customers"]])
        default: clean(state)
        }
    }

    /// Without nulls, empty lists and empty objects.
    static func clean(_ members: [String: Any?]) -> Members {
        members.compactMapValues { value in
            switch value {
            case nil, is NSNull: nil
            case let list as [Any] where list.isEmpty: nil
            case let object as Members where object.isEmpty: nil
            default: value
            }
        }
    }

    static func milliseconds(_ time: Any?) -> Int? {
        guard let text = time as? String else { return nil }
        let format = ISO8601DateFormatter()
        format.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return format.date(from: text).map { Int(($0.timeIntervalSince1970 * 1000).rounded()) }
    }

    private static func list(_ value: Any?) -> [Members] { value as? [Members] ?? [] }

    /// Some members of an object, times as numbers.
    private static func some(_ value: Any?, _ names: String..., times: [String] = []) -> Members? {
        guard let told = value as? Members else { return nil }
        var some: [String: Any?] = [:]
        for name in names { some[name] = told[name] }
        for name in times { some[name] = milliseconds(told[name]) }
        return clean(some)
    }

    // MARK: - Kinds

    private static func agent(_ state: Members) -> Members {
        func name(_ value: Any?) -> Any? {
            let told = value as? Members
            return told?["name"] is NSNull ? told?["arn"] : told?["name"]
        }
        let regions = (state["regions"] as? [String: Members] ?? [:]).mapValues { region(clean($0)) }
        let levels = list(state["hierarchy"]).map { ("\($0["level"] ?? "")", name($0)) }
        return clean([
            "at": milliseconds(state["lastSeen"]), "username": state["username"],
            "routingProfile": name(state["routingProfile"]), "regions": regions,
            "hierarchy": clean(Dictionary(uniqueKeysWithValues: levels)),
        ])
    }

    private static func region(_ told: Members) -> Members {
        let presence = told["presence"] as? String
        var status = some(told["status"], "name", "type", times: ["since"])
        if presence == "offline", status?["type"] as? String == "OFFLINE" { status?["type"] = nil }
        var slots: Members = [:]
        for channel in list(told["concurrency"]) where presence == "online" {
            guard let name = channel["channel"] as? String, slots[name] == nil else { continue }
            slots[name] = channel["available"]
        }
        let contacts = list(told["contacts"]).map {
            clean(["channel": $0["channel"], "id": $0["contactId"], "state": $0["state"], "since": milliseconds($0["since"])])
        }
        return clean([
            "at": milliseconds(told["lastSeen"]), "contacts": contacts, "slots": clean(slots), "status": status,
            "nextStatus": some(told["nextStatus"], "name", times: ["since"]),
            "presence": presence == "unknown" ? nil : presence,
            "signedIn": presence != "online" && told["signedIn"] as? Bool == true ? true : nil,
        ])
    }

    private static func contact(_ id: String, _ state: Members) -> Members {
        var lean: [String: Any?] = [:]
        for name in [
            "answeringMachineStatus", "attributes", "campaignId", "categories", "channel", "customerId",
            "disconnectReason", "initiationMethod", "nextContactId", "originRegion", "phase", "previousContactId",
            "queueSeconds", "queueType", "relatedContactId", "rules", "segmentAttributes", "trafficDistributionGroupId",
        ] { lean[name] = state[name] }
        if state["initialContactId"] as? String != id { lean["initialContactId"] = state["initialContactId"] }
        if state["activeRegion"] as? String != state["originRegion"] as? String { lean["activeRegion"] = state["activeRegion"] }
        for name in ["attributes", "segmentAttributes"] { lean[name] = clean(state[name] as? Members ?? [:]) }
        let segment = lean["segmentAttributes"] as? Members ?? [:]
        lean["segmentAttributes"] = segment.filter { !$0.key.hasPrefix("connect:") }
        let subtype = (segment["connect:Subtype"] as? String)?.replacing("connect:", with: "", maxReplacements: 1)
        let usual = ["CHAT": "Chat", "EMAIL": "Email", "TASK": "Task", "VOICE": "Telephony"][state["channel"] as? String ?? ""]
        if subtype != usual { lean["subtype"] = subtype }
        lean["tags"] = clean(state["tags"] as? Members ?? [:]).filter { !$0.key.hasPrefix("aws:") }
        lean["analysis"] = some(state["analysis"], "reason", "state", times: ["at"])
        lean["sentiment"] = some(state["sentiment"], "role", "sentiment")
        for name in ["customerEndpoint", "systemEndpoint", "transferredToEndpoint"] {
            var endpoint = some(state[name], "address", "type")
            if endpoint?["type"] as? String == "TELEPHONE_NUMBER" { endpoint?["type"] = nil }
            lean[name] = endpoint
        }
        for name in ["recordUpdatedAt", "scheduledAt"] { lean[name] = milliseconds(state[name]) }
        var milestones = (state["milestones"] as? Members ?? [:]).compactMapValues { milliseconds($0) }
        if milestones["CONNECTED_TO_AGENT"] == nil {
            milestones["CONNECTED_TO_AGENT"] = milliseconds(state["connectedToAgentAt"])
        }
        lean["milestones"] = milestones

        var work = clean(state["agentWork"] as? Members ?? [:]).filter { !$0.key.hasSuffix("At") }
        if work["holds"] as? Int == 0 {
            work = work.filter { $0.key == "holds" || !$0.key.lowercased().contains("hold") || $0.value as? Int != 0 }
        }
        lean["agentWork"] = work

        let queue = clean(state["queue"] as? Members ?? [:])
        let agent = clean(state["agent"] as? Members ?? [:])
        let arn = (queue["arn"] as? String ?? "").split(separator: ":", omittingEmptySubsequences: false)
        var instance: String?
        if let id = agent["id"] as? String {
            instance = id.split(separator: "/").prefix(2).joined(separator: "/")
        } else if arn.count == 6 {
            instance = "\(arn[4])/\(arn[5].split(separator: "/")[1])"
        }
        func own(_ id: Any?) -> Any? {
            guard let id = id as? String, let instance, id.hasPrefix(instance + "/") else { return id }
            return String(id.dropFirst(instance.count + 1))
        }
        lean["instance"] = instance
        lean["agent"] = clean(["id": own(agent["id"]), "username": agent["username"]])
        lean["offeredTo"] = list(state["offeredTo"]).map {
            clean(["id": own($0["id"]), "state": $0["state"], "username": $0["username"]])
        }
        if arn.count == 6, let instance, arn[5].hasPrefix("instance/\(instance.split(separator: "/")[1])/queue/") {
            lean["queue"] = clean(["id": String(arn[5].split(separator: "/", maxSplits: 3)[3]), "name": queue["name"]])
        } else {
            lean["queue"] = queue
        }
        return clean(lean)
    }

    private static func customer(_ state: Members) -> Members {
        let last = some(state["lastContact"], "agentId", "contactId", times: ["at"])
        let others = (state["contacts"] as? [String] ?? []).filter { $0 != last?["contactId"] as? String }
        return clean([
            "authentication": state["authentication"], "fields": state["fields"], "lastContact": last,
            "contacts": Array(others.prefix(8)), "leftOut": others.count > 8 ? ["contacts"] : [], "region": state["region"],
            "at": milliseconds(state["updatedAt"]),
        ])
    }

    private static func flow(_ state: Members) -> Members {
        clean([
            "flowId": state["flowId"], "flowName": state["flowName"], "stack": state["stack"], "variables": state["variables"],
            "position": some(state["position"], "identifier", "module", times: ["at"]),
        ])
    }
}

/// Rows of one entity read together, as `docs/reading-state.md` has it.
enum LeanReader {
    typealias Members = [String: Any]

    static let parts = ["authentication", "fields", "milestones", "regions", "variables"]

    static let lists = ["agents", "contacts", "leftOut"]

    private static func order(_ state: Members) -> (Int, Int) {
        (state["recordUpdatedAt"] as? Int ?? 0, state["at"] as? Int ?? 0)
    }

    static func merge(_ states: [Members]) -> Members {
        var merged: Members = [:]
        for row in states.sorted(by: { order($0) < order($1) }) {
            for path in row["deleted"] as? [String] ?? [] {
                let names = path.split(separator: "/", maxSplits: 1).map { String($0) }
                guard names.count == 2, var part = merged[names[0]] as? Members else { continue }
                part[names[1]] = nil
                merged[names[0]] = part
            }
            for (name, value) in row {
                if lists.contains(name), let below = merged[name] as? [String], let above = value as? [String] {
                    merged[name] = above + below.filter { !above.contains($0) }
                } else if parts.contains(name), let below = merged[name] as? Members, let above = value as? Members {
                    merged[name] = below.merging(above) { $1 }
                } else {
                    merged[name] = value
                }
            }
        }
        return merged
    }

    /// The newest status of those Regions where the agent is online, else of all.
    static func status(_ agent: Members) -> (region: String, name: String?)? {
        let regions = agent["regions"] as? [String: Members] ?? [:]
        let online = regions.filter { $0.value["presence"] as? String == "online" }
        func since(_ region: Members) -> Int { (region["status"] as? Members)?["since"] as? Int ?? 0 }
        let told = (online.values.contains { $0["status"] != nil } ? online : regions).filter { $0.value["status"] != nil }
        return told.max { (since($0.value), $0.key) < (since($1.value), $1.key) }.map {
            ($0.key, ($0.value["status"] as? Members)?["name"] as? String)
        }
    }
}
