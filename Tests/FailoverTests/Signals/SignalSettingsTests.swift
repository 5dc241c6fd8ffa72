import AWS
import Failover
import Platform
import TestSupport
import Testing

@Suite("what failover looks with, as it is configured", .limited)
struct SignalSettingsTests {
    private func settings(_ change: (inout SignalSettings) -> Void) -> SignalSettings {
        var settings = SignalSettings()
        change(&settings)
        return settings
    }

    @Test("what is not accepted is said by its key")
    func problems() {
        let cases: [((inout SignalSettings) -> Void, String?)] = [
            ({ _ in }, nil),
            ({ $0.syntheticURL = "https://calls.example.com/report" }, nil),
            ({ $0.syntheticURL = "http://127.0.0.1:8080/report" }, nil),
            ({ $0.syntheticURL = "http://calls.example.com/report" }, "failover.synthetic.url"),
            ({ $0.syntheticURL = "https://me:secret@calls.example.com/report" }, "failover.synthetic.url"),
            ({ $0.syntheticURL = "calls.example.com" }, "failover.synthetic.url"),
            ({ $0.syntheticTokenFile = "/run/token" }, "failover.synthetic.token-file"),
            ({ $0.syntheticAgeMax = 29_999 }, "failover.synthetic.age"),
            ({ $0.syntheticAgeMax = 3_600_001 }, "failover.synthetic.age"),
            ({ $0.flows = (0..<10).map { "flow \($0)" } }, nil),
            ({ $0.flows = (0..<11).map { "flow \($0)" } }, "failover.metrics.flows"),
        ]
        for (change, key) in cases {
            let problems = settings(change).problems
            #expect(problems.count == (key == nil ? 0 : 1), "\(problems)")
            #expect(problems.allSatisfy { $0.hasPrefix(key ?? "") && !$0.contains("secret") })
        }
    }

    @Test("there is a source for each thing that is configured")
    func sources() throws {
        let session = try AWSSession(
            Environment(["AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"]))
        func names(_ change: (inout SignalSettings) -> Void) throws -> [String] {
            try settings(change).sources(session, instance: "i", regions: ["us-west-2", "us-east-1"], counts: .init()).map(
                \.name)
        }
        #expect(try names { _ in } == ["cloudwatch/us-west-2", "cloudwatch/us-east-1", "aws-health"])
        #expect(
            try names {
                ($0.readsMetrics, $0.asksHealth) = (false, false)
                $0.syntheticURL = "https://calls.example.com/report"
                $0.wordFile = "/etc/converge/word"
            } == ["synthetic/calls.example.com", "person"])
    }
}
