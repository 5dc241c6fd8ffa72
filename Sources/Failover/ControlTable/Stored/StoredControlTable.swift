import FailoverCore
import Platform

/// A control table that keeps ``ControlItem``s: what steps mean is said here, once; a conformance reads and writes items.
protocol StoredControlTable: ControlTable {
    /// The newest ``ControlView/termsMax`` terms, newest first, and all that is so now, each as it is by now: no write that was answered before is missing.
    func readItems() -> Result<(terms: [ControlItem], now: [ControlItem]), ControlFailure>
    /// ``FailoverAnswer/done``, `conflict`, `refused` or `unheard`.
    func write(_ write: ControlWrite) -> FailoverAnswer
    /// Lines of the history, newest first, until `take` wants no more.
    func readHistory(_ take: (ControlItem) -> Bool) -> ControlFailure?
    var verdicts: SilentVerdicts { get }
}

/// Why items could not be read or written.
enum ControlFailure: Error, Equatable, Sendable {
    /// Nothing was changed.
    case refused(String)
    /// What came of it is not known.
    case unheard(String)

    var answer: FailoverAnswer {
        switch self {
        case .refused(let why): .refused(why)
        case .unheard(let why): .unheard(why)
        }
    }

    var why: String {
        switch self {
        case .refused(let why), .unheard(let why): why
        }
    }
}

/// Names of items. Terms and times have leading zeros, so that they sort as texts.
enum ControlName {
    static let hold = "hold"
    static let acknowledged = "acknowledged"
    static let proposal = "proposal"
    static let plan = "plan"
    static let verdictPrefix = "verdict#"
    static let drillPrefix = "drill#"

    static func term(_ term: Int64) -> String { padded(term) }

    static func verdict(_ controller: String) -> String { verdictPrefix + controller }

    static func drill(_ schedule: String) -> String { drillPrefix + schedule }

    /// Of a line: its time, and what it says, as several may be written in one millisecond: one that is written again is the same.
    static func line(_ entry: JournalEntry) -> String {
        var hash = SHA256()
        Array(ControlCoding.entry(entry).utf8).withUnsafeBytes { hash.update(ByteView($0)) }
        return padded(entry.at) + "#" + hash.finalizeHex().prefix(16)
    }

    private static func padded(_ number: Int64) -> String {
        let digits = String(max(number, 0))
        return String(repeating: "0", count: 19 - digits.count) + digits
    }
}

extension StoredControlTable {
    package func perform(_ step: ControlStep) -> FailoverAnswer {
        if case .read = step { return read() }
        guard let change = change(step) else { return .refused("a term is 1 or more; this is \(step)") }
        guard change.byteCount <= ControlItem.valueBytesMax else {
            return .refused(
                "the item \(change.key.name) would have \(change.byteCount) bytes, more than \(ControlItem.valueBytesMax): name fewer groups"
            )
        }
        return write(change)
    }

    // MARK: - Writing

    private func change(_ step: ControlStep) -> ControlWrite? {
        switch step {
        case .read: return nil
        case .writeVerdict(let verdict):
            return .put(
                now(ControlName.verdict(verdict.controller), token: "\(verdict.counter)", ControlCoding.verdict(verdict)),
                on: .always)
        case .propose(let intent):
            guard intent.term > 0 else { return nil }
            let key = ControlItem.Key(shelf: .terms, name: ControlName.term(intent.term))
            return .put(
                ControlItem(key: key, token: intent.token, number: intent.term, value: ControlCoding.intent(intent)),
                on: .absent)
        case .writeProposal(let proposal?):
            return .put(now(ControlName.proposal, token: proposal.id, ControlCoding.proposal(proposal)), on: .always)
        case .writeProposal(nil): return .delete(key(ControlName.proposal), on: .always)
        case .writeApproval(let approval):
            let note = ControlItem.Note(
                token: "\(approval.proposal) \(approval.isYes) \(approval.by)", value: ControlCoding.approval(approval))
            return .note(note, of: key(ControlName.proposal), on: .token(approval.proposal))
        case .writePlan(let plan, let replaced):
            var item = now(ControlName.plan, token: token(plan), ControlCoding.plan(plan))
            item.isOpen = plan.state == .running
            return .put(item, on: replaced.map { .token(token($0)) } ?? .notOpen)
        case .writeMark(let mark, let replaced):
            let key = ControlItem.Key(shelf: .terms, name: ControlName.term(mark.term))
            let note = ControlItem.Note(token: mark.token, value: ControlCoding.mark(mark))
            return .note(note, of: key, on: replaced.map { .note($0.token) } ?? .noNote)
        case .write(let entry):
            let key = ControlItem.Key(shelf: .history, name: ControlName.line(entry))
            return .put(
                ControlItem(key: key, token: key.name, number: entry.term, value: ControlCoding.entry(entry)), on: .absent)
        case .writeHold(let hold?):
            return .put(now(ControlName.hold, token: "\(hold.at)", ControlCoding.hold(hold)), on: .always)
        case .writeHold(nil): return .delete(key(ControlName.hold), on: .always)
        case .acknowledge(let term, let by):
            var item = now(ControlName.acknowledged, token: by, "{}")
            item.number = term
            return .put(item, on: .below(term))
        case .settleDrill(let record):
            var item = now(
                ControlName.drill(record.schedule), token: "\(record.by) \(record.at)", ControlCoding.drill(record))
            item.number = record.rank
            return .put(item, on: .below(record.rank))
        }
    }

    private func key(_ name: String) -> ControlItem.Key { ControlItem.Key(shelf: .now, name: name) }

    private func now(_ name: String, token: String, _ value: String) -> ControlItem {
        ControlItem(key: key(name), token: token, value: value)
    }

    private func token(_ plan: ReturnPlan) -> String { "\(plan.id) \(plan.state.rawValue) \(plan.after)" }

    // MARK: - Reading

    private func read() -> FailoverAnswer {
        let items: (terms: [ControlItem], now: [ControlItem])
        do throws(ControlFailure) {
            items = try readItems().get()
        } catch {
            return error.answer
        }
        var view = ControlView()
        for item in items.terms {
            guard let intent = ControlCoding.intent(item.value) else { return unreadable(item) }
            view.terms.append(intent)
            guard let note = item.note else { continue }
            guard let mark = ControlCoding.mark(note.value) else { return unreadable(item) }
            view.marks.append(mark)
        }
        for item in items.now {
            guard take(item, into: &view) else { return unreadable(item) }
        }
        if let silent = verdicts.silent(view.verdicts) {
            // Whoever writes it again takes it up again; what comes of this does not matter.
            _ = write(.delete(key(ControlName.verdict(silent.controller)), on: .token("\(silent.counter)")))
        }
        return .control(view)
    }

    /// False where it cannot be read.
    private func take(_ item: ControlItem, into view: inout ControlView) -> Bool {
        switch item.key.name {
        case ControlName.hold:
            view.words.hold = ControlCoding.hold(item.value)
            return view.words.hold != nil
        case ControlName.acknowledged: view.words.acknowledgedTerm = item.number
        case ControlName.plan:
            view.words.plan = ControlCoding.plan(item.value)
            return view.words.plan != nil
        case ControlName.proposal:
            view.words.proposal = ControlCoding.proposal(item.value)
            view.words.approval = item.note.flatMap { ControlCoding.approval($0.value) }
            return view.words.proposal != nil && (item.note == nil || view.words.approval != nil)
        case let name where name.hasPrefix(ControlName.verdictPrefix):
            guard let verdict = ControlCoding.verdict(item.value) else { return false }
            view.verdicts.append(verdict)
        case let name where name.hasPrefix(ControlName.drillPrefix):
            guard let record = ControlCoding.drill(item.value) else { return false }
            view.words.drills.append(record)
        // A newer version's.
        default: break
        }
        return true
    }

    private func unreadable(_ item: ControlItem) -> FailoverAnswer {
        .refused(
            "the item \(item.key.name) cannot be read: a newer version wrote it, or somebody changed it by hand. Run the newest version in every Region"
        )
    }

    package func history(of term: Int64?, limit: Int) -> Result<[JournalEntry], ControlTableError> {
        var entries: [JournalEntry] = []
        guard limit > 0 else { return .success(entries) }
        let failure = readHistory { item in
            if term == nil || item.number == term, let entry = ControlCoding.entry(item.value) { entries.append(entry) }
            return entries.count < limit
        }
        if let failure { return .failure(ControlTableError(failure.why)) }
        return .success(entries)
    }
}
