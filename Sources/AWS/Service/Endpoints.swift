/// Where services are: as the environment or the profile says, else AWS's own address in a Region.
///
/// In this order, as the SDKs do (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html):
/// `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, the profile's `services` section, the profile's `endpoint_url`; none of them
/// where `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` or the profile's `ignore_configured_endpoint_urls` is true.
public struct Endpoints: Sendable {
    private let environment: Environment
    private let configuration: SharedConfiguration

    public init(_ environment: Environment, _ configuration: SharedConfiguration) {
        self.environment = environment
        self.configuration = configuration
    }

    /// The address of a service in a Region.
    public func url(_ service: AWSService, region: String) throws(ConfigurationError) -> HTTPURL {
        guard Endpoints.isRegion(region) else {
            throw ConfigurationError("\"\(region)\" is no Region; it reads like us-east-1")
        }
        if let (text, place) = configured(service) {
            guard let url = HTTPURL(text) else {
                throw ConfigurationError("the endpoint of \(service.name) in \(place) is no http or https URL without a user")
            }
            return url
        }
        return HTTPURL(scheme: .https, host: "\(service.signingName).\(region).\(Endpoints.domain(ofRegion: region))")
    }

    private func configured(_ service: AWSService) -> (url: String, place: String)? {
        let name = service.configurationName
        let profile = configuration.profile
        let isIgnored =
            environment["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] ?? profile?["ignore_configured_endpoint_urls"] ?? "false"
        if isIgnored.lowercased() == "true" { return nil }
        for variable in ["AWS_ENDPOINT_URL_\(name.uppercased())", "AWS_ENDPOINT_URL"] {
            if let url = environment[variable] { return (url, variable) }
        }
        guard let profile else { return nil }
        if let section = profile["services"], let url = configuration.service(name, in: section)?["endpoint_url"] {
            return (url, "the services section \(section)")
        }
        return profile["endpoint_url"].map { ($0, "profile \(configuration.profileName)") }
    }

    /// A Region becomes part of a host's name, so it has to be a label.
    private static func isRegion(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count < 64
            && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x7A || $0 == UInt8(ascii: "-") }
    }

    /// The domain of a Region's partition, as botocore's `partitions.json` has it.
    static func domain(ofRegion region: String) -> String {
        let domains = [
            ("cn-", "amazonaws.com.cn"), ("us-iso-", "c2s.ic.gov"), ("us-isob-", "sc2s.sgov.gov"),
            ("eu-isoe-", "cloud.adc-e.uk"),
            ("us-isof-", "csp.hci.ic.gov"), ("eusc-", "amazonaws.eu"),
        ]
        return domains.first { region.hasPrefix($0.0) }?.1 ?? "amazonaws.com"
    }
}

/// What is wrong with a setting, and where it stands. Holds no secrets.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
