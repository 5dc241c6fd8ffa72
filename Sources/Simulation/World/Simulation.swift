import Lattice
import Platform

/// What to simulate.
public struct SimulationOptions: Sendable {
    /// Events a seed, about: some come more than once, some not at all.
    public var events: Int
    /// What may go wrong.
    public var faults: Set<Fault>
    /// A deliberate bug to look for.
    public var mutant: Mutant?
    /// Whether the naive design is run on the same seed, for comparison.
    public var comparesNaive: Bool
    /// The story of failover beside that of the workers; nil: none.
    public var failover: FailoverOptions?
    /// Whether the workers' story is told.
    public var hasWorkers = true
    /// Whether the story of a feed is told, and a deliberate bug in that.
    public var hasFeed = false
    public var feedMutant: FeedMutant?

    public init(
        events: Int = 2_000, faults: Set<Fault> = Set(Fault.allCases), mutant: Mutant? = nil, comparesNaive: Bool = true,
        failover: FailoverOptions? = nil
    ) {
        self.events = events
        self.faults = faults
        self.mutant = mutant
        self.comparesNaive = comparesNaive
        self.failover = failover
    }
}

/// What became of one seed.
public struct SeedReport: Sendable {
    public var seed: UInt64
    /// What was wrong; empty if the seed passed.
    public var violations: [String]
    /// Records that the streams took.
    public var records: Int
    /// Entries of the agenda that ran, of the run that was checked.
    public var steps: Int
    /// Simulated milliseconds.
    public var simulated: Int64
    /// Registers that there should be in the end; 0 of a seed that was stopped on the way.
    public var facts: Int
    /// Of those, the ones missing or outdated in the Region where most are.
    public var factsLost: Int
    /// The same with the naive design; nil if it was not run.
    public var naiveFactsLost: Int?
    public var lags: LagReport
    /// What rows took, of the run that was checked.
    public var units: WrittenUnits
    /// The story of failover; nil if it was not told.
    public var failover: FailoverReport?
    /// What came of the story of a feed.
    public var feed = FeedFigures()
}

/// Runs seeds. Equal options and seed mean one history, on every machine.
public enum Simulation {
    /// One seed. Some 100 ms and 20 MB for 2,000 events. `trace` is told what happens, a line each.
    public static func run(seed: UInt64, _ options: SimulationOptions, trace: ((String) -> Void)? = nil) -> SeedReport {
        var report = options.hasWorkers ? work(seed, options, trace) : SeedReport(seed: seed)
        if options.hasFeed, report.violations.isEmpty {
            let story = FeedStory.run(seed: seed, mutant: options.feedMutant, trace: trace)
            report.violations = story.violations
            report.feed = story.figures
        }
        guard let failover = options.failover, report.violations.isEmpty else { return report }
        let story = FailoverStory.run(seed: seed, failover, trace: trace)
        report.violations = story.violations
        report.failover = story
        return report
    }

    /// The workers' story.
    private static func work(_ seed: UInt64, _ options: SimulationOptions, _ trace: ((String) -> Void)?) -> SeedReport {
        let isLeased: Bool? = options.mutant?.needsLeases == true ? true : nil
        let plan = WorldPlan(seed: seed, events: options.events, faults: options.faults, isLeased: isLeased)
        let world = World(plan, design: .rowPerRegion, mutant: options.mutant, trace: trace)
        world.run()
        let (facts, lost) = world.witness.violations.isEmpty ? world.audit() : (0, 0)
        var report = SeedReport(
            seed: seed, violations: world.witness.violations, records: world.delivered, steps: world.agenda.steps,
            simulated: world.agenda.now - plan.traffic.start, facts: facts, factsLost: lost, lags: world.witness.lags,
            units: world.table.units)
        guard options.comparesNaive, report.violations.isEmpty else { return report }
        let naive = World(plan, design: .itemPerEntity)
        naive.run()
        report.naiveFactsLost = naive.audit().lost
        return report
    }
}

extension SeedReport {
    /// Nothing has happened yet.
    fileprivate init(seed: UInt64) {
        self.init(
            seed: seed, violations: [], records: 0, steps: 0, simulated: 0, facts: 0, factsLost: 0, lags: LagReport(),
            units: WrittenUnits())
    }
}

extension World {
    /// Holds what can be read in each surviving Region against the fold of everything delivered. What only a lost Region's
    /// streams had may be there or not.
    func audit() -> (facts: Int, lost: Int) {
        let wanted = witness.fold(of: survivors.contains)
        let possible = witness.fold(of: { _ in true })
        let facts = wanted.reduce(0) { sum, entity in sum + entity.entity.withUnsafeBytes { EntityView($0).count } }
        var lost = 0
        for region in survivors {
            let found = readable(in: region)
            let missing = lostFacts(of: wanted, in: found)
            lost = max(lost, missing.count)
            guard design == .rowPerRegion, witness.violations.isEmpty else { continue }
            if let first = missing.first {
                witness.violated(
                    "\(WorldPlan.regionNames[region]) has lost \(missing.count) of \(facts) facts, one of \(first)")
            }
            let invented = lostFacts(of: found.sorted { $0.key.lexicographicallyPrecedes($1.key) }, in: possible)
            if let first = invented.first {
                witness.violated("\(WorldPlan.regionNames[region]) has a fact that no record reported, of \(first)")
            }
        }
        return (facts, lost)
    }

    /// The join of the rows of each entity that a reader in the Region finds, once the rows among all dead letters are replayed.
    private func readable(in region: Int) -> [(key: [UInt8], entity: [UInt8])] {
        var found = witness.buriedRows.reduce(into: [:]) { $0.merge($1, uniquingKeysWith: joined) }
        guard !found.isEmpty else { return rows(in: region) }
        for row in rows(in: region) { found[row.key] = found[row.key].map { joined($0, row.entity) } ?? row.entity }
        return found.map { ($0, $1) }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    private func rows(in region: Int) -> [(key: [UInt8], entity: [UInt8])] {
        var entities: [(key: [UInt8], entity: [UInt8])] = []
        for row in table.rows(in: region) where table.canRead(row.row, in: region) {
            if entities.last?.key == row.key {
                entities[entities.count - 1].entity = joined(entities[entities.count - 1].entity, row.row.entity)
            } else {
                entities.append((row.key, row.row.entity))
            }
        }
        return entities
    }

    private func joined(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var out = ByteBuffer(capacity: 256)
        let isChanged = a.withUnsafeBytes { a in
            b.withUnsafeBytes { Join.join(EntityView(a), EntityView($0), into: &out).changed }
        }
        return isChanged ? out.array : a
    }

    /// The entities of `expected` whose registers `found` does not hold, one for each such register. Both in order of key.
    private func lostFacts(
        of expected: [(key: [UInt8], entity: [UInt8])], in found: [(key: [UInt8], entity: [UInt8])]
    ) -> [String] {
        var lost: [String] = []
        var plan = JoinPlan()
        var place = 0
        for entity in expected {
            while place < found.count, found[place].key.lexicographicallyPrecedes(entity.key) { place += 1 }
            let isThere = place < found.count && found[place].key == entity.key
            let present = isThere ? found[place].entity : EntityView.emptyEncoding
            let count = present.withUnsafeBytes { present in
                entity.entity.withUnsafeBytes { plan.make(EntityView(present), EntityView($0)).won }
            }
            for _ in 0..<count { lost.append(witness.text(of: entity.key)) }
        }
        return lost
    }
}
