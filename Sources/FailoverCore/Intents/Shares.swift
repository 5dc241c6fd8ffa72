/// What a traffic distribution group is to give each Region. Percentages are 0 to 100 in steps of 10.
package struct Shares: Hashable, Sendable {
    /// By Region; they sum to 100.
    package var telephony: [String: Int]
    /// By Region; they sum to 100, as Converge writes them.
    package var agents: [String: Int]
    /// By Region: whether its servers perform sign-in. Empty unless the group is the default one.
    package var signIn: [String: Bool]

    package init(telephony: [String: Int], agents: [String: Int], signIn: [String: Bool] = [:]) {
        self.telephony = telephony
        self.agents = agents
        self.signIn = signIn
    }

    /// Telephony and agents at `share` percent for `region` and the rest for `other`. Where the group has sign-in, a Region with a share has it.
    package init(_ region: String, share: Int, other: String, hasSignIn: Bool) {
        let split = [region: share, other: 100 - share]
        self.init(telephony: split, agents: split, signIn: hasSignIn ? split.mapValues { $0 > 0 } : [:])
    }

    /// What is wrong with it by AWS's rules; nil where nothing is.
    package var problem: String? {
        for (name, split) in [("telephony", telephony), ("agents", agents)] {
            guard split.count == 2 else { return "\(name) names \(split.count) Regions, not both of the pair" }
            guard split.values.allSatisfy({ $0 >= 0 && $0 <= 100 && $0 % 10 == 0 }) else {
                return "\(name) has a share that is not 0 to 100 in steps of 10"
            }
            guard split.values.reduce(0, +) == 100 else { return "\(name) sums to \(split.values.reduce(0, +)), not 100" }
        }
        guard Set(agents.keys) == Set(telephony.keys) else { return "telephony and agents name other Regions" }
        guard signIn.isEmpty || Set(signIn.keys) == Set(telephony.keys) else { return "sign-in names other Regions" }
        guard signIn.isEmpty || signIn.values.contains(true) else { return "no Region performs sign-in" }
        return nil
    }
}

/// A traffic distribution group, and what it is to give.
package struct GroupShares: Hashable, Sendable {
    /// Its ARN, as the source Region has it; the same in both Regions.
    package var group: String
    package var shares: Shares

    package init(group: String, shares: Shares) {
        self.group = group
        self.shares = shares
    }
}
