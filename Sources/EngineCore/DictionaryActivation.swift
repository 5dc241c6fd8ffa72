/// The order in which a dictionary comes into use: no Region names it for its workers to write with before every table of every Region has given
/// it back. Sans-I/O: steps come out, answers go in.
///
///     var activation = DictionaryActivation(regions: ["us-east-1", "us-west-2"], naming: ["us-west-2"], tables: names)
///     while let steps = activation.next() { activation.take(failures(of: steps)) }
///     activation.outcome
///
/// A phase begins when every step of the one before has gone well. What was done before a failure harms nobody: a dictionary that no Region names
/// lies in the tables and is found there by the next run.
package struct DictionaryActivation {
    package struct Step: Hashable, Sendable {
        package enum Action: Hashable, Sendable {
            /// Puts the dictionary into a table.
            case put
            /// Reads it from there, consistently, and compares it.
            case readBack
            /// Writes into the Region's row that its workers write with it.
            case name
        }

        package let action: Action
        package let region: String
        package let table: String

        package init(action: Action, region: String, table: String) {
            self.action = action
            self.region = region
            self.table = table
        }
    }

    /// A step, and why it failed.
    package struct Failure: Equatable, Sendable {
        package let step: Step
        package let why: String

        package init(_ step: Step, _ why: String) {
            self.step = step
            self.why = why
        }
    }

    package enum Outcome: Equatable, Sendable {
        /// These Regions name it.
        case done(named: [String])
        /// No Region names it because of this.
        case refused([Failure])
        /// These Regions name it, others do not yet; every Region can read what they write.
        case partly(named: [String], [Failure])
    }

    private let regions: [String]
    private let naming: [String]
    private let tables: [String]
    private var phases: ArraySlice<Step.Action> = [.put, .readBack, .name]
    /// Nil until it has ended.
    package private(set) var outcome: Outcome?

    /// `naming`: those of the Regions that are to name it. `tables`: all, the agents' first, where Regions name it.
    package init(regions: [String], naming: [String], tables: [String]) {
        self.regions = regions
        self.naming = naming
        self.tables = tables
    }

    /// The steps of the next phase, in any order; nil when it has ended. Each is followed by ``take(_:)``.
    package func next() -> [Step]? {
        guard outcome == nil, let phase = phases.first else { return nil }
        guard phase != .name else { return naming.map { Step(action: .name, region: $0, table: tables.first ?? "") } }
        return regions.flatMap { region in tables.map { Step(action: phase, region: region, table: $0) } }
    }

    /// What of the phase failed; the rest of its steps went well.
    package mutating func take(_ failures: [Failure]) {
        guard let phase = phases.popFirst() else { return }
        if phase == .name {
            let named = naming.filter { region in !failures.contains { $0.step.region == region } }
            if failures.isEmpty {
                outcome = .done(named: named)
            } else {
                outcome = named.isEmpty ? .refused(failures) : .partly(named: named, failures)
            }
        } else if !failures.isEmpty {
            outcome = .refused(failures)
        }
    }
}
