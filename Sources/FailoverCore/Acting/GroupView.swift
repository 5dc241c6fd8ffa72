/// A traffic distribution group as Connect answers it.
package struct GroupView: Equatable, Sendable {
    package enum Status: Equatable, Sendable {
        /// It can be read and changed.
        case active
        /// An update still runs: `PENDING`, `UPDATE_IN_PROGRESS`.
        case updating
        /// Anything else, which nobody can wait for: `CREATION_FAILED`.
        case unusable(String)
    }

    package var group: String
    package var status: Status
    /// In force, or about to be.
    package var shares: Shares
    /// `LastFailoverTime`: moves with every update, whoever makes it. Milliseconds since 1970; nil where there never was one.
    package var changedAt: Int64?

    package init(group: String, status: Status, shares: Shares, changedAt: Int64?) {
        self.group = group
        self.status = status
        self.shares = shares
        self.changedAt = changedAt
    }
}
