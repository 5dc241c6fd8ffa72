import JSON

/// How a failover stands, as clients of `/v1/changes` are told of it.
public struct FailoverNews: Equatable, Sendable {
    public enum State: String, Sendable {
        /// It is intended, and not in force everywhere.
        case moving
        /// It is in force.
        case moved
        /// What was in force before is to be so again.
        case returning
        /// It is, or what is in force is what is wanted: no failover is under way.
        case over = "none"
    }

    /// Counts up with each intent; within one the state goes forward.
    public var term: Int64
    public var state: State
    /// Shares in percent, by Region.
    public var telephony: [String: Int]
    public var agents: [String: Int]
    /// The Regions that perform sign-in.
    public var signIn: [String]
    /// When it was intended, by its writer's clock: milliseconds since 1970.
    public var since: Int64
    /// For people; at most ``whyMax`` characters.
    public var why: String

    public static let whyMax = 512

    public init(
        term: Int64, state: State, telephony: [String: Int], agents: [String: Int], signIn: [String], since: Int64, why: String
    ) {
        (self.term, self.state, self.telephony, self.agents) = (term, state, telephony, agents)
        (self.signIn, self.since, self.why) = (signIn.sorted(), since, String(why.prefix(FailoverNews.whyMax)))
    }

    /// As a server-sent event. It has no position: it is told again to who comes again. `age`: milliseconds since it was read.
    func event(age: Int64) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            json.member("term", term)
            json.member("state", state.rawValue)
            for (name, shares) in [("telephony", telephony), ("agents", agents)] {
                json.key(name)
                json.object { json in
                    for (region, share) in shares.sorted(by: { $0.key < $1.key }) {
                        json.key(region)
                        json.integer(Int64(share))
                    }
                }
            }
            json.array("signIn") { json in for region in signIn { json.string(region) } }
            json.member("since", since)
            json.member("why", why)
            json.member("ageMs", age)
        }
        return Array("event: failover\ndata: ".utf8) + json.bytes + Array("\n\n".utf8)
    }
}
