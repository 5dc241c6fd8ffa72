import TestSupport
import Testing

@testable import AWS
@testable import Platform

@Suite("the shared configuration files", .limited)
struct SharedConfigurationTests {
    private static let config = """
        # a comment
        [default]
        region = eu-west-1
        aws_secret_access_key = from config
        [profile  one]
        Region=eu-central-1
        ; another
        s3 =
          max_concurrent_requests = 20
        endpoint_url = http://one.example
        services = local
        [profile "with blanks"]
        region = us-west-2
        [plain]
        region = not a profile here
        [services local]
        dynamodb =
          endpoint_url = http://dynamodb.example:8000
        route_53 =
            endpoint_url = http://route53.example
        garbage without a mark
        """

    private static let credentials = """
        [default]
        aws_access_key_id = AKID
        aws_secret_access_key = from = credentials
        [plain]
        aws_access_key_id=AKIDPLAIN
        """

    private func read(_ variables: [String: String] = [:]) throws -> (Environment, SharedConfiguration) {
        let scratch = try Scratch()
        let environment = try scratch.environment(config: Self.config, credentials: Self.credentials, variables)
        return (environment, SharedConfiguration(environment))
    }

    @Test("the two files are combined by profile, and the credentials file takes precedence")
    func profiles() throws {
        let (_, shared) = try read()
        #expect(shared.profileName == "default" && !shared.isProfileNamed)
        #expect(shared.profile?["region"] == "eu-west-1")
        #expect(shared.profile?["aws_secret_access_key"] == "from = credentials")
        #expect(shared.profile("one")?["region"] == "eu-central-1")
        #expect(shared.profile("one")?["max_concurrent_requests"] == nil)
        #expect(shared.profile("with blanks")?["region"] == "us-west-2")
        #expect(shared.profile("plain") == ["aws_access_key_id": "AKIDPLAIN"])
    }

    @Test("the configuration is empty if there are no files")
    func missing() {
        let shared = SharedConfiguration(Environment(["HOME": "/nonexistent", "AWS_PROFILE": "x"]))
        #expect(shared.profile == nil && shared.isProfileNamed)
    }

    private static let dynamoDB = "http://dynamodb.example:8000"

    @Test(
        "an endpoint comes from the service's variable, the general variable, the services section, the profile, or AWS, in this order",
        arguments: [
            (["AWS_ENDPOINT_URL_DYNAMODB": "http://a", "AWS_ENDPOINT_URL": "http://b", "AWS_PROFILE": "one"], "http://a"),
            (["AWS_ENDPOINT_URL": "http://b/path", "AWS_PROFILE": "one"], "http://b"),
            (["AWS_PROFILE": "one"], dynamoDB),
            (
                ["AWS_PROFILE": "one", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"],
                "https://dynamodb.eu-west-3.amazonaws.com"
            ),
            ([:], "https://dynamodb.eu-west-3.amazonaws.com"),
        ])
    func endpoints(variables: [String: String], expected: String) throws {
        let (environment, shared) = try read(variables)
        #expect(try Endpoints(environment, shared).url(.dynamoDB, region: "eu-west-3").origin == expected)
    }

    @Test("a service without a separate endpoint has the profile's")
    func profileEndpoint() throws {
        let (environment, shared) = try read(["AWS_PROFILE": "one"])
        #expect(try Endpoints(environment, shared).url(.kinesis, region: "eu-west-3").origin == "http://one.example")
    }

    @Test("a Region that is not a valid host label is refused", arguments: ["", "evil.example/", "us east", "US-EAST-1"])
    func badRegion(region: String) throws {
        let (environment, shared) = try read()
        #expect(throws: ConfigurationError.self) { try Endpoints(environment, shared).url(.kinesis, region: region) }
    }

    @Test("the error for an endpoint that is not a URL contains its place and not its value")
    func badEndpoint() throws {
        let (environment, shared) = try read(["AWS_ENDPOINT_URL": "http://user:hush@host/"])
        let error = #expect(throws: ConfigurationError.self) { try Endpoints(environment, shared).url(.kinesis, region: "r") }
        #expect(error?.description.contains("AWS_ENDPOINT_URL") == true && error?.description.contains("hush") == false)
    }
}
