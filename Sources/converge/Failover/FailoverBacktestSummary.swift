import FailoverCore
import JSON
import Platform

/// What a backtest says, for people and for programs. Times are UTC.
struct FailoverBacktestSummary {
    let regions: [String]
    let reading: FailoverBacktestReading
    let report: BacktestReport
    let hasGlobalRouting: Bool
    let readSeconds: Double
    let judgedSeconds: Double

    // MARK: - Text

    var text: String {
        var out = "would have moved: \(times(report.count(.moved)))\n"
        for episode in report.episodes where episode.outcome == .moved { out += "  \(headline(episode))\n" }
        out += """
            near misses (all rules held, not for long enough): \(times(report.count(.nearMiss)))
            held back by a rule: \(times(report.count(.heldBack)))
            complaints that were not enough: \(times(report.count(.notEnough)))

            """
        for episode in report.episodes { out += "\n" + text(episode) }
        let untold = report.outcomes.values.reduce(0, +) - report.episodes.count
        if untold > 0 { out += "\n\(grouped(untold)) later episodes are counted above and not listed\n" }
        return out + "\n" + coverage + "\n" + grounds
    }

    private func headline(_ episode: BacktestEpisode) -> String {
        "\(time(episode.decidedAt ?? episode.began)): everything from \(episode.lost) to \(episode.target)"
    }

    private func text(_ episode: BacktestEpisode) -> String {
        let end = episode.isOpen ? "the end of the archive" : time(episode.ended)
        var out = "\(time(episode.began)) to \(end): \(episode.lost) complained of, \(word(episode.outcome))\n"
        var table = Table()
        for complaint in episode.complaints {
            table.add("  \(time(complaint.first))", complaint.source, complaint.evidence)
            if complaint.latest != complaint.evidence {
                table.add("  \(time(complaint.last))", "", "last: \(complaint.latest)")
            }
        }
        for dwell in episode.dwells {
            table.add("  \(time(dwell.began))", "suspected", "all rules held")
            if let ended = dwell.ended {
                table.add("  \(time(ended))", "cleared", "after \(seconds(ended - dwell.began)): \(dwell.why)")
            }
        }
        if episode.dwellCount > episode.dwells.count {
            table.add("", "suspected", "\(grouped(episode.dwellCount - episode.dwells.count)) more times")
        }
        for hold in episode.holds {
            table.add(
                "  \(time(hold.first))", "held back", "for \(seconds(hold.milliseconds)) by \(hold.rule.rawValue): \(hold.says)"
            )
        }
        if let decided = episode.decidedAt {
            table.add("  \(time(decided))", "decided", "\(seconds(decided - episode.began)) after the first complaint")
            for line in episode.evidence { table.add("", "", line) }
        }
        if let moved = episode.movedAt { table.add("  \(time(moved))", "moved", "everything to \(episode.target)") }
        out += table.text
        return out
    }

    private func word(_ outcome: BacktestEpisode.Outcome) -> String {
        switch outcome {
        case .moved: "would have moved"
        case .nearMiss: "a near miss"
        case .heldBack: "held back"
        case .notEnough: "not enough to move"
        }
    }

    private var coverage: String {
        var table = Table(header: ["of the time", regions[0], regions[1]], rightAligned: [1, 2])
        func row(_ name: String, _ part: (BacktestReport.Coverage) -> Int64) {
            let shares = report.coverage.map { $0.all > 0 ? "\(fixed(Double(part($0)) / Double($0.all) * 100, 1)) %" : "-" }
            table.add(name, shares[0], shares[1])
        }
        row("no expectation: too few earlier days, or no share known", \.unexpected)
        row("nothing expected: no share, or nobody has called yet", \.nothing)
        row("too few expected to tell", \.tooFew)
        row("contact starts judged", \.judged)
        row("  too few started", \.unhealthy)
        row("  neither as many as expected nor too few", \.unclear)
        row("below the floor of the rule volume", \.belowFloor)
        return table.text
    }

    private var grounds: String {
        let share =
            report.shares.isMeasured
            ? "as the archive shows them" : "as given"
        let changes = report.shares.changes.compactMap { change in
            change.percent.map { "\(regions[0]) \($0) %\(change.at == .min ? "" : " from \(time(change.at))")" }
        }
        let listed = changes.prefix(8).joined(separator: ", ") + (changes.count > 8 ? ", and \(changes.count - 8) more" : "")
        return """
            judged \(time(report.from)) to \(time(report.to)), as the mode automatic decides
            \(grouped(reading.eventCount)) events of \(grouped(reading.files)) files, \(grouped(reading.facts.agentCount)) agents; \(grouped(reading.undecodable)) could not be decoded, \(grouped(reading.unknown)) unknown objects\(outside)
            shares of calls \(share): \(listed.isEmpty ? "not known" : listed)
            assumed: replication and writing are on time; controllers of both Regions live; a person returns everything after each move\(assumed)
            not told by an archive, so unknown: \(unknown)
            read in \(fixed(readSeconds, 1)) s, judged in \(fixed(judgedSeconds, 1)) s

            """
    }

    private var outside: String {
        let count = reading.facts.outside
        return count > 0 ? ", \(grouped(count)) facts of an impossible time" : ""
    }

    private var assumed: String {
        let kinds = report.assumed.map(\.rawValue)
        return kinds.isEmpty
            ? ""
            : "; by --assume: \(kinds.joined(separator: ", ")), from the archive's first complaint to its last, and healthy otherwise"
    }

    private var unknown: String {
        var kinds = BacktestSettings.assumable.filter { !report.assumed.contains($0) }.map(\.rawValue) + ["person"]
        if hasGlobalRouting, !reading.hasStreams { kinds.append("events (say whose stream a path is: REGION=PATH)") }
        return kinds.joined(separator: ", ")
    }

    private func times(_ count: Int) -> String {
        switch count {
        case 0: "never"
        case 1: "once"
        default: "\(grouped(count)) times"
        }
    }

    private func time(_ milliseconds: Int64) -> String { Timestamp(milliseconds: milliseconds).description }
    private func seconds(_ milliseconds: Int64) -> String { "\(milliseconds / 1000) s" }

    // MARK: - JSON

    /// A line an episode, in order of their beginning, then the summary.
    var json: String { report.episodes.map(json).joined() + summary }

    private func json(_ episode: BacktestEpisode) -> String {
        jsonLine { json in
            json.member("began", time(episode.began))
            json.array("complaints") { json in
                for complaint in episode.complaints {
                    json.object { json in
                        json.member("assumed", complaint.isAssumed)
                        json.member("evidence", complaint.evidence)
                        json.member("first", time(complaint.first))
                        json.member("kind", complaint.kind.rawValue)
                        json.member("last", time(complaint.last))
                        json.member("lastEvidence", complaint.latest)
                        json.member("source", complaint.source)
                    }
                }
            }
            json.member("decidedAt", episode.decidedAt.map(time))
            json.member("ended", episode.isOpen ? nil : time(episode.ended))
            json.array("evidence") { json in for line in episode.evidence { json.string(line) } }
            json.array("holds") { json in
                for hold in episode.holds {
                    json.object { json in
                        json.member("first", time(hold.first))
                        json.member("milliseconds", hold.milliseconds)
                        json.member("rule", hold.rule.rawValue)
                        json.member("says", hold.says)
                    }
                }
            }
            json.member("lost", episode.lost)
            json.member("movedAt", episode.movedAt.map(time))
            json.member("outcome", episode.outcome.rawValue)
            json.array("suspected") { json in
                for dwell in episode.dwells {
                    json.object { json in
                        json.member("cleared", dwell.ended.map(time))
                        json.member("from", time(dwell.began))
                        json.member("why", dwell.why)
                    }
                }
            }
            json.member("suspectedCount", episode.dwellCount)
            json.member("target", episode.target)
            json.member("type", "episode")
        }
    }

    private var summary: String {
        jsonLine { json in
            json.array("assumed") { json in for kind in report.assumed { json.string(kind.rawValue) } }
            json.array("coverage") { json in
                for (region, coverage) in zip(regions, report.coverage) {
                    json.object { json in
                        json.member("belowFloorMilliseconds", coverage.belowFloor)
                        json.member("judgedMilliseconds", coverage.judged)
                        json.member("noExpectationMilliseconds", coverage.unexpected)
                        json.member("nothingExpectedMilliseconds", coverage.nothing)
                        json.member("region", region)
                        json.member("tooFewMilliseconds", coverage.tooFew)
                        json.member("unclearMilliseconds", coverage.unclear)
                        json.member("unhealthyMilliseconds", coverage.unhealthy)
                    }
                }
            }
            json.member("events", reading.eventCount)
            json.member("files", reading.files)
            json.member("from", time(report.from))
            json.member("heldBack", report.count(.heldBack))
            json.member("moved", report.count(.moved))
            json.member("nearMisses", report.count(.nearMiss))
            json.member("notEnough", report.count(.notEnough))
            json.array("shares") { json in
                for change in report.shares.changes {
                    json.object { json in
                        json.member("from", change.at == .min ? nil : time(change.at))
                        json.member("percent", number: change.percent.map(String.init) ?? "null")
                        json.member("region", regions[0])
                    }
                }
            }
            json.member("sharesMeasured", report.shares.isMeasured)
            json.member("to", time(report.to))
            json.member("type", "summary")
            json.member("undecodable", reading.undecodable)
            json.member("unknownObjects", reading.unknown)
        }
    }
}
