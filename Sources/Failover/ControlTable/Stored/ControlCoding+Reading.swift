import FailoverCore
import JSON
import Platform

/// The other way round. Nil where the value lacks something, or says something that this version does not know.
extension ControlCoding {
    private static func read<Value>(_ text: String, _ body: (JSONValue) -> Value?) -> Value? {
        let parser = JSONParser()
        return withExtendedLifetime(parser) {
            Array(text.utf8).withUnsafeBytes { bytes in
                guard let root = try? parser.parse(ByteView(bytes)).root else { return nil }
                return body(root)
            }
        }
    }

    static func intent(_ text: String) -> Intent? {
        read(text) { json in
            guard let term = json.integer("term"), let groups = groups(json, "groups"),
                let cause = json.text("cause").flatMap(Intent.Cause.init), let author = json.text("author"),
                let actor = json.text("actor"), let token = json.text("token"), let proposedAt = json.integer("proposedAt")
            else { return nil }
            return Intent(
                term: term, groups: groups, cause: cause, author: author, actor: actor, evidence: sentences(json, "evidence"),
                token: token, proposedAt: proposedAt, plan: json.text("plan"))
        }
    }

    static func mark(_ text: String) -> ActingMark? {
        read(text) { json in
            guard let term = json.integer("term"), let controller = json.text("controller"), let token = json.text("token"),
                let state = json.text("state").flatMap(ActingMark.State.init)
            else { return nil }
            return ActingMark(term: term, controller: controller, token: token, state: state)
        }
    }

    static func verdict(_ text: String) -> SelfVerdict? {
        read(text) { json in
            guard let region = json.text("region"), let controller = json.text("controller"),
                let counter = json.integer("counter"),
                let state = json.text("state").flatMap(SignalState.init), let evidence = json.text("evidence")
            else { return nil }
            return SelfVerdict(
                region: region, controller: controller, counter: counter, state: state, evidence: evidence,
                outlook: json.text("outlook") ?? "", doubtsPeer: json.bool("doubtsPeer") ?? false)
        }
    }

    static func hold(_ text: String) -> Words.Hold? {
        read(text) { json in
            guard let by = json.text("by"), let why = json.text("why"), let at = json.integer("at") else { return nil }
            return Words.Hold(by: by, why: why, at: at)
        }
    }

    static func proposal(_ text: String) -> Words.Proposal? {
        read(text) { json in
            guard let id = json.text("id"), let controller = json.text("controller"), let groups = groups(json, "groups"),
                let actor = json.text("actor"), let at = json.integer("at"), let after = json.integer("after")
            else { return nil }
            return Words.Proposal(
                id: id, controller: controller, groups: groups, actor: actor, evidence: sentences(json, "evidence"), at: at,
                after: after)
        }
    }

    static func approval(_ text: String) -> Words.Approval? {
        read(text) { json in
            guard let proposal = json.text("proposal"), let by = json.text("by"), let isYes = json.bool("isYes") else {
                return nil
            }
            return Words.Approval(proposal: proposal, by: by, isYes: isYes)
        }
    }

    static func plan(_ text: String) -> ReturnPlan? {
        read(text) { json in
            guard let id = json.text("id"), let by = json.text("by"), let region = json.text("region"),
                let goal = groups(json, "goal"), let step = json.integer("step"), let hold = json.integer("holdMilliseconds"),
                let state = json.text("state").flatMap(ReturnPlan.State.init), let evidence = json.text("evidence"),
                let after = json.integer("after")
            else { return nil }
            return ReturnPlan(
                id: id, by: by, region: region, goal: goal, step: Int(step), holdMilliseconds: hold, state: state,
                evidence: evidence, after: after)
        }
    }

    static func drill(_ text: String) -> DrillRecord? {
        read(text) { json in
            guard let schedule = json.text("schedule"), let at = json.integer("at"), let by = json.text("by") else {
                return nil
            }
            let begun = json.integer("term").map { DrillRecord.Outcome.begun(term: $0) }
            let outcome = begun ?? json.text("why").map { .notRun($0) } ?? .watched
            return DrillRecord(schedule: schedule, at: at, outcome: outcome, by: by)
        }
    }

    static func entry(_ text: String) -> JournalEntry? {
        read(text) { json in
            guard let kind = json.text("kind").flatMap(JournalEntry.Kind.init), let term = json.integer("term"),
                let author = json.text("author"), let at = json.integer("at")
            else { return nil }
            return JournalEntry(kind: kind, term: term, author: author, at: at, lines: sentences(json, "lines"))
        }
    }

    // MARK: - Parts

    private static func sentences(_ json: JSONValue, _ name: StaticString) -> [String] {
        json.member(name).map { $0.elements.compactMap(\.text) } ?? []
    }

    private static func groups(_ json: JSONValue, _ name: StaticString) -> [GroupShares]? {
        guard let array = json.member(name), array.isArray else { return nil }
        var groups: [GroupShares] = []
        for element in array.elements {
            guard let group = element.text("group"), let telephony = byRegion(element, "telephony", \.integer),
                let agents = byRegion(element, "agents", \.integer), let signIn = byRegion(element, "signIn", \.bool)
            else { return nil }
            groups.append(
                GroupShares(
                    group: group,
                    shares: Shares(telephony: telephony.mapValues(Int.init), agents: agents.mapValues(Int.init), signIn: signIn)
                ))
        }
        return groups
    }

    private static func byRegion<Value>(
        _ json: JSONValue, _ name: StaticString, _ value: (JSONValue) -> Value?
    ) -> [String: Value]? {
        guard let object = json.member(name), object.isObject else { return nil }
        var found: [String: Value] = [:]
        for (region, share) in object.members {
            guard let share = value(share) else { return nil }
            found[region.text] = share
        }
        return found
    }
}

extension JSONValue {
    fileprivate func integer(_ name: StaticString) -> Int64? { member(name)?.integer }

    fileprivate func bool(_ name: StaticString) -> Bool? { member(name)?.bool }

    fileprivate var bool: Bool? {
        switch kind {
        case .true: true
        case .false: false
        default: nil
        }
    }
}
