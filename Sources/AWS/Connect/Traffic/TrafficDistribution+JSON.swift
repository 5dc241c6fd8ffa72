import JSON

extension TrafficDistribution {
    /// Nil where telephony is missing, or something is said in another form than documented.
    init?(_ root: JSONValue) {
        guard
            let telephony = TrafficDistribution.shares(
                root, "TelephonyConfig", "Percentage", { $0.integer.flatMap(Int.init(exactly:)) }),
            !telephony.isEmpty,
            let agents = TrafficDistribution.shares(
                root, "AgentConfig", "Percentage", { $0.integer.flatMap(Int.init(exactly:)) }),
            let signIn = TrafficDistribution.shares(root, "SignInConfig", "Enabled", \.bool)
        else { return nil }
        self.init(telephony: telephony, agents: agents, signIn: signIn.isEmpty ? nil : signIn)
    }

    /// Empty where the configuration is missing.
    private static func shares<Share>(
        _ root: JSONValue, _ configuration: StaticString, _ name: StaticString, _ read: (JSONValue) -> Share?
    ) -> [String: Share]? {
        guard let configuration = root.member(configuration), !configuration.isNull else { return [:] }
        guard let list = configuration.member("Distributions"), list.isArray else { return nil }
        var shares: [String: Share] = [:]
        for element in list.elements {
            guard let region = element.text("Region"), let share = element.member(name).flatMap(read), shares[region] == nil
            else {
                return nil
            }
            shares[region] = share
        }
        return shares
    }

    /// The members of an update, Regions in alphabetical order.
    func write(to json: inout JSONWriter) {
        TrafficDistribution.write("TelephonyConfig", telephony, to: &json) { $0.member("Percentage", $1) }
        TrafficDistribution.write("AgentConfig", agents, to: &json) { $0.member("Percentage", $1) }
        if let signIn { TrafficDistribution.write("SignInConfig", signIn, to: &json) { $0.member("Enabled", $1) } }
    }

    private static func write<Share>(
        _ configuration: StaticString, _ shares: [String: Share], to json: inout JSONWriter,
        _ share: (inout JSONWriter, Share) -> Void
    ) {
        json.object(configuration) { json in
            json.array("Distributions") { json in
                for (region, value) in shares.sorted(by: { $0.key < $1.key }) {
                    json.object { json in
                        json.member("Region", region)
                        share(&json, value)
                    }
                }
            }
        }
    }
}
