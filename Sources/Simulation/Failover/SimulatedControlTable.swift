import FailoverCore

/// The control table: one linearizable table that both Regions reach over links of their own.
///
/// A request happens at one moment between call and answer. The answer may be lost, a request may happen twice, the second time long after, and whoever
/// hears nothing for ``timeout`` gives up. ``ControlStep`` says what each request does, and on which condition.
final class SimulatedControlTable {
    /// After how many milliseconds a caller gives up.
    static let timeout: Int64 = 4_000

    private let agenda: Agenda
    private var random: SeededRandom

    // What is about; the world sets it.
    /// By Region: whether it does not get there.
    var isAway = [false, false]
    /// The probabilities of a slow request, a lost answer, and a request that happens twice.
    var slow = 0.0
    var lost = 0.0
    var repeated = 0.0

    // What is in it.
    /// By term, the first one first.
    private(set) var terms: [Intent] = []
    private(set) var marks: [ActingMark] = []
    private(set) var verdicts: [SelfVerdict] = []
    private(set) var words = Words()
    private(set) var history: [JournalEntry] = []

    /// Whether a proposal is taken whatever is there: a mutant's.
    var isBlind = false
    /// Something was written.
    var onWrite: (ControlStep) -> Void = { _ in }
    /// A term was written again by somebody else.
    var onOverwritten: (Intent) -> Void = { _ in }

    /// History entries kept: enough for every seed; the oldest half goes where there are more.
    static let historyMax = 4_096

    init(agenda: Agenda, seed: UInt64) {
        self.agenda = agenda
        random = SeededRandom(seed: seed)
    }

    var newest: Intent? { terms.last }
    func intent(of term: Int64) -> Intent? { terms.last { $0.term == term } }
    func mark(of term: Int64) -> ActingMark? { marks.last { $0.term == term } }

    /// What a consistent read gives now.
    var view: ControlView {
        let newest = Array(terms.suffix(ControlView.termsMax).reversed())
        let oldest = newest.last?.term ?? 0
        return ControlView(
            terms: newest, marks: marks.filter { $0.term >= oldest }, verdicts: verdicts, words: words)
    }

    /// Sends a request from a Region; `answer` is called once.
    func send(_ step: ControlStep, from region: Int, _ answer: @escaping (FailoverAnswer) -> Void) {
        guard !isAway[region] else {
            agenda.after(Self.timeout) { answer(.unheard("the control table does not answer")) }
            return
        }
        let latency = Int64(slow > 0 && random.chance(slow) ? random.between(500, 8_000) : random.between(4, 60))
        let isLost = lost > 0 && random.chance(lost)
        var outcome = FailoverAnswer.unheard("the control table did not answer within \(Self.timeout) ms")
        var isApplied = false
        agenda.after(random.chance(0.5) ? latency / 2 : latency) { [self] in
            // What was on its way as the link was cut may be lost on either side of it.
            guard !isAway[region] || random.chance(0.5) else { return }
            outcome = apply(step)
            isApplied = true
        }
        if repeated > 0, random.chance(repeated) {
            // A client that heard nothing sent it again. Its answer is as good as the first one's.
            agenda.after(latency + Int64(random.between(1, 20_000))) { [self] in
                guard !isAway[region] else { return }
                _ = apply(step)
            }
        }
        let isHeard = !isLost && latency <= Self.timeout
        agenda.after(isHeard ? latency : Self.timeout) { [self] in
            answer(
                isHeard && isApplied && !isAway[region]
                    ? outcome : .unheard("the control table did not answer within \(Self.timeout) ms"))
        }
    }

    /// Does it, now.
    func apply(_ step: ControlStep) -> FailoverAnswer {
        if case .read = step { return .control(view) }
        let answer = written(step)
        if answer == .done { onWrite(step) }
        return answer
    }

    private func written(_ step: ControlStep) -> FailoverAnswer {
        switch step {
        case .read: return .control(view)
        case .writeVerdict(let verdict):
            verdicts.removeAll { $0.controller == verdict.controller }
            verdicts.append(verdict)
        case .propose(let intent): return propose(intent)
        case .writeProposal(let proposal): words.proposal = proposal
        case .writePlan(let plan, let replacing): return write(plan, replacing)
        case .writeMark(let mark, let replacing): return write(mark, replacing)
        case .write(let entry):
            if history.count >= Self.historyMax { history.removeFirst(Self.historyMax / 2) }
            history.append(entry)
        case .settleDrill(let record):
            if let there = words.drills.first(where: { $0.schedule == record.schedule }), there.rank >= record.rank {
                return there == record ? .done : .conflict
            }
            words.drills.removeAll { $0.schedule == record.schedule }
            words.drills.append(record)
        case .writeHold(let hold): words.hold = hold
        case .acknowledge(let term, _):
            guard words.acknowledgedTerm < term else { return .conflict }
            words.acknowledgedTerm = term
        case .writeApproval(let approval):
            guard words.proposal?.id == approval.proposal else { return .conflict }
            words.approval = approval
        }
        return .done
    }

    private func propose(_ intent: Intent) -> FailoverAnswer {
        if let place = terms.firstIndex(where: { $0.term == intent.term }) {
            // Its own, of which no answer was heard.
            if terms[place].token == intent.token { return .done }
            guard isBlind else { return .conflict }
            onOverwritten(intent)
            terms[place] = intent
            return .done
        }
        terms.append(intent)
        terms.sort { $0.term < $1.term }
        return .done
    }

    private func write(_ plan: ReturnPlan, _ replacing: ReturnPlan?) -> FailoverAnswer {
        if words.plan == plan { return .done }
        if let replacing {
            guard let there = words.plan, there.id == replacing.id, there.state == replacing.state,
                there.after == replacing.after
            else { return .conflict }
        } else if words.plan?.state == .running {
            return .conflict
        }
        words.plan = plan
        return .done
    }

    private func write(_ mark: ActingMark, _ replacing: ActingMark?) -> FailoverAnswer {
        let place = marks.firstIndex { $0.term == mark.term }
        if let place, marks[place] == mark { return .done }
        guard place.map({ marks[$0].token }) == replacing?.token else { return .conflict }
        if let place { marks[place] = mark } else { marks.append(mark) }
        return .done
    }
}
