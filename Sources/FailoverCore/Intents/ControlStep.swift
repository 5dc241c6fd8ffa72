/// A request to the control table. Reads are consistent; a write is one item.
package enum ControlStep: Equatable, Sendable {
    /// ``FailoverAnswer/control(_:)``: terms, marks, verdicts and words.
    case read
    /// Under the controller's own key, without a condition.
    case writeVerdict(SelfVerdict)
    /// On the condition that there is no term of that number. Where no answer was heard the term is read back by its token.
    case propose(Intent)
    /// Puts a proposal, or withdraws it (nil).
    case writeProposal(Words.Proposal?)
    /// On the condition that the plan there is `replacing`, by id, state and `after`; nil: whatever is there is ended or absent.
    case writePlan(ReturnPlan, replacing: ReturnPlan?)
    /// On the condition that the term has no mark, or has `replacing`, by token.
    case writeMark(ActingMark, replacing: ActingMark?)
    /// A line of the history: appended, never changed.
    case write(JournalEntry)
    /// On the condition that there is no record of the schedule, or one of a smaller rank.
    case settleDrill(DrillRecord)

    // What people say.
    case writeHold(Words.Hold?)
    /// On the condition that a smaller term is acknowledged.
    case acknowledge(term: Int64, by: String)
    /// On the condition that the proposal is there.
    case writeApproval(Words.Approval)
}
