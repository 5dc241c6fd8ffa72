/// How much a Region has to lose.
package struct Volume: Equatable, Sendable {
    /// Contacts that are expected to start there in a minute at its share; nil where nothing is known to expect.
    package var starts: Double?
    /// Agents online there when they were last heard of; nil where nobody knows.
    package var agents: Int?
    /// On the controller's clock.
    package var observedAt: Int64

    package init(starts: Double?, agents: Int?, observedAt: Int64) {
        self.starts = starts
        self.agents = agents
        self.observedAt = observedAt
    }

    /// What was heard longer ago says nothing of now.
    package static let ageMax: Int64 = 3_600_000
}
