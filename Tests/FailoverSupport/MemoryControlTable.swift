import Failover
import FailoverCore
import Synchronization

/// A control table in memory: what ``ControlStep`` says, written down a second time and as plainly as it goes, for tests of what uses a control table. It holds
/// everything, and bounds nothing but the terms of a view.
package final class MemoryControlTable: ControlTable {
    package struct Contents: Equatable, Sendable {
        package var terms: [Int64: Intent] = [:]
        package var marks: [Int64: ActingMark] = [:]
        package var verdicts: [String: SelfVerdict] = [:]
        package var words = Words()
        /// In the order in which they were written.
        package var history: [JournalEntry] = []
        /// Steps so far, those that were not heard among them.
        package var steps = 0
    }

    /// What becomes of steps.
    package enum Weather: Equatable, Sendable {
        case fair
        /// Nobody gets there: unheard, and not done.
        case away
        /// Writes are done, and no answer is heard.
        case mute
    }

    private let state = Mutex((contents: Contents(), weather: Weather.fair))

    package init() {}

    package var contents: Contents { state.withLock { $0.contents } }
    package var caveat: String? { "control table in memory, of a test" }

    package func set(_ weather: Weather) { state.withLock { $0.weather = weather } }

    package func perform(_ step: ControlStep) -> FailoverAnswer {
        state.withLock { state in
            state.contents.steps += 1
            guard state.weather != .away else { return .unheard("the control table is away") }
            let answer = MemoryControlTable.perform(step, &state.contents)
            return state.weather == .mute ? .unheard("the control table is mute") : answer
        }
    }

    private static func perform(_ step: ControlStep, _ contents: inout Contents) -> FailoverAnswer {
        switch step {
        case .read: return .control(view(contents))
        case .writeVerdict(let verdict): contents.verdicts[verdict.controller] = verdict
        case .propose(let intent):
            guard intent.term > 0 else { return .refused("a term is 1 or more") }
            if let there = contents.terms[intent.term] { return there.token == intent.token ? .done : .conflict }
            contents.terms[intent.term] = intent
        case .writeProposal(let proposal):
            contents.words.proposal = proposal
            contents.words.approval = nil
        case .writePlan(let plan, let replaced):
            let there = contents.words.plan
            if there?.isAt(plan) == true { return .done }
            guard replaced.map({ there?.isAt($0) == true }) ?? (there?.state != .running) else { return .conflict }
            contents.words.plan = plan
        case .writeMark(let mark, let replaced):
            let there = contents.marks[mark.term]
            if there?.token == mark.token { return .done }
            guard contents.terms[mark.term] != nil, there?.token == replaced?.token else { return .conflict }
            contents.marks[mark.term] = mark
        case .write(let entry): if !contents.history.contains(entry) { contents.history.append(entry) }
        case .settleDrill(let record):
            if let there = contents.words.drills.first(where: { $0.schedule == record.schedule }), there.rank >= record.rank {
                return there == record ? .done : .conflict
            }
            contents.words.drills.removeAll { $0.schedule == record.schedule }
            contents.words.drills.append(record)
        case .writeHold(let hold): contents.words.hold = hold
        case .acknowledge(let term, _):
            guard contents.words.acknowledgedTerm < term else { return .conflict }
            contents.words.acknowledgedTerm = term
        case .writeApproval(let approval):
            guard contents.words.proposal?.id == approval.proposal else { return .conflict }
            contents.words.approval = approval
        }
        return .done
    }

    private static func view(_ contents: Contents) -> ControlView {
        let terms = contents.terms.values.sorted { $0.term > $1.term }.prefix(ControlView.termsMax)
        return ControlView(
            terms: Array(terms), marks: terms.compactMap { contents.marks[$0.term] },
            verdicts: contents.verdicts.values.sorted { $0.controller < $1.controller }, words: contents.words)
    }

    package func history(of term: Int64?, limit: Int) -> Result<[JournalEntry], ControlTableError> {
        state.withLock { state in
            guard state.weather == .fair else { return .failure(ControlTableError("the control table is away")) }
            let newest = state.contents.history.enumerated().sorted { ($0.element.at, $0.offset) > ($1.element.at, $1.offset) }
            return .success(Array(newest.map(\.element).filter { term == nil || $0.term == term }.prefix(max(limit, 0))))
        }
    }
}

extension ReturnPlan {
    fileprivate func isAt(_ other: ReturnPlan) -> Bool { id == other.id && state == other.state && after == other.after }
}
