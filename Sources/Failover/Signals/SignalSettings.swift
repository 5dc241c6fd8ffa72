import HTTPClient

/// What failover looks with beside Connect's API, as it is configured.
package struct SignalSettings: Equatable, Sendable {
    /// Unless `failover.without-metrics`: whether CloudWatch's figures of calls are read.
    package var readsMetrics = true
    /// `failover.metrics.flows`: names of flows whose fatal errors are watched, ``MetricsSource/flowsMax`` at most.
    package var flows: [String] = []
    /// Unless `failover.without-aws-health`: whether AWS Health is asked.
    package var asksHealth = true
    /// `failover.synthetic.url`: where a synthetic call system tells what it heard (``SyntheticSource``); nil: there is none.
    package var syntheticURL: String?
    /// `failover.synthetic.token-file`: holds the bearer token for it.
    package var syntheticTokenFile: String?
    /// `failover.synthetic.age`: calls that are older say nothing.
    package var syntheticAgeMax: Int64 = 300_000
    /// `failover.word-file`: what people say of Regions (``WordSource``); nil: nobody is listened to.
    package var wordFile: String?
    /// Unless `failover.without-agents`: whether the other Region's agents are read out of the tables (``PeerAgentsSource``).
    package var readsPeerAgents = true
    /// `failover.global-routing`: whether the pair has it, so that each Region sees the other's contacts.
    package var hasGlobalRouting = false

    package init() {}

    package static let syntheticAges: ClosedRange<Int64> = 30_000...3_600_000

    /// What is wrong with it; empty where nothing is.
    package var problems: [String] {
        var problems: [String] = []
        if flows.count > MetricsSource.flowsMax {
            problems.append(
                "failover.metrics.flows names \(flows.count) flows; \(MetricsSource.flowsMax) are accepted: name those that most calls begin with"
            )
        }
        if let syntheticURL {
            if let url = HTTPURL(syntheticURL) {
                if url.scheme != .https, !["127.0.0.1", "[::1]", "localhost"].contains(url.host) {
                    problems.append(
                        "failover.synthetic.url is not https: only of this machine itself is a report taken without it")
                }
            } else {
                problems.append(
                    "failover.synthetic.url is no URL such as https://calls.example.com/report, without a user name")
            }
        } else if syntheticTokenFile != nil {
            problems.append("failover.synthetic.token-file is given without failover.synthetic.url")
        }
        if !SignalSettings.syntheticAges.contains(syntheticAgeMax) {
            problems.append("failover.synthetic.age is \(syntheticAgeMax / 1000) s; accepted: 30 s to 1 h")
        }
        return problems
    }
}
