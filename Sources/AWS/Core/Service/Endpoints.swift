import HTTPClient
import Platform

/// Where services are: as the environment or the profile says, else AWS's own address in a Region.
///
/// In this order, as the SDKs do (https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html):
/// `AWS_ENDPOINT_URL_<SERVICE>`, `AWS_ENDPOINT_URL`, the profile's `services` section, the profile's `endpoint_url`; none of them
/// where `AWS_IGNORE_CONFIGURED_ENDPOINT_URLS` or the profile's `ignore_configured_endpoint_urls` is true. AWS's own address is the
/// one of FIPS 140 where `AWS_USE_FIPS_ENDPOINT` or the profile's `use_fips_endpoint` is true, and the one that IPv6 reaches, too,
/// where `AWS_USE_DUALSTACK_ENDPOINT` or `use_dualstack_endpoint` is; either together with an address of one's own is refused, as the
/// services' rule sets have it (https://docs.aws.amazon.com/sdkref/latest/guide/feature-endpoints.html).
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
            throw ConfigurationError("\"\(region)\" is not a Region; give one such as us-east-1")
        }
        let fips = try flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint")
        let dualStack = try flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")
        if let (text, place) = try configured(service) {
            guard let url = HTTPURL(text) else {
                throw ConfigurationError(
                    "the endpoint of \(service.name) in \(place) must be an http or https URL without a user name")
            }
            if let (kind, asked) = fips.map({ ("FIPS", $0) }) ?? dualStack.map({ ("dual-stack", $0) }) {
                throw ConfigurationError(
                    "\(asked) selects the \(kind) endpoint of \(service.name) in \(region), but \(place) sets another one: "
                        + "they cannot be combined; remove one of them, or set AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true"
                )
            }
            return url
        }
        if service.isGlobal, region != AWSService.globalRegion {
            throw ConfigurationError(
                "\(service.name) is one for all Regions of AWS's commercial partition, and is asked in \(AWSService.globalRegion), "
                    + "not in \(region); for another partition set AWS_ENDPOINT_URL_\(service.configurationName.uppercased())")
        }
        let host = service.host(region: region, isFIPS: fips != nil, isDualStack: dualStack != nil)
        return HTTPURL(scheme: .https, host: host)
    }

    private func configured(_ service: AWSService) throws(ConfigurationError) -> (url: String, place: String)? {
        let name = service.configurationName
        if try flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls") != nil { return nil }
        for variable in ["AWS_ENDPOINT_URL_\(name.uppercased())", "AWS_ENDPOINT_URL"] {
            if let url = environment[variable] { return (url, variable) }
        }
        guard let profile = configuration.profile else { return nil }
        if let section = profile["services"], let url = configuration.service(name, in: section)?["endpoint_url"] {
            return (url, "the services section \(section)")
        }
        return profile["endpoint_url"].map { ($0, "profile \(configuration.profileName)") }
    }

    /// Where it says true, of the variable and the profile's key behind it; nil where the first that is set says false, or none is.
    private func flag(_ variable: String, _ key: String) throws(ConfigurationError) -> String? {
        let (text, place): (String, String)
        if let said = environment[variable] {
            (text, place) = (said, variable)
        } else if let said = configuration.profile?[key] {
            (text, place) = (said, "\(key) of profile \(configuration.profileName)")
        } else {
            return nil
        }
        switch text.lowercased() {
        case "true": return place
        case "false": return nil
        default: throw ConfigurationError("\(place) is \"\(text)\"; give true or false")
        }
    }

    /// A Region becomes part of a host's name, so it has to be a label.
    private static func isRegion(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count < 64
            && text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x7A || $0 == UInt8(ascii: "-") }
    }
}

/// What is wrong with a setting, and where it stands. Holds no secrets.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}
