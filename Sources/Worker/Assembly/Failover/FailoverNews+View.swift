import API
import FailoverCore

extension FailoverNews {
    /// What the control table says of a failover; nil where there is no intent yet.
    ///
    /// The newest intent decides. It is a return where a person began one, or where it wants what was in force before: what was last adopted, or returned to. Shares
    /// are those of the group that performs sign-in, else of the first one, as agents follow it.
    init?(_ view: ControlView) {
        guard let newest = view.newest,
            let followed = newest.groups.first(where: { !$0.shares.signIn.isEmpty }) ?? newest.groups.first
        else { return nil }
        let shares = followed.shares
        let isInForce = view.mark(of: newest.term).map { $0.state != .sending } ?? false
        let state: State
        switch newest.cause {
        case .adopted: state = .over
        case .returning:
            let isDone = view.words.plan.map { $0.id != newest.plan || $0.state == .done } ?? true
            state = isInForce && isDone ? .over : .returning
        case .automatic, .approved, .manual, .drill:
            let before = view.terms.dropFirst().first { $0.cause == .adopted || $0.cause == .returning }
            let usual = before?.shares(of: followed.group)
            let isReturn = usual.map { $0.agents == shares.agents && $0.telephony == shares.telephony } ?? false
            state = isInForce ? (isReturn ? .over : .moved) : isReturn ? .returning : .moving
        }
        let signature = "\(newest.author): "
        self.init(
            term: newest.term, state: state, telephony: shares.telephony, agents: shares.agents,
            signIn: shares.signIn.filter(\.value).map(\.key), since: newest.proposedAt,
            // Who said it is nobody's matter whose desktop is told.
            why: newest.evidence.map { $0.hasPrefix(signature) ? String($0.dropFirst(signature.count)) : $0 }.joined(
                separator: "; "))
    }
}
