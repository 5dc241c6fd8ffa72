import HTTPClient
import Platform

/// The endpoint of an ECS task or an EKS pod: `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` on 169.254.170.2, or
/// `AWS_CONTAINER_CREDENTIALS_FULL_URI`, with what `AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE` holds, read anew each time, or
/// `AWS_CONTAINER_AUTHORIZATION_TOKEN` (https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html).
struct ContainerCredentials: CredentialsSource {
    static let name = "container endpoint"
    static let attempts = 3
    /// Over plain HTTP the token goes nowhere else: ECS, EKS, EKS over IPv6.
    static let trustedHosts = ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "localhost", "[::1]"]

    let context: CredentialsContext

    func load() throws(CredentialsError) -> AWSCredentials? {
        guard let url = try url() else { return nil }
        var request = HTTPRequest(.get, url, headers: [HTTPHeader("Accept", "application/json")])
        request.timeouts = HTTPTimeouts(
            connect: .seconds(2), firstByte: .seconds(2), idle: .seconds(2), total: .seconds(5))
        request.bypassesProxy = true
        if let token = try token() { request.headers.append(HTTPHeader("Authorization", token)) }
        var failure = CredentialsError(Self.name, "never asked")
        for _ in 0..<Self.attempts {
            do throws(HTTPError) {
                let response = try context.http.perform(request)
                if response.status == 200, let credentials = AWSCredentials(response, source: Self.name) { return credentials }
                failure = CredentialsError(Self.name, url.origin, status: response.status)
            } catch {
                failure = CredentialsError(Self.name, error.description)
            }
        }
        throw failure
    }

    private func url() throws(CredentialsError) -> HTTPURL? {
        if let path = context.environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
            guard path.hasPrefix("/"), let url = HTTPURL("http://169.254.170.2\(path)") else {
                throw CredentialsError(Self.name, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with a slash")
            }
            return url
        }
        let variable = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
        guard let text = context.environment[variable] else { return nil }
        guard let url = HTTPURL(text) else { throw CredentialsError(Self.name, "\(variable) is not an http or https URL") }
        guard url.scheme == .https || Self.isTrusted(url.host) else {
            throw CredentialsError(
                Self.name,
                "\(variable) names \(url.host), which is neither this host nor a container endpoint of AWS; use https")
        }
        return url
    }

    static func isTrusted(_ host: String) -> Bool {
        if trustedHosts.contains(host) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private func token() throws(CredentialsError) -> String? {
        guard let path = context.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] else {
            return context.environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        }
        guard let text = contents(ofFile: path, bytesMax: 64 << 10) else {
            throw CredentialsError(Self.name, "cannot read the token file \(path)")
        }
        guard !text.isEmpty, !text.utf8.contains(where: { $0 < 0x20 }) else {
            throw CredentialsError(Self.name, "the token file \(path) is empty or contains a line break")
        }
        return text
    }
}
