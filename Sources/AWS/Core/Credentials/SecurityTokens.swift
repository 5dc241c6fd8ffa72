import HTTPClient
import Platform

/// The two operations of AWS STS that turn one identity into another's temporary credentials.
struct SecurityTokens: Sendable {
    let context: CredentialsContext
    /// The Region of the STS asked; nil asks the global one.
    let region: String?

    struct Role: Sendable {
        var arn: String
        var sessionName: String?
        var externalID: String?
        var durationSeconds: Int?
    }

    func assume(_ role: Role, with credentials: AWSCredentials, source: String) throws(CredentialsError) -> AWSCredentials {
        var form = SecurityTokens.form(role)
        if let id = role.externalID { form.append("ExternalId", id) }
        return try perform("AssumeRole", form, CredentialsProvider(credentials), source)
    }

    func assume(_ role: Role, webIdentityToken: Secret, source: String) throws(CredentialsError) -> AWSCredentials {
        var form = SecurityTokens.form(role)
        form.append("WebIdentityToken", webIdentityToken.revealed)
        return try perform("AssumeRoleWithWebIdentity", form, nil, source)
    }

    private static func form(_ role: Role) -> QueryForm {
        var form = QueryForm()
        form.append("RoleArn", role.arn)
        form.append("RoleSessionName", role.sessionName ?? "converge-\(Timestamp.now.milliseconds / 1000)")
        if let seconds = role.durationSeconds { form.append("DurationSeconds", "\(seconds)") }
        return form
    }

    private func perform(
        _ operation: String, _ form: QueryForm, _ credentials: CredentialsProvider?, _ source: String
    ) throws(CredentialsError) -> AWSCredentials {
        let signingRegion = region ?? "us-east-1"
        var endpoint: HTTPURL
        do throws(ConfigurationError) {
            endpoint = try Endpoints(context.environment, context.configuration).url(.sts, region: signingRegion)
        } catch {
            throw CredentialsError(source, error.description)
        }
        if region == nil, endpoint.host == "sts.us-east-1.amazonaws.com" { endpoint.host = "sts.amazonaws.com" }
        let client = ServiceClient(
            .sts, region: signingRegion, endpoint: endpoint, http: context.http, credentials: credentials)
        let response: HTTPResponse
        do throws(AWSError) {
            response = try client.perform(operation, form.bytes)
        } catch {
            throw CredentialsError(source, error.description)
        }
        guard let read = SecurityTokens.credentials(response, source) else {
            throw CredentialsError(source, "the response of STS \(operation) has no usable credentials")
        }
        return read
    }

    private static func credentials(_ response: HTTPResponse, _ source: String) -> AWSCredentials? {
        response.body.withBytes { body in
            guard let id = XMLText.element("AccessKeyId", in: body), let secret = XMLText.element("SecretAccessKey", in: body),
                let token = XMLText.element("SessionToken", in: body),
                let end = XMLText.element("Expiration", in: body).flatMap({ Timestamp($0) })
            else { return nil }
            return AWSCredentials(
                accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: Secret(token), expiration: end, source: source)
        }
    }
}

/// A token in a file, as EKS mounts one: `AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN` and `AWS_ROLE_SESSION_NAME`. The file is
/// read anew each time, since it is replaced.
struct WebIdentityCredentials: CredentialsSource {
    static let name = "web identity"

    let context: CredentialsContext

    func load() throws(CredentialsError) -> AWSCredentials? {
        guard let file = context.environment["AWS_WEB_IDENTITY_TOKEN_FILE"] else { return nil }
        guard let arn = context.environment["AWS_ROLE_ARN"] else {
            throw CredentialsError(Self.name, "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not")
        }
        let role = SecurityTokens.Role(arn: arn, sessionName: context.environment["AWS_ROLE_SESSION_NAME"])
        return try Self.load(role, tokenFile: file, context, region: context.region, source: Self.name)
    }

    static func load(
        _ role: SecurityTokens.Role, tokenFile: String, _ context: CredentialsContext, region: String?, source: String
    ) throws(CredentialsError) -> AWSCredentials {
        guard let token = contents(ofFile: tokenFile, bytesMax: 64 << 10), !token.isEmpty else {
            throw CredentialsError(source, "cannot read the token file \(tokenFile)")
        }
        return try SecurityTokens(context: context, region: region)
            .assume(role, webIdentityToken: Secret(token), source: source)
    }
}
