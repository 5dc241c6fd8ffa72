import FailoverCore
import JSON
import Platform

/// How values of the control table are spelled: JSON that people can read in the console of DynamoDB. What is written by people or grows with the evidence is
/// cut to a bound. Members that a reader does not know are passed over; a word that it does not know makes the whole value unreadable.
enum ControlCoding {
    /// Bytes of a sentence, or of a name; a longer one ends in `…`.
    static let sentenceBytesMax = 500
    /// Lines of an entry of the history; more of them are counted in the last one.
    static let linesMax = 32

    static func text(_ members: (inout JSONWriter) -> Void) -> String {
        var json = JSONWriter()
        json.object(members)
        return json.buffer.bytes.text
    }

    static func intent(_ intent: Intent) -> String {
        text { json in
            json.member("actor", intent.actor)
            json.member("author", cut(intent.author))
            json.member("cause", intent.cause.rawValue)
            write("evidence", bounded(intent.evidence, Intent.evidenceMax), to: &json)
            write("groups", intent.groups, to: &json)
            if let plan = intent.plan { json.member("plan", plan) }
            json.member("proposedAt", intent.proposedAt)
            json.member("term", intent.term)
            json.member("token", intent.token)
        }
    }

    static func mark(_ mark: ActingMark) -> String {
        text { json in
            json.member("controller", mark.controller)
            json.member("state", mark.state.rawValue)
            json.member("term", mark.term)
            json.member("token", mark.token)
        }
    }

    static func verdict(_ verdict: SelfVerdict) -> String {
        text { json in
            json.member("controller", verdict.controller)
            json.member("counter", verdict.counter)
            if verdict.doubtsPeer { json.member("doubtsPeer", true) }
            json.member("evidence", cut(verdict.evidence))
            json.member("outlook", cut(verdict.outlook))
            json.member("region", verdict.region)
            json.member("state", verdict.state.rawValue)
        }
    }

    static func hold(_ hold: Words.Hold) -> String {
        text { json in
            json.member("at", hold.at)
            json.member("by", cut(hold.by))
            json.member("why", cut(hold.why))
        }
    }

    static func proposal(_ proposal: Words.Proposal) -> String {
        text { json in
            json.member("actor", proposal.actor)
            json.member("after", proposal.after)
            json.member("at", proposal.at)
            json.member("controller", proposal.controller)
            write("evidence", bounded(proposal.evidence, Intent.evidenceMax), to: &json)
            write("groups", proposal.groups, to: &json)
            json.member("id", proposal.id)
        }
    }

    static func approval(_ approval: Words.Approval) -> String {
        text { json in
            json.member("by", cut(approval.by))
            json.member("isYes", approval.isYes)
            json.member("proposal", approval.proposal)
        }
    }

    static func plan(_ plan: ReturnPlan) -> String {
        text { json in
            json.member("after", plan.after)
            json.member("by", cut(plan.by))
            json.member("evidence", cut(plan.evidence))
            write("goal", plan.goal, to: &json)
            json.member("holdMilliseconds", plan.holdMilliseconds)
            json.member("id", plan.id)
            json.member("region", plan.region)
            json.member("state", plan.state.rawValue)
            json.member("step", plan.step)
        }
    }

    static func drill(_ record: DrillRecord) -> String {
        text { json in
            json.member("at", record.at)
            json.member("by", record.by)
            json.member("schedule", record.schedule)
            switch record.outcome {
            case .watched: break
            case .begun(let term): json.member("term", term)
            case .notRun(let why): json.member("why", cut(why))
            }
        }
    }

    static func entry(_ entry: JournalEntry) -> String {
        text { json in
            json.member("at", entry.at)
            json.member("author", cut(entry.author))
            json.member("kind", entry.kind.rawValue)
            write("lines", bounded(entry.lines, linesMax), to: &json)
            json.member("term", entry.term)
        }
    }

    // MARK: - Parts

    private static func write(_ name: StaticString, _ sentences: [String], to json: inout JSONWriter) {
        json.array(name) { json in
            for sentence in sentences { json.string(sentence) }
        }
    }

    private static func write(_ name: StaticString, _ groups: [GroupShares], to json: inout JSONWriter) {
        json.array(name) { json in
            for group in groups {
                json.object { json in
                    json.object("agents") { write(group.shares.agents, to: &$0) { $0.integer(Int64($1)) } }
                    json.member("group", group.group)
                    json.object("signIn") { write(group.shares.signIn, to: &$0) { $0.bool($1) } }
                    json.object("telephony") { write(group.shares.telephony, to: &$0) { $0.integer(Int64($1)) } }
                }
            }
        }
    }

    private static func write<Value>(
        _ byRegion: [String: Value], to json: inout JSONWriter, _ value: (inout JSONWriter, Value) -> Void
    ) {
        for (region, share) in byRegion.sorted(by: { $0.key < $1.key }) {
            json.key(region)
            value(&json, share)
        }
    }

    /// The first of them, each cut; those that are left out are counted in the last one.
    static func bounded(_ sentences: [String], _ most: Int) -> [String] {
        guard sentences.count > most else { return sentences.map(cut) }
        return sentences.prefix(most - 1).map(cut) + ["and \(sentences.count - most + 1) more"]
    }

    static func cut(_ sentence: String) -> String {
        guard sentence.utf8.count > sentenceBytesMax else { return sentence }
        var kept = ""
        var bytes = 0
        for character in sentence {
            bytes += character.utf8.count
            if bytes > sentenceBytesMax - 3 { break }
            kept.append(character)
        }
        return kept + "…"
    }
}
