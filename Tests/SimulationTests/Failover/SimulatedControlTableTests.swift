import FailoverCore
import TestSupport
import Testing

@testable import Simulation

@Suite("the simulated control table", .limited)
struct SimulatedControlTableTests {
    private let agenda = Agenda(start: FailoverPlan.start)

    private func intent(_ term: Int64, token: String) -> Intent {
        Intent(
            term: term, groups: [], cause: .manual, author: token, actor: FailoverPlan.regionNames[0], evidence: [],
            token: token,
            proposedAt: 0)
    }

    private func run() { while agenda.step() {} }

    @Test("a term has one author, and whoever repeats their own request is told that it is done")
    func terms() {
        let table = SimulatedControlTable(agenda: agenda, seed: 1)
        #expect(table.apply(.propose(intent(1, token: "a"))) == .done)
        #expect(table.apply(.propose(intent(1, token: "b"))) == .conflict)
        #expect(table.apply(.propose(intent(1, token: "a"))) == .done)
        #expect(table.view.terms.map(\.token) == ["a"])
    }

    @Test("a mark replaces the one that its writer has read, and no other")
    func marks() {
        let table = SimulatedControlTable(agenda: agenda, seed: 1)
        let first = ActingMark(term: 1, controller: "x", token: "1", state: .sending)
        let second = ActingMark(term: 1, controller: "y", token: "2", state: .sending)
        #expect(table.apply(.writeMark(first, replacing: nil)) == .done)
        #expect(table.apply(.writeMark(second, replacing: nil)) == .conflict)
        #expect(table.apply(.writeMark(second, replacing: first)) == .done)
        #expect(table.apply(.writeMark(first, replacing: first)) == .conflict)
        #expect(table.mark(of: 1) == second)
    }

    @Test("words: a smaller term acknowledges nothing, an approval needs its proposal, a running plan is not replaced blindly")
    func words() {
        let table = SimulatedControlTable(agenda: agenda, seed: 1)
        #expect(table.apply(.acknowledge(term: 3, by: "p")) == .done)
        #expect(table.apply(.acknowledge(term: 2, by: "p")) == .conflict)
        #expect(table.apply(.writeApproval(.init(proposal: "p", by: "p", isYes: true))) == .conflict)
        let proposal = Words.Proposal(id: "p", controller: "x", groups: [], actor: "r", evidence: [], at: 0, after: 3)
        #expect(table.apply(.writeProposal(proposal)) == .done)
        #expect(table.apply(.writeApproval(.init(proposal: "p", by: "p", isYes: true))) == .done)
        let plan = ReturnPlan(id: "1", by: "p", region: "r", goal: [], after: 3)
        let other = ReturnPlan(id: "2", by: "p", region: "r", goal: [], after: 3)
        #expect(table.apply(.writePlan(plan, replacing: nil)) == .done)
        #expect(table.apply(.writePlan(other, replacing: nil)) == .conflict)
        var stepped = plan
        stepped.after = 4
        #expect(table.apply(.writePlan(stepped, replacing: plan)) == .done)
        #expect(table.apply(.writePlan(other, replacing: plan)) == .conflict)
    }

    /// Each request sees all that were answered before it was sent, whatever is lost, late or repeated.
    @Test(
        "it is linearizable: what was answered is seen by every request that is sent afterwards",
        arguments: 1...5 as ClosedRange<UInt64>)
    func linearizable(seed: UInt64) {
        let table = SimulatedControlTable(agenda: agenda, seed: seed)
        (table.slow, table.lost, table.repeated) = (0.3, 0.3, 0.3)
        var random = SeededRandom(seed: seed)
        var answered: Int64 = 0
        var reads = 0
        var winners: [Int64: Set<String>] = [:]
        for number in 0..<300 {
            let region = random.below(2)
            agenda.after(Int64(random.between(0, 60_000))) { [agenda] in
                let floor = answered
                if number % 2 == 0 {
                    table.send(.read, from: region) { answer in
                        guard case .control(let view) = answer else { return }
                        reads += 1
                        #expect(view.newest?.term ?? 0 >= floor)
                        answered = max(answered, view.newest?.term ?? 0)
                    }
                } else {
                    let term = (table.newest?.term ?? 0) + 1
                    table.send(.propose(self.intent(term, token: "\(number)")), from: region) { answer in
                        guard answer == .done else { return }
                        winners[term, default: []].insert("\(number)")
                        answered = max(answered, term)
                    }
                }
                _ = agenda
            }
        }
        run()
        #expect(reads > 50)
        #expect(winners.count > 20)
        for (term, tokens) in winners { #expect(tokens == [table.intent(of: term)?.token]) }
    }

    @Test("whoever does not get there hears nothing after its time-out, and nothing happens")
    func away() {
        let table = SimulatedControlTable(agenda: agenda, seed: 1)
        table.isAway[1] = true
        var heard: FailoverAnswer?
        table.send(.propose(intent(1, token: "a")), from: 1) { heard = $0 }
        run()
        guard case .unheard = heard else { return #expect(Bool(false), "\(String(describing: heard))") }
        #expect(agenda.now == FailoverPlan.start + SimulatedControlTable.timeout)
        #expect(table.newest == nil)
        table.send(.propose(intent(1, token: "a")), from: 0) { heard = $0 }
        run()
        #expect(heard == .done)
    }
}
