import Synchronization

/// Counts requests that were refused to callers whose tokens are good, by why. Any thread may count.
package final class Denials: Sendable {
    /// The raw value is a label of a metric.
    package enum Reason: String, CaseIterable, Sendable {
        /// The token has none of the route's scopes.
        case scope
        /// An agent asks for what is not theirs.
        case agent
        /// More requests than the rate allows.
        case rate
        /// More streams at a time than a caller may have.
        case streams
        /// What was asked for is personal, and the log cannot be written.
        case audit
    }

    private let counts = Mutex<[Reason: Int]>([:])

    package init() {}

    package func count(_ reason: Reason) { counts.withLock { $0[reason, default: 0] += 1 } }

    /// Since the start.
    package subscript(_ reason: Reason) -> Int { counts.withLock { $0[reason] ?? 0 } }
}
