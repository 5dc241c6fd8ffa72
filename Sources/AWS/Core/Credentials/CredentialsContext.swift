import HTTPClient
import JSON
import Platform

/// What sources beyond the environment's variables need.
struct CredentialsContext: Sendable {
    let environment: Environment
    let configuration: SharedConfiguration
    let http: HTTPClient

    /// The Region as far as it is known without asking anybody.
    var region: String? {
        environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? configuration.profile?["region"]
    }
}

extension AWSCredentials {
    /// Reads the JSON that metadata endpoints and credential processes share, but for what they call the token. Nil where a
    /// member is missing. Without an expiration they do not expire.
    init?(json root: JSONValue, token: StaticString, source: String) {
        guard let id = root.text("AccessKeyId"), let secret = root.text("SecretAccessKey"), !id.isEmpty, !secret.isEmpty else {
            return nil
        }
        var end: Timestamp?
        if let text = root.text("Expiration") {
            end = Timestamp(text)
            if end == nil { return nil }
        }
        self.init(
            accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: root.text(token).map { Secret($0) },
            expiration: end,
            source: source)
    }

    /// The same of a response's body.
    init?(_ response: HTTPResponse, source: String) {
        guard let read = try? response.readJSON({ AWSCredentials(json: $0, token: "Token", source: source) }) else {
            return nil
        }
        self = read
    }
}

extension CredentialsError {
    /// What an endpoint answered that gave no credentials. Its body may hold secrets and is not shown.
    init(_ source: String, _ origin: String, status: Int) {
        self.init(source, "\(origin) responded with \(status)" + (status == 200 ? " without usable credentials" : ""))
    }
}
