import JSON
import Observability
import Simulation

/// What `converge simulate` prints.
struct SimulationReport {
    let sum: SimulationSum.Value
    let options: SimulationOptions
    let firstSeed: UInt64
    let seconds: Double

    private var seedsPerMinute: Double { seconds > 0 ? Double(sum.seeds) / seconds * 60 : 0 }

    /// By fault, those without a lag left out.
    private var lags: [(name: String, lags: Histogram)] {
        let byFault = zip(Fault.allCases, sum.lags.byFault).map { ($0.rawValue, $1) }
        return ([("none", sum.lags.calm)] + byFault + [("several", sum.lags.several)]).filter { $0.1.count > 0 }
    }

    /// Failed seeds first, then everything else.
    var table: String {
        var facts = Table(rightAligned: [1])
        facts.add("seeds", grouped(sum.seeds))
        facts.add("failed", grouped(sum.failed.count))
        facts.add("records", grouped(sum.records))
        facts.add("steps", grouped(sum.steps))
        facts.add("simulated hours", grouped(Int(sum.simulated / 3_600_000)))
        facts.add("seconds", fixed(seconds, 1))
        facts.add("seeds per minute", grouped(Int(seedsPerMinute)))
        facts.add("facts", grouped(sum.facts))
        facts.add("facts lost", grouped(sum.factsLost))
        facts.add("write units", grouped(sum.units.written))
        facts.add("  by replication", grouped(sum.units.replicated))
        facts.add("  of refused rows", grouped(sum.units.refused))
        if let ratios = sum.unitsPerRecord {
            facts.add("write units per record", fixed(Double(sum.units.written) / Double(sum.records), 2))
            facts.add("  in a seed", "\(fixed(ratios.lowerBound, 2)) to \(fixed(ratios.upperBound, 2))")
        }
        if sum.naiveSeeds > 0 {
            facts.add("facts lost with one item per entity", "\(grouped(sum.naiveFactsLost)) of \(grouped(sum.naiveFacts))")
            facts.add("  in seeds", "\(grouped(sum.naiveSeedsLosing)) of \(grouped(sum.naiveSeeds))")
        }
        if sum.feed.batches > 0 {
            facts.add("feed: row versions", grouped(sum.feed.written))
            facts.add("  batches told", grouped(sum.feed.batches))
            facts.add("  changes told", grouped(sum.feed.changes))
            facts.add("  resets told", grouped(sum.feed.resets))
        }
        var times = Table(header: ["lag with", "tellings", "p50", "p99", "max"], rightAligned: [1, 2, 3, 4])
        for (name, lags) in lags {
            times.add(
                name, grouped(lags.count), time(lags.quantile(0.5) ?? 0), time(lags.quantile(0.99) ?? 0), time(lags.max))
        }
        return facts.text + (options.hasWorkers ? "\n" + times.text : "") + failoverTable
    }

    /// Failover, class by class, beside the obvious design.
    private var failoverTable: String {
        let figures = sum.failover
        guard figures.episodes > 0 else { return "" }
        var facts = Table(rightAligned: [1, 2])
        facts.add("failover", "converge", "obvious design")
        facts.add("episodes", grouped(figures.episodes), "")
        facts.add("  simulated hours", grouped(Int(figures.simulated / 3_600_000)), "")
        facts.add("moves", grouped(figures.converge.moves), grouped(figures.obvious.moves))
        facts.add("false moves", grouped(figures.converge.falseMoves), grouped(figures.obvious.falseMoves))
        facts.add(
            "  in a year of the mix", fixed(figures.converge.falseMovesPerYear, 2), fixed(figures.obvious.falseMovesPerYear, 2))
        facts.add(
            "    with synthetic calls", fixed(figures.converge.falseMovesPerYearCalled, 2),
            fixed(figures.obvious.falseMovesPerYearCalled, 2))
        facts.add(
            "    without", fixed(figures.converge.falseMovesPerYearUncalled, 2),
            fixed(figures.obvious.falseMovesPerYearUncalled, 2))
        facts.add("outages to move for", grouped(figures.due), grouped(figures.due))
        facts.add("  missed", grouped(figures.converge.missed), grouped(figures.obvious.missed))
        var times = Table(
            header: [
                "outage to landed with", "outages", "landed", "p50", "p90", "max", "obvious: landed", "p50", "p90", "max",
            ],
            rightAligned: [1, 2, 3, 4, 5, 6, 7, 8, 9])
        for row in figures.rows {
            times.add(
                row.name, grouped(row.outages), grouped(row.converge.count), seconds(row.converge, 0.5),
                seconds(row.converge, 0.9), seconds(row.converge, 1), grouped(row.obvious.count), seconds(row.obvious, 0.5),
                seconds(row.obvious, 0.9), seconds(row.obvious, 1))
        }
        var classes = Table(
            header: ["class", "episodes", "moves", "false", "a year", "obvious: false", "a year"],
            rightAligned: [1, 2, 3, 4, 5, 6])
        for each in figures.classes {
            classes.add(
                each.fault?.rawValue ?? "nothing", grouped(each.episodes), grouped(each.moves), grouped(each.falseMoves),
                fixed(each.falseMovesPerYear, 2), grouped(each.obviousFalseMoves), fixed(each.obviousFalseMovesPerYear, 2))
        }
        let faults = figures.faults.sorted { $0.seed < $1.seed }.map { "seed \($0.seed): \($0.says)\n" }.joined()
        return "\n" + facts.text + "\n" + classes.text + "\n" + times.text + (faults.isEmpty ? "" : "\n" + faults)
    }

    private func seconds(_ histogram: Histogram, _ quantile: Double) -> String {
        guard histogram.count > 0 else { return "-" }
        return time(quantile == 1 ? histogram.max : histogram.quantile(quantile) ?? 0)
    }

    private func time(_ milliseconds: Int64) -> String {
        milliseconds < 60_000 ? fixed(Double(milliseconds) / 1000, 2) + " s" : fixed(Double(milliseconds) / 60_000, 1) + " min"
    }

    /// One JSON object and a newline.
    var json: String {
        jsonLine { json in
            json.member("seeds", sum.seeds)
            json.member("firstSeed", number: "\(firstSeed)")
            json.member("events", options.events)
            json.member("records", sum.records)
            json.member("steps", sum.steps)
            json.member("simulatedSeconds", sum.simulated / 1000)
            json.member("seconds", number: fixed(seconds, 3))
            json.member("seedsPerMinute", number: fixed(seedsPerMinute, 1))
            json.member("facts", sum.facts)
            json.member("factsLost", sum.factsLost)
            json.object("writeUnits") { json in
                json.member("written", sum.units.written)
                json.member("replicated", sum.units.replicated)
                json.member("refused", sum.units.refused)
                if let ratios = sum.unitsPerRecord {
                    json.member("perRecordLeast", number: fixed(ratios.lowerBound, 3))
                    json.member("perRecordMost", number: fixed(ratios.upperBound, 3))
                }
            }
            if sum.naiveSeeds > 0 {
                json.object("naive") { json in
                    json.member("seeds", sum.naiveSeeds)
                    json.member("facts", sum.naiveFacts)
                    json.member("factsLost", sum.naiveFactsLost)
                    json.member("seedsLosing", sum.naiveSeedsLosing)
                }
            }
            if sum.feed.batches > 0 {
                json.object("feed") { json in
                    json.member("rowVersions", sum.feed.written)
                    json.member("batches", sum.feed.batches)
                    json.member("changes", sum.feed.changes)
                    json.member("resets", sum.feed.resets)
                }
            }
            if sum.failover.episodes > 0 { failover(&json) }
            json.array("failed") { json in
                for report in sum.failed {
                    json.object { json in
                        json.member("seed", number: "\(report.seed)")
                        json.array("violations") { json in for violation in report.violations { json.string(violation) } }
                        json.member("reproduce", command(report.seed))
                    }
                }
            }
            json.object("lagMilliseconds") { json in
                for (name, lags) in lags {
                    json.key(name)
                    json.object { json in
                        json.member("count", lags.count)
                        json.member("p50", lags.quantile(0.5) ?? 0)
                        json.member("p99", lags.quantile(0.99) ?? 0)
                        json.member("max", lags.max)
                    }
                }
            }
        }
    }

    private func failover(_ json: inout JSONWriter) {
        let figures = sum.failover
        json.object("failover") { json in
            json.member("episodes", figures.episodes)
            json.member("simulatedSeconds", figures.simulated / 1000)
            json.member("due", figures.due)
            for (name, design) in [("converge", figures.converge), ("obvious", figures.obvious)] {
                json.key(name)
                json.object { json in
                    json.member("moves", design.moves)
                    json.member("falseMoves", design.falseMoves)
                    json.member("falseMovesPerYear", number: fixed(design.falseMovesPerYear, 3))
                    json.member("falseMovesPerYearWithSynthetic", number: fixed(design.falseMovesPerYearCalled, 3))
                    json.member("falseMovesPerYearWithout", number: fixed(design.falseMovesPerYearUncalled, 3))
                    json.member("missed", design.missed)
                }
            }
            json.object("classes") { json in
                for each in figures.classes {
                    json.key(each.fault?.rawValue ?? "nothing")
                    json.object { json in
                        json.member("episodes", each.episodes)
                        json.member("simulatedSeconds", each.simulated / 1000)
                        json.member("moves", each.moves)
                        json.member("falseMoves", each.falseMoves)
                        json.member("falseMovesPerYear", number: fixed(each.falseMovesPerYear, 3))
                        json.member("obviousFalseMoves", each.obviousFalseMoves)
                        json.member("obviousFalseMovesPerYear", number: fixed(each.obviousFalseMovesPerYear, 3))
                    }
                }
            }
            json.array("faults") { json in
                for fault in figures.faults.sorted(by: { $0.seed < $1.seed }) {
                    json.object { json in
                        json.member("seed", number: "\(fault.seed)")
                        json.member("says", fault.says)
                    }
                }
            }
            json.object("outageToLandedMilliseconds") { json in
                for row in figures.rows {
                    json.key(row.name)
                    json.object { json in
                        json.member("outages", row.outages)
                        for (name, landed) in [("converge", row.converge), ("obvious", row.obvious)] {
                            json.key(name)
                            json.object { json in
                                json.member("count", landed.count)
                                json.member("p50", landed.quantile(0.5) ?? 0)
                                json.member("p90", landed.quantile(0.9) ?? 0)
                                json.member("max", landed.max)
                            }
                        }
                    }
                }
            }
        }
    }

    /// What was wrong with a seed, and how to see it again.
    func reproduction(of report: SeedReport) -> String {
        let more = report.violations.count > 1 ? " (and \(report.violations.count - 1) more)" : ""
        return "seed \(report.seed): \(report.violations.first ?? "")\(more)\n  \(command(report.seed)) --trace -\n"
    }

    private func command(_ seed: UInt64) -> String {
        var command = "converge simulate --seed \(seed) --events \(options.events)"
        let ofFailover = options.failover?.faults ?? []
        let isWhole =
            (!options.hasWorkers || options.faults.count == Fault.allCases.count)
            && (options.failover == nil || ofFailover.count == FailoverFault.allCases.count)
        if !isWhole || options.hasWorkers != (options.failover != nil), options.mutant == nil || !isWhole,
            options.feedMutant == nil
        {
            let names =
                (options.hasWorkers ? Fault.allCases.filter(options.faults.contains).map(\.rawValue) : [])
                + FailoverFault.allCases.filter(ofFailover.contains).map(\.rawValue)
            command += " --faults " + (names.isEmpty ? "none" : names.joined(separator: ","))
        }
        if let mutant = options.mutant?.rawValue ?? options.feedMutant?.rawValue ?? options.failover?.mutant?.rawValue {
            command += " --mutant \(mutant)"
        }
        return command
    }
}
