import Foundation
import Servers
import TestSupport
import Testing

@testable import AWS
@testable import HTTPClient
@testable import Platform

/// Which address is asked, beside botocore's evaluation of the services' own endpoint rule sets.
@Suite("endpoints", .waiting(minutes: 5))
struct EndpointTests {
    private struct Case: Decodable {
        var service: String
        var region: String
        var fips: Bool
        var dualStack: Bool
        var url: String?
    }

    private static let services = [
        AWSService.kinesis, .dynamoDB, .dynamoDBStreams, .sts, .connect, .cloudWatch, .eventBridge, .sns, .health,
        .serviceQuotas, .route53, .iam,
    ]

    @Test("endpoints equal those of botocore's rule sets, for every service where it is used, with FIPS and dual stack")
    func oracle() throws {
        let programs = try PythonEnvironment.make("botocore-endpoints", "botocore==1.43.11")
        var count = 0
        for line in try Oracle.lines("endpoints.py", programs: programs) {
            let one = try JSONDecoder().decode(Case.self, from: line)
            let service = try #require(Self.services.first { $0.configurationName == one.service })
            let host = service.host(region: one.region, isFIPS: one.fips, isDualStack: one.dualStack)
            #expect(
                "https://\(host)" == one.url, "\(one.service) in \(one.region), FIPS \(one.fips), dual stack \(one.dualStack)")
            count += 1
        }
        #expect(count >= Self.services.count * 4 * 25)
    }

    private func endpoints(_ variables: [String: String], config: String = "") throws -> Endpoints {
        let scratch = try Scratch()
        let environment = try scratch.environment(config: config, variables)
        return Endpoints(environment, SharedConfiguration(environment))
    }

    private static let profile = """
        [default]
        use_fips_endpoint = true
        use_dualstack_endpoint = True
        [profile own]
        endpoint_url = http://own.example
        use_fips_endpoint = true
        ignore_configured_endpoint_urls = true
        """

    @Test(
        "FIPS and dual stack are selected by a variable, otherwise by the profile",
        arguments: [
            ([:], "kinesis-fips.eu-west-1.api.aws"),
            (["AWS_USE_FIPS_ENDPOINT": "false"], "kinesis.eu-west-1.api.aws"),
            (["AWS_USE_DUALSTACK_ENDPOINT": "FALSE"], "kinesis-fips.eu-west-1.amazonaws.com"),
            (["AWS_PROFILE": "none", "AWS_USE_FIPS_ENDPOINT": "TRUE"], "kinesis-fips.eu-west-1.amazonaws.com"),
            (["AWS_PROFILE": "own"], "kinesis-fips.eu-west-1.amazonaws.com"),
            (
                ["AWS_USE_FIPS_ENDPOINT": "", "AWS_ENDPOINT_URL": "http://x", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"],
                "kinesis-fips.eu-west-1.api.aws"
            ),
        ])
    func flags(variables: [String: String], expected: String) throws {
        #expect(try endpoints(variables, config: Self.profile).url(.kinesis, region: "eu-west-1").host == expected)
    }

    @Test(
        "the error for settings that cannot be combined, or are neither true nor false, contains their names",
        arguments: [
            (
                ["AWS_USE_FIPS_ENDPOINT": "true", "AWS_ENDPOINT_URL": "http://x"],
                [
                    "AWS_USE_FIPS_ENDPOINT", "AWS_ENDPOINT_URL", "FIPS", "Kinesis", "us-east-1",
                    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                ]
            ),
            (
                ["AWS_USE_DUALSTACK_ENDPOINT": "true", "AWS_ENDPOINT_URL_KINESIS": "http://x"],
                ["AWS_USE_DUALSTACK_ENDPOINT", "AWS_ENDPOINT_URL_KINESIS", "dual-stack"]
            ),
            (
                ["AWS_PROFILE": "own", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false"],
                ["use_fips_endpoint of profile own", "profile own"]
            ),
            (["AWS_USE_FIPS_ENDPOINT": "yes"], ["AWS_USE_FIPS_ENDPOINT", "\"yes\"", "true or false"]),
            (["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "1"], ["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true or false"]),
        ])
    func refused(variables: [String: String], words: [String]) throws {
        let config = variables["AWS_PROFILE"] == nil ? "" : Self.profile
        let endpoints = try endpoints(variables, config: config)
        let error = #expect(throws: ConfigurationError.self) { try endpoints.url(.kinesis, region: "us-east-1") }
        for word in words {
            #expect(error?.description.contains(word) == true, "\(word) in \(error?.description ?? "nothing")")
        }
    }

    @Test(
        "a global service is asked in one Region, whatever the configured one is, and in another partition only where that is said"
    )
    func global() throws {
        let scratch = try Scratch()
        let session = try AWSSession(scratch.environment(["AWS_REGION": "eu-west-2"]))
        let client = try session.client(.route53)
        #expect(client.region == "us-east-1" && client.endpoint.host == "route53.amazonaws.com")
        let error = #expect(throws: ConfigurationError.self) { try session.client(.iam, region: "cn-north-1") }
        #expect(error?.description.contains("AWS_ENDPOINT_URL_IAM") == true, "\(error?.description ?? "")")
        let elsewhere = try AWSSession(scratch.environment(["AWS_ENDPOINT_URL_ROUTE_53": "http://own.example"]))
        #expect(try elsewhere.client(.route53, region: "cn-northwest-1").endpoint.host == "own.example")
    }

    @Test("an endpoint that is given is the one that is asked, in its Region")
    func given() throws {
        let scratch = try Scratch()
        let session = try AWSSession(scratch.environment(["AWS_ENDPOINT_URL": "http://other.example"]))
        let url = try #require(HTTPURL("https://abcd.route53-recovery-cluster.us-west-2.amazonaws.com/v1"))
        let client = try session.client(RoutingControl.Endpoint(url: url, region: "us-west-2"))
        #expect(client.endpoint == url && client.region == "us-west-2")
        #expect(client.request("GetRoutingControlState", [], nil).url == url)
    }

    @Test("the error for a FIPS host name without an address says that there may be no such endpoint")
    func unresolved() {
        let error = HTTPError(.cannotResolve, "https://kinesis-fips.eu-west-1.amazonaws.com", "no such host")
        #expect("\(error)".contains("AWS_USE_FIPS_ENDPOINT"))
        #expect(!"\(HTTPError(.cannotResolve, "https://kinesis.eu-west-9.amazonaws.com", ""))".contains("FIPS"))
    }
}
