/// How a traffic distribution group shares things out between the two Regions of a pair: what UpdateTrafficDistribution sets, and
/// GetTrafficDistribution answers. Equality does not ask for an order, since the service names the Regions in any.
public struct TrafficDistribution: Hashable, Sendable {
    /// Of new calls, the percentage for each Region.
    public var telephony: [String: Int]
    /// Of the agents of the group, the percentage that is active in each Region. Empty where the service says nothing.
    public var agents: [String: Int]
    /// Whether the servers of a Region perform sign-in. Nil for every group but the default one, which alone has it.
    public var signIn: [String: Bool]?

    public init(telephony: [String: Int], agents: [String: Int], signIn: [String: Bool]? = nil) {
        self.telephony = telephony
        self.agents = agents
        self.signIn = signIn
    }

    /// Why the service would not take it, as far as its rules are known; nil where it would. From botocore's service model and
    /// https://docs.aws.amazon.com/connect/latest/adminguide/update-telephony-traffic-distribution.html: both Regions are named, percentages are
    /// 0, 10 .. 100, those of telephony add up to 100. That those of agents have to is not said. Sign-in in no Region is refused here:
    /// what the service makes of it is not documented, and nobody could work.
    public func flaw(isDefault: Bool) -> String? {
        guard telephony.count == 2 else { return "telephony names \(telephony.count) Regions, not the two of the pair" }
        let regions = Set(telephony.keys)
        guard Set(agents.keys) == regions else { return "agents are not distributed over the Regions of telephony" }
        for (what, shares) in [("telephony", telephony), ("agents", agents)] {
            for (region, percentage) in shares.sorted(by: { $0.key < $1.key })
            where !(0...100).contains(percentage) || percentage % 10 != 0 {
                return "\(percentage) % of \(what) for \(region) is none of 0, 10 .. 100"
            }
        }
        let sum = telephony.values.reduce(0, +)
        guard sum == 100 else { return "the percentages of telephony add up to \(sum), not to 100" }
        guard let signIn else { return isDefault ? "sign-in of the default group is missing" : nil }
        guard isDefault else { return "sign-in belongs to the default group alone" }
        guard Set(signIn.keys) == regions else { return "sign-in does not name the Regions of telephony" }
        return signIn.values.contains(true) ? nil : "sign-in is off in both Regions"
    }
}
