import FailoverCore

/// Where intents, marks, verdicts and words are kept, outside the fate of either Region: a DynamoDB table with multi-Region strong consistency, or, for trying
/// it out on one machine, a folder.
package protocol ControlTable: Sendable {
    /// Does one step, and waits for its answer; at most some seconds, after which it was unheard. From any thread.
    ///
    /// A step that is done again with the same token or id is done, not a conflict: it is there.
    func perform(_ step: ControlStep) -> FailoverAnswer
    /// The history, newest first, of this term or of all (nil), at most `limit` entries.
    func history(of term: Int64?, limit: Int) -> Result<[JournalEntry], ControlTableError>
    /// What people have to be told wherever this table shows: that it is lost with one machine, or that nobody made sure of its consistency. Nil: nothing.
    var caveat: String? { get }
}

/// Why the control table cannot be used: what failed, where, why, and what to do.
package struct ControlTableError: Error, Equatable, CustomStringConvertible, Sendable {
    package let description: String

    package init(_ description: String) { self.description = description }
}
