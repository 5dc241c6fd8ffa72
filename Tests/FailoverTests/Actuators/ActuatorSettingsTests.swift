import AWS
import Failover
import Platform
import TestSupport
import Testing

@Suite("Settings of actuators", .limited)
struct ActuatorSettingsTests {
    static let regions = [Intents.east, Intents.west]

    static func settings(_ change: (inout ActuatorSettings) -> Void) -> ActuatorSettings {
        var settings = ActuatorSettings()
        change(&settings)
        return settings
    }

    @Test("nothing is given, nothing is there")
    func none() throws {
        let session = try AWSSession(Environment(["AWS_REGION": Intents.west]))
        let settings = ActuatorSettings()
        #expect(settings.problems(regions: Self.regions) == [])
        #expect(try settings.actuators(session, own: Intents.west, regions: Self.regions) { _ in }.all.isEmpty)
    }

    @Test("each that is given is there, by name")
    func all() throws {
        let session = try AWSSession(Environment(["AWS_REGION": Intents.west]))
        let settings = Self.settings {
            $0.activeRegionTable = "failover"
            $0.route53Records = ["Z1/chat.example.com/CNAME", "Z1/api.example.com/A"]
            $0.route53Identifiers = ["\(Intents.east)=primary", "\(Intents.west)=standby"]
            $0.routingControlEndpoints = ["\(Intents.west)=https://a.example.com/v1"]
            $0.routingControls = ["\(Intents.east)=arn:a", "\(Intents.west)=arn:b"]
            $0.webhookURL = "https://ops.example.com/hook"
            $0.webhookSecretFile = "/run/secret"
            $0.eventBus = "default"
            $0.topic = "arn:aws:sns:us-west-2:111122223333:ops"
        }
        #expect(settings.problems(regions: Self.regions) == [])
        let actuators = try settings.actuators(session, own: Intents.west, regions: Self.regions) { _ in }
        #expect(
            actuators.statuses.map(\.name) == ["active-region", "route53", "routing-controls", "webhook", "eventbridge", "sns"])
    }

    @Test("what is wrong is said with the key, and what is accepted")
    func problems() {
        let cases: [((inout ActuatorSettings) -> Void, String)] = [
            (
                { $0.route53Records = ["chat.example.com"] },
                "failover.actuators.route53.records: 'chat.example.com' is not accepted; give ZONE/NAME/TYPE"
            ),
            ({ $0.route53Records = ["Z/n/TXT"] }, "with a type of A, AAAA or CNAME"),
            (
                { $0.route53Identifiers = ["eu-west-1=x"] },
                "failover.actuators.route53.identifiers: 'eu-west-1=x' is not accepted; give REGION=VALUE"
            ),
            (
                { $0.routingControls = ["us-east-1=a", "us-west-2=b"] },
                "endpoints and failover.actuators.routing-controls.controls require each other"
            ),
            (
                {
                    $0.routingControls = ["us-east-1=a"]
                    $0.routingControlEndpoints = ["us-west-2=https://a"]
                }, "names no routing control of us-west-2"
            ),
            ({ $0.routingControlEndpoints = ["https://a"] }, "give REGION=URL"),
            ({ $0.webhookURL = "http://ops.example.com/" }, "is not encrypted: give an https URL"),
            ({ $0.webhookURL = "https://ops.example.com/" }, "failover.actuators.webhook.secret-file require each other"),
            ({ $0.webhookURL = "https://user@ops.example.com/" }, "is not an http or https URL without a user name"),
            ({ $0.topic = "ops" }, "is no ARN of a topic"),
            ({ $0.notices = ["moved"] }, "'moved' is not accepted; accepted: suspected, cleared, proposed"),
        ]
        for (change, says) in cases {
            let problems = Self.settings(change).problems(regions: Self.regions)
            #expect(problems.contains { $0.contains(says) }, "\(problems)")
        }
    }

    @Test(
        "http is accepted of this machine alone",
        arguments: ["http://127.0.0.1:8080/x", "http://localhost/", "http://[::1]:9/"])
    func loopback(url: String) {
        let settings = Self.settings {
            $0.webhookURL = url
            $0.webhookSecretFile = "/run/secret"
        }
        #expect(settings.problems(regions: Self.regions) == [])
    }
}
