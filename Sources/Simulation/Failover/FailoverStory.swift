import FailoverCore

/// What to simulate of failover.
public struct FailoverOptions: Sendable {
    /// What may go wrong.
    public var faults: Set<FailoverFault>
    /// A deliberate bug to look for.
    public var mutant: FailoverMutant?
    /// Whether the obvious design is run through the same episodes, for comparison.
    public var comparesObvious: Bool

    public init(
        faults: Set<FailoverFault> = Set(FailoverFault.allCases), mutant: FailoverMutant? = nil, comparesObvious: Bool = true
    ) {
        self.faults = faults
        self.mutant = mutant
        self.comparesObvious = comparesObvious
    }
}

/// What became of a seed's story of failover.
public struct FailoverReport: Sendable {
    /// What was wrong; empty if it passed.
    public var violations: [String]
    /// Of each episode.
    public var outcomes: [FailoverOutcome]
    /// Of each episode, with the obvious design; empty if it was not run.
    public var obvious: [FailoverOutcome]
}

/// Runs a seed's story of failover.
public enum FailoverStory {
    public static func run(seed: UInt64, _ options: FailoverOptions, trace: ((String) -> Void)? = nil) -> FailoverReport {
        let plan = FailoverPlan(seed: seed, faults: options.faults)
        let world = FailoverWorld(plan, mutant: options.mutant, trace: trace)
        world.run()
        let isCompared = options.comparesObvious && world.witness.violations.isEmpty
        return FailoverReport(
            violations: world.witness.violations, outcomes: world.witness.outcomes,
            obvious: isCompared ? ObviousDesign.run(plan) : [])
    }
}
