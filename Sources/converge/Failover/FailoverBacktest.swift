import FailoverCore
import Lattice
import Platform
import Worker

/// `converge failover backtest`: archived weeks through the controllers. When would they have moved everything, and why. It reaches nobody.
enum FailoverBacktest: Subcommand {
    static let command = FailoverCommand.command(
        "backtest", usage: "[REGION=]PATH... [--from TIME] [--to TIME] [--assume KIND,...] [--share REGION=PERCENT[@TIME],...]",
        summary:
            "Drives the controllers of both Regions through archived events: when they would have moved everything, and why.",
        flags: [
            Flag(
                "from", "TIME",
                "judge from then on, such as 2026-03-02T14:00:00Z; what is older is history (default: the first event)"),
            Flag("to", "TIME", "judge up to then (default: the last event)"),
            Flag(
                "assume", "KIND,...",
                "assume that signals of these kinds agree with what the archive tells: \(kinds) (default: they are unknown)"),
            Flag(
                "share", "REGION=PERCENT[@TIME],...",
                "share of calls that a Region had, from TIME on (default: as the days before show it, to the nearest 10 %)"),
            Flag("strict", nil, "exit with code 1 if an event could not be decoded"),
        ],
        notes: """
            PATH: captures of both Regions as 'converge replay' takes them: contact events, agent events, contact records, in any order; five weeks before --from
            are looked at. REGION=PATH says whose stream it is, which the signal events needs (failover.global-routing). What is told is what the mode automatic
            does with the settings given, whatever failover.mode says. An archive tells of contact starts and agents alone, and both stand on what the other Region
            counts: that is one complaint, and never enough. What the other signals said nobody knows; --assume connect-api asks: what if Connect's API had
            complained, too, from when the first of the archive's signals did?
            """)

    private static let kinds = BacktestSettings.assumable.map(\.rawValue).joined(separator: ", ")

    static func run(_ options: Options) throws -> Int32 {
        guard !options.operands.isEmpty else {
            throw UsageError("converge failover backtest: no PATH given; give files or directories")
        }
        let failover = try FailoverCommand.settings(options)
        let isJSON = try FailoverCommand.isJSON(options)
        var settings = BacktestSettings(
            groups: failover.groups, policy: failover.policy, heartbeatDelay: failover.heartbeatDelay,
            hasGlobalRouting: failover.signals.hasGlobalRouting, assumed: try assumed(options),
            shares: try shares(options, failover.regions), from: try time("from", options), to: try time("to", options)
        ) { SketchView.count($0) }
        if !failover.signals.readsPeerAgents { settings.readsPeerAgents = false }
        if let from = settings.from, let to = settings.to, from > to {
            throw UsageError("converge failover backtest: --from is behind --to")
        }

        let place = Place()
        let progress = Progress { place.line }
        defer { progress.stop() }
        let began = ContinuousClock.now
        var reading = FailoverBacktestReading(regions: failover.regions)
        try reading.read(inputs(options.operands, failover.regions)) { place.isRead($0, of: $1) }
        let read = ContinuousClock.now
        var backtest = try Backtest(reading.facts, settings)
        let report = backtest.run { place.isJudged($0) }
        progress.stop()

        for example in reading.examples { writeError("cannot be decoded: \(printable(example))\n") }
        let summary = FailoverBacktestSummary(
            regions: failover.regions, reading: reading, report: report, hasGlobalRouting: settings.hasGlobalRouting,
            readSeconds: (read - began).seconds, judgedSeconds: (ContinuousClock.now - read).seconds)
        writeOutput(isJSON ? summary.json : summary.text)
        return options.isSet("strict") && reading.undecodable + reading.unknown > 0 ? 1 : 0
    }

    // MARK: - What was given

    private static func time(_ name: String, _ options: Options) throws(UsageError) -> Int64? {
        guard let text = options[name] else { return nil }
        return try moment(text, "--\(name)")
    }

    private static func moment(_ text: String, _ flag: String) throws(UsageError) -> Int64 {
        guard let time = Timestamp(text) else {
            throw UsageError("\(flag): '\(printable(text))' is not a time; write it as 2026-03-02T14:00:00Z")
        }
        return time.milliseconds
    }

    private static func assumed(_ options: Options) throws(UsageError) -> [SignalKind] {
        var found: [SignalKind] = []
        for word in (options["assume"] ?? "").split(separator: ",") {
            guard let kind = SignalKind(rawValue: String(word)), BacktestSettings.assumable.contains(kind) else {
                throw UsageError("--assume: '\(printable(String(word)))' is not accepted; accepted: \(kinds)")
            }
            if !found.contains(kind) { found.append(kind) }
        }
        return found
    }

    /// Nil where none is given.
    private static func shares(_ options: Options, _ regions: [String]) throws(UsageError) -> BacktestShares? {
        guard let text = options["share"] else { return nil }
        var changes: [BacktestShares.Change] = []
        for word in text.split(separator: ",") {
            let parts = word.split(separator: "@", maxSplits: 1).map(String.init)
            let share = parts[0].split(separator: "=", maxSplits: 1).map(String.init)
            guard share.count == 2, let region = regions.firstIndex(of: share[0]), let percent = Int(share[1]),
                (0...100).contains(percent)
            else {
                throw UsageError(
                    "--share: '\(printable(String(word)))' is not accepted; write REGION=PERCENT, or REGION=PERCENT@TIME, of \(regions.joined(separator: " or "))"
                )
            }
            let at = parts.count == 2 ? try moment(parts[1], "--share") : .min
            changes.append(BacktestShares.Change(at: at, percent: region == 0 ? percent : 100 - percent))
        }
        return BacktestShares(given: changes)
    }

    /// `us-east-1=captures/east` is of a stream of that Region.
    private static func inputs(_ operands: [String], _ regions: [String]) -> [FailoverBacktestReading.Input] {
        var inputs: [FailoverBacktestReading.Input] = []
        for operand in operands {
            let region = regions.first { operand.hasPrefix("\($0)=") }
            let path = region.map { String(operand.dropFirst($0.count + 1)) } ?? operand
            if let at = inputs.firstIndex(where: { $0.region == region }) {
                inputs[at].paths.append(path)
            } else {
                inputs.append(FailoverBacktestReading.Input(region: region, paths: [path]))
            }
        }
        return inputs
    }

    /// How far it is, for the line on the terminal.
    private final class Place: Sendable {
        private let read = Counter()
        private let total = Counter()
        private let judged = Counter()

        func isRead(_ bytes: Int, of all: Int) {
            read.value = bytes
            total.value = all
        }

        func isJudged(_ time: Int64) { judged.value = Int(time) }

        var line: String {
            guard judged.value == 0 else {
                return "backtest: judging \(Timestamp(milliseconds: Int64(judged.value)))"
            }
            let share = total.value > 0 ? min(1, Double(read.value) / Double(total.value)) : 1
            return "backtest: reading \(Progress.bar(share)) \(fixed(share * 100, 0)) %"
        }
    }
}
