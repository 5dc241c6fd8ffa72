import API
import FailoverCore
import TestSupport
import Testing

@testable import Worker

@Suite("what desktops are told of a failover", .limited)
struct FailoverNewsTests {
    private static let (east, west) = ("us-east-1", "us-west-2")

    private func intent(
        _ term: Int64, _ cause: Intent.Cause, east share: Int, plan: String? = nil, evidence: [String] = ["calls do not land"]
    ) -> Intent {
        let (east, west) = (Self.east, Self.west)
        let groups = [
            GroupShares(group: "second", shares: Shares(east, share: 50, other: west, hasSignIn: false)),
            GroupShares(group: "default", shares: Shares(east, share: share, other: west, hasSignIn: true)),
        ]
        return Intent(
            term: term, groups: groups, cause: cause, author: "ann", actor: share > 50 ? east : west, evidence: evidence,
            token: "t", proposedAt: 1_772_000_000_000 + term, plan: plan)
    }

    /// `terms`: newest last. `state`: of the newest one's mark.
    private func news(_ terms: [Intent], _ state: ActingMark.State?, plan: ReturnPlan? = nil) -> FailoverNews? {
        let mark = terms.last.flatMap { last in
            state.map { ActingMark(term: last.term, controller: "c", token: "t", state: $0) }
        }
        return FailoverNews(
            ControlView(terms: terms.reversed(), marks: mark.map { [$0] } ?? [], words: Words(plan: plan)))
    }

    private func plan(_ state: ReturnPlan.State) -> ReturnPlan {
        ReturnPlan(id: "p", by: "ann", region: Self.east, goal: [], state: state, after: 3)
    }

    @Test("without an intent there is nothing to tell, and what was found in force is no failover")
    func none() {
        #expect(news([], nil) == nil)
        #expect(news([intent(1, .adopted, east: 100)], nil)?.state == .over)
        #expect(
            news([intent(1, .adopted, east: 100), intent(2, .manual, east: 0), intent(3, .adopted, east: 0)], nil)?.state
                == .over)
    }

    @Test(
        "it is moving from the intent on until the groups show it, then moved",
        arguments: [Intent.Cause.automatic, .approved, .manual, .drill])
    func moves(cause: Intent.Cause) throws {
        let terms = [intent(1, .adopted, east: 100), intent(2, cause, east: 0)]
        let told = [nil, .sending, .fulfilled, .closed].map { news(terms, $0)?.state }
        #expect(told == [.moving, .moving, .moved, .moved])
        // Whether or not what was in force is known any more.
        #expect(news([terms[1]], .closed)?.state == .moved)
    }

    @Test("shares are those of the group that performs sign-in; who said why is not told")
    func told() {
        let terms = [intent(1, .adopted, east: 100), intent(2, .manual, east: 0, evidence: ["ann: rain", "and snow"])]
        #expect(
            news(terms, nil)
                == FailoverNews(
                    term: 2, state: .moving, telephony: [Self.east: 0, Self.west: 100],
                    agents: [Self.east: 0, Self.west: 100],
                    signIn: [Self.west], since: 1_772_000_000_002, why: "rain; and snow"))
    }

    @Test("a return step by step is under way until its plan is done, also while it is halted")
    func returns() {
        var terms = [
            intent(1, .adopted, east: 100), intent(2, .automatic, east: 0), intent(3, .returning, east: 50, plan: "p"),
        ]
        #expect(news(terms, .sending, plan: plan(.running))?.state == .returning)
        #expect(news(terms, .closed, plan: plan(.running))?.state == .returning)
        #expect(news(terms, .closed, plan: plan(.halted))?.state == .returning)
        terms.append(intent(4, .returning, east: 100, plan: "p"))
        #expect(news(terms, .sending, plan: plan(.done))?.state == .returning)
        #expect(news(terms, .closed, plan: plan(.done))?.state == .over)
        // And what comes then is a failover again.
        terms.append(intent(5, .automatic, east: 0))
        #expect(news(terms, .closed, plan: plan(.done))?.state == .moved)
    }

    @Test("a command or a drill's end that wants what was in force before is a return, too")
    func atOnce() {
        let terms = [intent(1, .adopted, east: 100), intent(2, .drill, east: 0), intent(3, .drill, east: 100)]
        #expect([nil, .fulfilled].map { news(terms, $0)?.state } == [.returning, .over])
        let partly = terms.dropLast() + [intent(3, .manual, east: 60)]
        #expect(news(Array(partly), .fulfilled)?.state == .moved)
    }
}
