import Platform
import Simulation
import Synchronization
import Worker

/// `converge simulate`: the real engine in a world where everything goes wrong, from a seed.
enum Simulate: Subcommand {
    static let command = Command(
        "simulate", usage: "[--seed N] [--seeds COUNT]",
        summary: "Runs the engine, a feed and failover in simulated Regions with injected faults, and checks what must hold.",
        flags: [
            Flag("seed", "N|random", "the first seed (default: 1); the same seed always gives the same run"),
            Flag("seeds", "COUNT", "number of consecutive seeds (default: 1)"),
            Flag("for", "DURATION", "run as many seeds as possible in this time"),
            Flag("events", "N", "events per seed (default: \(SimulationOptions().events))"),
            Flag("faults", "LIST|all|none", "faults to inject (default: all)"),
            Flag("mutant", "NAME", "add a deliberate bug; stops at the first seed that detects it"),
            Flag("threads", "N", former: "workers", "seeds that run in parallel (default: one per core)"),
            Flag("trace", "FILE|-", "write every step of the first seed that fails (or of the only seed), one per line"),
            Flag("format", "table|json", "output format of the report (default: table)"),
        ],
        notes: """
            Faults: \(names(Fault.self)).
            Mutants: \(names(Mutant.self)).
            Faults of failover: \(names(FailoverFault.self)).
            Mutants of failover: \(names(FailoverMutant.self)).
            Mutants of the feed: \(names(FeedMutant.self)).
            With faults or a mutant of one of these alone, only its story is told.
            The exit code is 1 if a seed failed. docs/simulation.md describes what is simulated and what is checked.
            """)

    static func run(_ options: Options) throws -> Int32 {
        guard options.operands.isEmpty else { throw UsageError("converge simulate: takes no PATH") }
        let isFresh = options["seed"] == "random"
        let first = isFresh ? UInt64.random(in: 1 << 20...1 << 50) : UInt64(try options.integer("seed", in: 0...Int.max) ?? 1)
        let time = try options.duration("for")
        let count = try options.integer("seeds", in: 1...100_000_000) ?? (time == nil ? 1 : 100_000_000)
        let threads = try options.integer("threads", in: 1...64) ?? coreCount()
        let format = try options.choice("format", of: ["table", "json"]) ?? "table"
        var simulation = try stories(faults: options["faults"] ?? "all", mutant: options["mutant"])
        if let events = try options.integer("events", in: 1...1_000_000) { simulation.events = events }

        let start = ContinuousClock.now
        let sum = SimulationSum()
        let end = time.map { start + .milliseconds($0) }
        run(seeds: first, count, until: end, threads: min(threads, count), simulation, into: sum)
        let report = SimulationReport(
            sum: sum.value, options: simulation, firstSeed: first, seconds: (ContinuousClock.now - start).seconds)
        writeOutput(format == "json" ? report.json : report.table)
        for failed in sum.value.failed { writeError(report.reproduction(of: failed)) }
        if let path = options["trace"], let seed = sum.value.failed.first?.seed ?? (count == 1 ? first : nil) {
            try trace(seed, simulation, to: path)
        }
        return sum.value.failed.isEmpty ? 0 : 1
    }

    private static func run(
        seeds first: UInt64, _ count: Int, until end: ContinuousClock.Instant?, threads: Int, _ options: SimulationOptions,
        into sum: SimulationSum
    ) {
        let failedMax =
            options.mutant == nil && options.failover?.mutant == nil && options.feedMutant == nil ? SimulationSum.failedMax : 1
        let next = Atomic<Int>(0)
        let start = ContinuousClock.now
        let progress = Progress {
            let sum = sum.value
            let share = end.map { (ContinuousClock.now - start) / ($0 - start) } ?? Double(sum.seeds) / Double(count)
            return "simulate \(Progress.bar(share))  \(grouped(sum.seeds)) seeds, \(sum.failed.count) failed"
        }
        defer { progress.stop() }
        runOnThreads(threads) {
            while true {
                let number = next.wrappingAdd(1, ordering: .relaxed).oldValue
                guard number < count, sum.value.failed.count < failedMax else { return }
                if let end, ContinuousClock.now >= end { return }
                sum.add(Simulation.run(seed: first &+ UInt64(number), options))
            }
        }
    }

    private static func trace(_ seed: UInt64, _ options: SimulationOptions, to path: String) throws {
        let output = try OutputFile(path: path)
        var options = options
        options.comparesNaive = false
        options.failover?.comparesObvious = false
        var failure: (any Error)?
        _ = Simulation.run(seed: seed, options) { line in
            guard failure == nil else { return }
            do {
                var text = line + "\n"
                try text.withUTF8 { try output.write(ByteView($0)) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        try output.close()
    }

    /// Which stories are told: where faults or a mutant of one alone are named, that one.
    private static func stories(faults text: String, mutant name: String?) throws(UsageError) -> SimulationOptions {
        var options = SimulationOptions(failover: FailoverOptions())
        options.hasFeed = text == "all" && name == nil
        if text == "none" {
            options.faults = []
            options.failover?.faults = []
        } else if text != "all" {
            let (faults, ofFailover) = try self.faults(text)
            options.faults = faults
            options.hasWorkers = !faults.isEmpty
            options.failover = ofFailover.isEmpty ? nil : FailoverOptions(faults: ofFailover)
        }
        guard let name else { return options }
        if let mutant = Mutant(rawValue: name) {
            options.mutant = mutant
            options.hasWorkers = true
            options.failover = nil
        } else if let mutant = FeedMutant(rawValue: name) {
            options.feedMutant = mutant
            options.hasFeed = true
            options.hasWorkers = false
            options.failover = nil
        } else if let mutant = FailoverMutant(rawValue: name) {
            var failover = options.failover ?? FailoverOptions()
            failover.mutant = mutant
            options.failover = failover
            options.hasWorkers = false
        } else {
            throw UsageError(
                "--mutant: unknown mutant '\(name)'; accepted: "
                    + "\(names(Mutant.self)), \(names(FailoverMutant.self)), \(names(FeedMutant.self))")
        }
        return options
    }

    private static func faults(_ text: String) throws(UsageError) -> (Set<Fault>, Set<FailoverFault>) {
        var faults: Set<Fault> = []
        var ofFailover: Set<FailoverFault> = []
        for name in text.split(separator: ",").map(String.init) {
            if let fault = Fault(rawValue: name) {
                faults.insert(fault)
            } else if let fault = FailoverFault(rawValue: name) {
                ofFailover.insert(fault)
            } else {
                throw UsageError(
                    "--faults: unknown fault '\(name)'; accepted: all, none, \(names(Fault.self)), \(names(FailoverFault.self))"
                )
            }
        }
        return (faults, ofFailover)
    }

    private static func names<Name: RawRepresentable & CaseIterable>(_: Name.Type) -> String where Name.RawValue == String {
        Name.allCases.map(\.rawValue).joined(separator: ", ")
    }
}

/// What the seeds have come to, added up by several threads.
final class SimulationSum: Sendable {
    /// After so many failed seeds no more are started.
    static let failedMax = 10

    struct Value {
        var seeds = 0
        var records = 0
        var steps = 0
        var simulated: Int64 = 0
        var facts = 0
        var factsLost = 0
        var naiveSeeds = 0
        var naiveFacts = 0
        var naiveFactsLost = 0
        /// Seeds in which the naive design lost something.
        var naiveSeedsLosing = 0
        var lags = LagReport()
        var units = WrittenUnits()
        /// Of a seed: the least and the most that were written a record.
        var unitsPerRecord: ClosedRange<Double>?
        var failover = FailoverFigures()
        var feed = FeedFigures()
        var failed: [SeedReport] = []
    }

    private let sum = Mutex(Value())
    var value: Value { sum.withLock { $0 } }

    func add(_ report: SeedReport) {
        sum.withLock { sum in
            sum.seeds += 1
            sum.records += report.records
            sum.steps += report.steps
            sum.simulated += report.simulated
            sum.facts += report.facts
            sum.factsLost += report.factsLost
            sum.lags.add(report.lags)
            sum.units += report.units
            sum.feed.add(report.feed)
            if let story = report.failover { sum.failover.add(story, seed: report.seed) }
            if report.records > 0 {
                let ratio = Double(report.units.written) / Double(report.records)
                let (least, most) = (sum.unitsPerRecord?.lowerBound ?? ratio, sum.unitsPerRecord?.upperBound ?? ratio)
                sum.unitsPerRecord = min(least, ratio)...max(most, ratio)
            }
            if let lost = report.naiveFactsLost {
                sum.naiveSeeds += 1
                sum.naiveFacts += report.facts
                sum.naiveFactsLost += lost
                if lost > 0 { sum.naiveSeedsLosing += 1 }
            }
            if !report.violations.isEmpty { sum.failed.append(report) }
        }
    }
}
