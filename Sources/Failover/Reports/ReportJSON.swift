import FailoverCore
import JSON

extension FailoverReport {
    /// One object and a line break. Times are RFC 3339 in UTC; what is not known is null, and says why beside it.
    package var json: String {
        jsonLine { json in
            json.member("author", intent.author)
            json.member("cause", intent.cause.rawValue)
            json.member("gaining", gaining)
            json.array("groups") { json in for change in changes { json.object { change.write(&$0) } } }
            json.member("kind", kind.rawValue)
            json.key("landing")
            if let landing { json.object { landing.write(&$0) } } else { json.null() }
            json.member("losing", losing)
            json.object("lostAtMost") { lostAtMost.write(&$0) }
            json.array("phases") { json in for phase in phases { json.object { phase.write(&$0) } } }
            json.member("plan", intent.plan)
            json.member("proposedAt", ReportText.time(intent.proposedAt))
            json.object("recovery") { recovery.write(&$0) }
            json.array("remarks") { json in for remark in remarks { json.string(remark) } }
            json.array("rules") { json in for rule in rules { json.string(rule) } }
            json.key("sequelTerm")
            if let sequel { json.integer(sequel.term) } else { json.null() }
            json.array("signals") { json in for signal in signals { json.string(signal) } }
            json.member("term", intent.term)
            json.array("timeline") { json in for entry in timeline { json.object { entry.write(&$0) } } }
        }
    }
}

extension FailoverReport.Change {
    fileprivate func write(_ json: inout JSONWriter) {
        json.object("after") { after.write(&$0) }
        json.key("before")
        if let before { json.object { before.write(&$0) } } else { json.null() }
        json.member("group", group)
    }
}

extension Shares {
    fileprivate func write(_ json: inout JSONWriter) {
        json.object("agents") { json in
            for (region, share) in agents.sorted(by: { $0.key < $1.key }) {
                json.key(region)
                json.integer(Int64(share))
            }
        }
        json.object("signIn") { json in
            for (region, isOn) in signIn.sorted(by: { $0.key < $1.key }) {
                json.key(region)
                json.bool(isOn)
            }
        }
        json.object("telephony") { json in
            for (region, share) in telephony.sorted(by: { $0.key < $1.key }) {
                json.key(region)
                json.integer(Int64(share))
            }
        }
    }
}

extension ReportPhase.Took {
    fileprivate func write(_ json: inout JSONWriter) {
        switch self {
        case .milliseconds(let milliseconds):
            json.member("milliseconds", milliseconds)
            json.member("state", "known")
        case .earlier(let milliseconds):
            json.member("earlierMilliseconds", milliseconds)
            json.key("milliseconds")
            json.null()
            json.member("state", "earlier")
        case .unknown(let why):
            json.key("milliseconds")
            json.null()
            json.member("state", "unknown")
            json.member("why", why)
        }
    }
}

extension ReportPhase {
    fileprivate func write(_ json: inout JSONWriter) {
        json.key("from")
        if let from { json.object { from.write(&$0) } } else { json.null() }
        json.member("name", name.rawValue)
        json.key("to")
        if let to { json.object { to.write(&$0) } } else { json.null() }
        json.object("took") { took.write(&$0) }
    }
}

extension ReportMoment {
    fileprivate func write(_ json: inout JSONWriter) {
        json.member("at", ReportText.time(at))
        json.member("clock", clock)
        json.member("says", says)
    }
}

extension Landing {
    fileprivate func write(_ json: inout JSONWriter) {
        func time(_ name: StaticString, _ time: Int64?, _ json: inout JSONWriter) {
            json.member(name, time.map(ReportText.time))
        }
        json.member("agentsBack", agentsBack)
        json.key("agentsBefore")
        if let agentsBefore { json.integer(Int64(agentsBefore)) } else { json.null() }
        time("began", began, &json)
        time("factBefore", factBefore, &json)
        time("factNewest", factNewest, &json)
        time("firstStart", firstStart, &json)
        time("half", half, &json)
        json.array("minutes") { json in
            for minute in minutes {
                json.object {
                    $0.member("gaining", minute.gaining)
                    $0.member("losing", minute.losing)
                    $0.member("start", ReportText.time(minute.start))
                }
            }
        }
        time("most", most, &json)
        time("readAt", readAt, &json)
        time("until", until, &json)
    }
}

extension JournalEntry {
    fileprivate func write(_ json: inout JSONWriter) {
        json.member("at", ReportText.time(at))
        json.member("author", author)
        json.member("kind", kind.rawValue)
        json.array("lines") { json in for line in lines { json.string(line) } }
    }
}
