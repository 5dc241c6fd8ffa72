import Failover
import FailoverCore
import JSON
import Platform

// What is known of a failover as JSON: a command's, and a route's.

/// What stands behind the last slash of an ARN.
package func tail(_ arn: String) -> String { arn.split(separator: "/").last.map(String.init) ?? arn }

/// For people.
package func time(_ milliseconds: Int64) -> String { "\(Timestamp(milliseconds: milliseconds))" }

extension GroupView.Status {
    package var text: String {
        switch self {
        case .active: "active"
        case .updating: "updating"
        case .unusable(let status): status
        }
    }
}

extension ControlView {
    /// `verdict`: adds to what is written of a controller.
    package func write(to json: inout JSONWriter, _ verdict: (SelfVerdict, inout JSONWriter) -> Void = { _, _ in }) {
        json.object { json in
            json.member("acknowledgedTerm", words.acknowledgedTerm)
            json.array("drills") { json in for record in words.drills { record.write(to: &json) } }
            json.key("hold")
            if let hold = words.hold {
                json.object { json in
                    json.member("at", time(hold.at))
                    json.member("by", hold.by)
                    json.member("why", hold.why)
                }
            } else {
                json.null()
            }
            json.member("heldBy", words.hold?.by)
            if let newest {
                json.key("newest")
                newest.write(to: &json)
            }
            if let plan = words.plan {
                json.object("plan") { json in
                    json.member("by", plan.by)
                    json.member("evidence", plan.evidence)
                    json.array("goal") { json in for group in plan.goal { group.write(to: &json) } }
                    json.member("holdMs", plan.holdMilliseconds)
                    json.member("region", plan.region)
                    json.member("state", plan.state.rawValue)
                    json.member("step", plan.step)
                    if plan.state == .running, let newest {
                        json.array("steps") { json in
                            for step in plan.steps(from: newest.groups) {
                                json.array { json in for group in step { group.write(to: &json) } }
                            }
                        }
                    }
                }
            }
            json.member("proposal", words.proposal?.id)
            json.key("proposed")
            // What nobody has answered, and no newer term has made void.
            if let proposal = words.proposal, words.approval?.proposal != proposal.id, proposal.after == newest?.term ?? 0 {
                proposal.write(to: &json)
            } else {
                json.null()
            }
            json.member("state", newest.flatMap { mark(of: $0.term) }?.state.rawValue)
            json.array("verdicts") { json in
                for each in verdicts {
                    json.object { json in
                        json.member("controller", each.controller)
                        json.member("evidence", each.evidence)
                        verdict(each, &json)
                        json.member("outlook", each.outlook)
                        json.member("region", each.region)
                        json.member("state", each.state.rawValue)
                    }
                }
            }
        }
    }
}

extension GroupView {
    /// What is in force.
    package func write(to json: inout JSONWriter) {
        GroupShares(group: group, shares: shares).write(to: &json, status: status.text)
    }
}

extension JournalEntry {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("at", time(at))
            json.member("author", author)
            json.member("kind", kind.rawValue)
            json.array("lines") { json in for line in lines { json.string(line) } }
            json.member("term", term)
        }
    }
}

extension DrillRecord {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("at", time(at))
            json.member("schedule", schedule)
            switch outcome {
            case .watched: json.member("outcome", "watched")
            case .begun(let term):
                json.member("outcome", "begun")
                json.member("term", term)
            case .notRun(let why):
                json.member("outcome", "not-run")
                json.member("why", why)
            }
        }
    }
}

extension Intent {
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("actor", actor)
            json.member("author", author)
            json.member("cause", cause.rawValue)
            json.key("evidence")
            json.array { json in for line in evidence { json.string(line) } }
            json.key("groups")
            json.array { json in for group in groups { group.write(to: &json) } }
            json.member("proposedAt", time(proposedAt))
            json.member("term", term)
        }
    }
}

extension GroupShares {
    package func write(to json: inout JSONWriter, status: String? = nil) {
        func split(_ name: StaticString, _ shares: [String: Int], _ json: inout JSONWriter) {
            json.key(name)
            json.object { json in
                for (region, share) in shares.sorted(by: { $0.key < $1.key }) {
                    json.key(region)
                    json.integer(Int64(share))
                }
            }
        }
        json.object { json in
            split("agents", shares.agents, &json)
            json.member("group", group)
            if !shares.signIn.isEmpty {
                json.key("signIn")
                json.array { json in for region in shares.signIn.filter(\.value).keys.sorted() { json.string(region) } }
            }
            if let status { json.member("status", status) }
            split("telephony", shares.telephony, &json)
        }
    }
}

extension Words.Proposal {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("actor", actor)
            json.member("at", time(at))
            json.member("controller", controller)
            json.array("evidence") { json in for line in evidence { json.string(line) } }
            json.array("groups") { json in for group in groups { group.write(to: &json) } }
            json.member("id", id)
        }
    }
}

extension FailoverDesk.TermSummary {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("actor", intent.actor)
            json.member("at", time(intent.proposedAt))
            json.member("author", intent.author)
            json.member("cause", intent.cause.rawValue)
            json.array("groups") { json in for group in intent.groups { group.write(to: &json) } }
            json.member("isDrill", isDrill)
            json.member("state", state?.rawValue)
            json.key("tookMs")
            if let took { json.integer(took) } else { json.null() }
            json.member("term", intent.term)
        }
    }
}

extension FailoverStatus {
    /// What the controller of this process thinks: of both Regions, and which rules hold a move back.
    func writeThinking(to json: inout JSONWriter) {
        json.object { json in
            json.member("controller", identity.name)
            json.key("evaluation")
            if let evaluation {
                json.object { json in
                    json.member("heldBackBy", evaluation.heldBackBy?.rule.rawValue)
                    json.object("regions") { json in
                        for diagnosis in [evaluation.own, evaluation.peer].sorted(by: { $0.region < $1.region }) {
                            json.key(diagnosis.region)
                            json.object { json in
                                json.array("complaints") { json in
                                    for entry in diagnosis.complaints { json.string(entry.signal.evidence) }
                                }
                                json.member("state", diagnosis.state.rawValue)
                            }
                        }
                    }
                    json.array("rules") { json in
                        for finding in evaluation.findings {
                            json.object { json in
                                json.member("holds", finding.holds)
                                json.member("rule", finding.rule.rawValue)
                                json.member("says", finding.says)
                            }
                        }
                    }
                }
            } else {
                json.null()
            }
            json.key("gates")
            if let gates {
                json.object { json in
                    json.member("areOpen", gates.areOpen)
                    json.member("bad", gates.bad)
                    json.array("says") { json in for line in gates.says { json.string(line) } }
                }
            } else {
                json.null()
            }
            json.member("phase", phase.text)
        }
    }
}

extension FailoverStatus.Phase {
    /// For people.
    fileprivate var text: String {
        switch self {
        case .blind: "blind: the control table was not read, or too long ago; nothing is done"
        case .watching: "watching"
        case .dwelling(let milliseconds): "every rule calls for a move, for \(milliseconds / 1000) s; waiting whether it lasts"
        case .asking: "asking the cause again"
        case .awaiting: "waiting for a person's yes"
        case .spent: "would have moved, and must or may not"
        case .carryingOut(let term): "carrying out term \(term)"
        }
    }
}
