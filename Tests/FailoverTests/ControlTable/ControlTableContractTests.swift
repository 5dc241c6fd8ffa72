import Failover
import FailoverCore
import FailoverSupport
import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

/// What every control table promises.
@Suite("the contract of a control table", .waiting(minutes: 10))
struct ControlTableContractTests {
    enum Kind: CaseIterable, Sendable { case memory, folder, dynamoDB }

    /// One for all tests, each of which has a deployment of its own in it.
    private static let regions = Result { try StrongRegions() }

    private let folder = ScratchFolder()

    /// As many as are asked for, all of them the same table, as several processes have it; in DynamoDB in Region after Region.
    private func tables(_ kind: Kind, _ count: Int = 1) throws -> [any ControlTable] {
        let deployment = UUID().uuidString
        let memory = MemoryControlTable()
        return try (0..<count).map { number in
            switch kind {
            case .memory: return memory
            case .folder: return try LocalControlTable(folder.path)
            case .dynamoDB:
                let names = StrongRegions.names
                let order = (0..<names.count).map { names[(number + $0) % names.count] }
                return try Self.regions.get().control(order, deployment: deployment)
            }
        }
    }

    private func table(_ kind: Kind) throws -> any ControlTable { try #require(try tables(kind).first) }

    @Test("a new table has no terms, no words and no history", arguments: Kind.allCases)
    func beginsEmpty(_ kind: Kind) throws {
        let table = try table(kind)
        #expect(try table.view() == ControlView())
        #expect(try table.history(of: nil, limit: 10).get().isEmpty)
        #expect(table.caveat == nil || kind != .dynamoDB)
    }

    @Test("what one writes another one reads, whole", arguments: Kind.allCases)
    func readsBack(_ kind: Kind) throws {
        let both = try tables(kind, 2)
        let hold = Words.Hold(by: "Ada", why: "a \"drill\" at ten 🙂", at: 7)
        let verdict = SelfVerdict(
            region: "us-west-2", controller: "us-west-2/3f9c", counter: 41, state: .healthy, evidence: "3 contacts a minute",
            doubtsPeer: true)
        let approval = Words.Approval(proposal: "p", by: "Grace", isYes: false)
        let steps: [ControlStep] = [
            .propose(intent(1)), .propose(intent(2, token: "t2")), .writeMark(mark(2, "m"), replacing: nil),
            .writeVerdict(verdict),
            .writeHold(hold), .acknowledge(term: 1, by: "Ada"), .writeProposal(proposal("p")), .writeApproval(approval),
            .writePlan(plan("r", .running), replacing: nil),
        ]
        for step in steps { #expect(both[0].perform(step) == .done, "\(step)") }
        let words = Words(
            hold: hold, acknowledgedTerm: 1, proposal: proposal("p"), approval: approval, plan: plan("r", .running))
        let view = ControlView(
            terms: [intent(2, token: "t2"), intent(1)], marks: [mark(2, "m")], verdicts: [verdict], words: words)
        #expect(try both[1].view() == view)
    }

    @Test("of sixteen writers who race for a term one is its author, and all read the same", arguments: Kind.allCases)
    func oneAuthor(_ kind: Kind) throws {
        let writers = try tables(kind, 16)
        for term in Int64(1)...3 {
            let answers = race(writers) { number, table in table.perform(.propose(intent(term, token: "writer \(number)"))) }
            #expect(answers.count { $0 == .done } == 1)
            #expect(answers.count { $0 == .conflict } == 15, "\(answers)")
            let author = try #require(answers.firstIndex(of: .done))
            for table in writers { #expect(try table.view().newest?.token == "writer \(author)") }
        }
    }

    @Test("of sixteen writers who race for a mark or a plan one has it", arguments: Kind.allCases)
    func oneActor(_ kind: Kind) throws {
        let writers = try tables(kind, 16)
        #expect(writers[0].perform(.propose(intent(1))) == .done)
        for step in ["mark", "plan"] {
            let answers = race(writers) { number, table in
                step == "mark"
                    ? table.perform(.writeMark(mark(1, "m\(number)"), replacing: nil))
                    : table.perform(.writePlan(plan("r\(number)", .running), replacing: nil))
            }
            #expect(answers.count { $0 == .done } == 1)
            #expect(answers.count { $0 == .conflict } == 15, "\(answers)")
            let winner = try #require(answers.firstIndex(of: .done))
            let view = try writers[3].view()
            if step == "mark" {
                #expect(view.marks == [mark(1, "m\(winner)")])
            } else {
                #expect(view.words.plan?.id == "r\(winner)")
            }
        }
    }

    private func race(
        _ writers: [any ControlTable], _ step: @escaping @Sendable (Int, any ControlTable) -> FailoverAnswer
    ) -> [FailoverAnswer] {
        let answers = Mutex([FailoverAnswer?](repeating: nil, count: writers.count))
        let next = Mutex(0)
        runOnThreads(writers.count) {
            let number = next.withLock { next in
                next += 1
                return next - 1
            }
            let answer = step(number, writers[number])
            answers.withLock { $0[number] = answer }
        }
        return answers.withLock { $0.compactMap { $0 } }
    }

    @Test(
        "what became of a drill is settled by whoever is first; that it was begun beats that it did not run, and what is later all that was before",
        arguments: Kind.allCases)
    func drills(_ kind: Kind) throws {
        let schedule = "us-east-1 mon,thu 10:00+01:00 10m live"
        @Sendable func record(_ at: Int64, _ outcome: DrillRecord.Outcome, _ by: String) -> DrillRecord {
            DrillRecord(schedule: schedule, at: at, outcome: outcome, by: by)
        }
        let writers = try tables(kind, 16)
        let answers = race(writers) { number, table in
            table.perform(.settleDrill(record(1_000, .notRun("it is held"), "us-west-2/\(number)")))
        }
        #expect(answers.count { $0 == .done } == 1 && answers.count { $0 == .conflict } == 15, "\(answers)")
        let winner = "us-west-2/\(try #require(answers.firstIndex(of: .done)))"
        let table = try #require(writers.first)
        let steps: [(DrillRecord, FailoverAnswer)] = [
            // Whoever heard no answer says so again.
            (record(1_000, .notRun("it is held"), winner), .done), (record(999, .begun(term: 3), "b"), .conflict),
            (record(1_000, .begun(term: 3), "b"), .done), (record(1_000, .notRun("late"), "c"), .conflict),
            (record(2_000, .watched, "c"), .done),
        ]
        for (record, answer) in steps {
            #expect(table.perform(.settleDrill(record)) == answer, "\(record)")
            if answer == .done { #expect(try writers[1].view().words.drills == [record]) }
        }
        let other = DrillRecord(schedule: "us-west-2 daily 10:00 1m live", at: 7, outcome: .begun(term: 1), by: "b")
        #expect(table.perform(.settleDrill(other)) == .done)
        #expect(Set(try table.view().words.drills.map(\.schedule)) == [schedule, other.schedule])
    }

    @Test("a term is written once; its author may say so again", arguments: Kind.allCases)
    func terms(_ kind: Kind) throws {
        let table = try table(kind)
        #expect(table.perform(.propose(intent(7, token: "mine"))) == .done)
        #expect(table.perform(.propose(intent(7, token: "other"))) == .conflict)
        #expect(table.perform(.propose(intent(7, token: "mine", evidence: ["changed"]))) == .done)
        #expect(try table.view().terms == [intent(7, token: "mine")])
        guard case .refused = table.perform(.propose(intent(0))) else {
            Issue.record("a term of 0 is none")
            return
        }
    }

    @Test(
        "a mark replaces the one that its writer saw, and no other; a term that is not there has none", arguments: Kind.allCases
    )
    func marks(_ kind: Kind) throws {
        let table = try table(kind)
        #expect(table.perform(.writeMark(mark(1, "a"), replacing: nil)) == .conflict)
        for term in Int64(1)...2 { #expect(table.perform(.propose(intent(term))) == .done) }
        let steps: [(mark: ActingMark, replacing: ActingMark?, answer: FailoverAnswer)] = [
            (mark(1, "a"), nil, .done),
            // The same again: it is there.
            (mark(1, "a"), nil, .done),
            (mark(1, "b"), nil, .conflict),
            (mark(1, "b"), mark(1, "x"), .conflict),
            (mark(1, "b", .fulfilled), mark(1, "a"), .done),
            (mark(1, "c"), mark(1, "a"), .conflict),
            (mark(1, "c", .closed), mark(1, "b", .fulfilled), .done),
            (mark(2, "d"), mark(2, "a"), .conflict),
        ]
        for step in steps { #expect(table.perform(.writeMark(step.mark, replacing: step.replacing)) == step.answer, "\(step)") }
        #expect(try table.view().marks == [mark(1, "c", .closed)])
    }

    @Test("a plan replaces the one that its writer saw; a new one waits for the end of one that runs", arguments: Kind.allCases)
    func plans(_ kind: Kind) throws {
        let table = try table(kind)
        let steps: [(plan: ReturnPlan, replacing: ReturnPlan?, answer: FailoverAnswer)] = [
            (plan("a", .running, after: 2), plan("a", .running, after: 1), .conflict),
            (plan("a", .running, after: 1), nil, .done),
            (plan("a", .running, after: 1), nil, .done),
            (plan("b", .running, after: 1), nil, .conflict),
            (plan("a", .running, after: 2), plan("a", .running, after: 1), .done),
            (plan("a", .halted, after: 2), plan("a", .running, after: 1), .conflict),
            (plan("a", .halted, after: 2), plan("a", .running, after: 2), .done),
            (plan("b", .running, after: 3), nil, .done),
            (plan("b", .done, after: 3), plan("b", .running, after: 3), .done),
            (plan("c", .running, after: 4), nil, .done),
        ]
        for step in steps { #expect(table.perform(.writePlan(step.plan, replacing: step.replacing)) == step.answer, "\(step)") }
        #expect(try table.view().words.plan == plan("c", .running, after: 4))
    }

    @Test(
        "words of people: the greater acknowledgement stays, an approval needs its proposal, what is withdrawn is gone",
        arguments: Kind.allCases)
    func words(_ kind: Kind) throws {
        let table = try table(kind)
        let yes = Words.Approval(proposal: "p", by: "Ada", isYes: true)
        let steps: [(step: ControlStep, answer: FailoverAnswer)] = [
            (.acknowledge(term: 3, by: "Ada"), .done), (.acknowledge(term: 2, by: "Ada"), .conflict),
            (.acknowledge(term: 3, by: "Grace"), .conflict), (.acknowledge(term: 4, by: "Grace"), .done),
            (.writeApproval(yes), .conflict), (.writeProposal(proposal("p")), .done), (.writeApproval(yes), .done),
            (.writeApproval(yes), .done), (.writeProposal(proposal("q")), .done), (.writeApproval(yes), .conflict),
            (.writeHold(Words.Hold(by: "a", why: "b", at: 1)), .done),
            (.writeHold(Words.Hold(by: "c", why: "d", at: 2)), .done),
        ]
        for step in steps { #expect(table.perform(step.step) == step.answer, "\(step)") }
        let held = Words.Hold(by: "c", why: "d", at: 2)
        #expect(try table.view().words == Words(hold: held, acknowledgedTerm: 4, proposal: proposal("q")))
        for _ in 0..<2 {
            #expect(table.perform(.writeHold(nil)) == .done)
            #expect(table.perform(.writeProposal(nil)) == .done)
        }
        #expect(try table.view().words == Words(acknowledgedTerm: 4))
    }

    @Test("a verdict is its controller's own, and the last one stands", arguments: Kind.allCases)
    func verdicts(_ kind: Kind) throws {
        let table = try table(kind)
        func verdict(_ controller: String, _ counter: Int64) -> SelfVerdict {
            SelfVerdict(region: "r", controller: controller, counter: counter, state: .unknown, evidence: "")
        }
        // A controller that was started again begins anew.
        for next in [verdict("r/a", 9), verdict("r/b", 1), verdict("r/a", 10), verdict("r/a", 0)] {
            #expect(table.perform(.writeVerdict(next)) == .done)
        }
        let found = try table.view().verdicts.sorted { $0.controller < $1.controller }
        #expect(found == [verdict("r/a", 0), verdict("r/b", 1)])
    }

    @Test("a view has the newest terms, newest first, and marks of those", arguments: Kind.allCases)
    func newest(_ kind: Kind) throws {
        let table = try table(kind)
        let count = Int64(ControlView.termsMax) + 5
        for term in (1...count).shuffled() {
            #expect(table.perform(.propose(intent(term))) == .done)
            if term % 3 == 0 { #expect(table.perform(.writeMark(mark(term, "m"), replacing: nil)) == .done) }
        }
        let view = try table.view()
        let kept: [Int64] = (6...count).reversed()
        #expect(view.terms.map(\.term) == kept)
        #expect(view.marks.map(\.term) == kept.filter { $0 % 3 == 0 })
    }

    @Test("the history is read newest first, of a term or of all, no more than asked for", arguments: Kind.allCases)
    func history(_ kind: Kind) throws {
        let table = try table(kind)
        func entry(_ at: Int64) -> JournalEntry {
            JournalEntry(kind: .sent, term: at % 2, author: "us-west-2/3f9c", at: 1_780_000_000_000 + at, lines: ["line \(at)"])
        }
        for at in Array(Int64(1)...9).shuffled() { #expect(table.perform(.write(entry(at))) == .done) }
        // One that is written again is there already; another one of the same millisecond is not.
        #expect(table.perform(.write(entry(4))) == .done)
        var other = entry(10)
        other.at = entry(9).at
        #expect(table.perform(.write(other)) == .done)
        let all: [Int64] = [8, 7, 6, 5, 4, 3, 2, 1]
        let odd: [Int64] = [9, 7, 5]
        let found = try table.history(of: nil, limit: 100).get()
        #expect(found.prefix(2).allSatisfy { [entry(9), other].contains($0) } && found.count == 10)
        #expect(Array(found.dropFirst(2)) == all.map(entry))
        #expect(try table.history(of: 1, limit: 3).get() == odd.map(entry))
        #expect(try table.history(of: 5, limit: 3).get().isEmpty)
        #expect(try table.history(of: nil, limit: 0).get().isEmpty)
    }
}
