/// Which Region has the traffic, as chat pages and desktops read it.
package struct ActiveRegion: Equatable, Sendable, CustomStringConvertible {
    package struct Shares: Equatable, Sendable {
        /// By Region, percent.
        package var telephony: [String: Int]
        package var agents: [String: Int]

        package init(telephony: [String: Int], agents: [String: Int]) {
            self.telephony = telephony
            self.agents = agents
        }
    }

    package var term: Int64
    /// The Region with the greatest share of telephony in the first group.
    package var region: String
    /// By group, the last part of its ARN.
    package var groups: [String: Shares]
    /// It is committed; Connect's groups do not show it yet.
    package var isPending: Bool

    package init(term: Int64, region: String, groups: [String: Shares], isPending: Bool) {
        self.term = term
        self.region = region
        self.groups = groups
        self.isPending = isPending
    }

    package var description: String { "\(region) of term \(term)\(isPending ? ", pending" : "")" }

    /// The newest of those that the Regions wrote: the greatest term, and of that one that is not pending any more.
    package static func newest(of rows: [ActiveRegion]) -> ActiveRegion? {
        rows.max { ($0.term, $0.isPending ? 0 : 1) < ($1.term, $1.isPending ? 0 : 1) }
    }
}
