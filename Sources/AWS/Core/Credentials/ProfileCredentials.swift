import Platform

/// What the profile of the shared files says: a role to assume, a web identity, keys, or a process to ask. The files are read anew each
/// time: somebody may have replaced the keys in them.
struct ProfileCredentials: CredentialsSource {
    /// Roles that lead to each other, at most.
    static let chainMax = 8

    private let context: CredentialsContext

    init(context: CredentialsContext) { self.context = context }

    func load() throws(CredentialsError) -> AWSCredentials? {
        let context = CredentialsContext(
            environment: context.environment, configuration: SharedConfiguration(context.environment), http: context.http)
        return try ProfileCredentials(context: context).loadAsRead()
    }

    private func loadAsRead() throws(CredentialsError) -> AWSCredentials? {
        let configuration = context.configuration
        guard let profile = configuration.profile else {
            guard configuration.isProfileNamed else { return nil }
            throw CredentialsError(
                Self.source(configuration.profileName), "the shared files have no such profile; check AWS_PROFILE")
        }
        return try load(configuration.profileName, profile, visited: [])
    }

    private static func source(_ name: String) -> String { "profile \(name)" }

    /// A profile that names no kind of credentials gives nil.
    private func load(
        _ name: String, _ profile: SharedConfiguration.Settings, visited: [String]
    ) throws(CredentialsError) -> AWSCredentials? {
        if let arn = profile["role_arn"] {
            if profile["mfa_serial"] != nil {
                throw CredentialsError(
                    Self.source(name),
                    "its role requires a code of an MFA device (mfa_serial), which this program cannot request")
            }
            let role = SecurityTokens.Role(
                arn: arn, sessionName: profile["role_session_name"], externalID: profile["external_id"],
                durationSeconds: profile["duration_seconds"].flatMap { Int($0) })
            if let file = profile["web_identity_token_file"] {
                return try WebIdentityCredentials.load(
                    role, tokenFile: file, context, region: region(profile), source: Self.source(name))
            }
            let identity = try identity(for: name, profile, visited: visited)
            return try SecurityTokens(context: context, region: region(profile))
                .assume(role, with: identity, source: Self.source(name))
        }
        if let keys = try keys(name, profile) { return keys }
        if let command = profile["credential_process"] {
            return try CredentialProcess(command: command, source: Self.source(name)).load()
        }
        if profile["sso_session"] != nil || profile["sso_start_url"] != nil {
            throw CredentialsError(
                Self.source(name),
                "this program cannot use single sign-on; use a role, or let the AWS CLI sign in: "
                    + "credential_process = aws configure export-credentials --profile \(name) --format process")
        }
        return nil
    }

    private func region(_ profile: SharedConfiguration.Settings) -> String? { context.region ?? profile["region"] }

    private func keys(_ name: String, _ profile: SharedConfiguration.Settings) throws(CredentialsError) -> AWSCredentials? {
        switch (profile["aws_access_key_id"], profile["aws_secret_access_key"]) {
        case (nil, nil): return nil
        case (let id?, let secret?):
            return AWSCredentials(
                accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: profile["aws_session_token"].map { Secret($0) },
                source: Self.source(name))
        case (nil, _): throw CredentialsError(Self.source(name), "aws_secret_access_key is set without aws_access_key_id")
        case (_, nil): throw CredentialsError(Self.source(name), "aws_access_key_id is set without aws_secret_access_key")
        }
    }

    /// Who assumes the role of a profile.
    private func identity(
        for name: String, _ profile: SharedConfiguration.Settings, visited: [String]
    ) throws(CredentialsError) -> AWSCredentials {
        let source = Self.source(name)
        switch (profile["source_profile"], profile["credential_source"]) {
        case (let next?, nil):
            guard let settings = context.configuration.profile(next) else {
                throw CredentialsError(source, "its source_profile \(next) does not exist")
            }
            // A profile may be its own source where it has keys besides the role; so may any that was visited.
            if next == name || visited.contains(next) || visited.count >= Self.chainMax {
                if next == name, let keys = try keys(next, settings) { return keys }
                throw CredentialsError(source, "its chain of source profiles is circular, or longer than \(Self.chainMax)")
            }
            // As a source, a profile's keys come before its role.
            if let keys = try keys(next, settings) { return keys }
            guard let credentials = try load(next, settings, visited: visited + [name]) else {
                throw CredentialsError(source, "its source_profile \(next) has no credentials")
            }
            return credentials
        case (nil, let kind?): return try credentials(ofKind: kind, source)
        case (nil, nil): throw CredentialsError(source, "role_arn requires source_profile or credential_source")
        case (_?, _?): throw CredentialsError(source, "source_profile and credential_source exclude each other")
        }
    }

    private func credentials(ofKind kind: String, _ source: String) throws(CredentialsError) -> AWSCredentials {
        let found: (any CredentialsSource)? =
            switch kind {
            case "Environment": EnvironmentCredentials(environment: context.environment)
            case "EcsContainer": ContainerCredentials(context: context)
            case "Ec2InstanceMetadata":
                InstanceCredentials(metadata: InstanceMetadata(context.environment, context.http))
            default: nil
            }
        guard let found else {
            throw CredentialsError(
                source, "its credential_source must be Environment, EcsContainer or Ec2InstanceMetadata")
        }
        guard let credentials = try found.load() else {
            throw CredentialsError(source, "its credential_source \(kind) has no credentials")
        }
        return credentials
    }
}
