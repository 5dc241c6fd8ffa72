import HTTPClient
import Platform

/// EC2's instance metadata service, version 2 alone: each question carries a session token that a PUT has to fetch
/// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html).
///
/// `AWS_EC2_METADATA_DISABLED`, `AWS_EC2_METADATA_SERVICE_ENDPOINT`, `AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE`,
/// `AWS_METADATA_SERVICE_TIMEOUT` (1 s) and `AWS_METADATA_SERVICE_NUM_ATTEMPTS` (1) are honoured.
struct InstanceMetadata: Sendable {
    private let isDisabled: Bool
    private let base: String
    private let timeouts: HTTPTimeouts
    private let attempts: Int
    private let http: HTTPClient

    init(_ environment: Environment, _ http: HTTPClient) {
        isDisabled = environment.isTrue("AWS_EC2_METADATA_DISABLED")
        let isIPv6 = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"]?.lowercased() == "ipv6"
        let endpoint =
            environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? (isIPv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254")
        base = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
        let seconds = environment["AWS_METADATA_SERVICE_TIMEOUT"].flatMap(Double.init) ?? 1
        let stage = Duration.seconds(min(max(seconds, 0.1), 60))
        timeouts = HTTPTimeouts(connect: stage, firstByte: stage, idle: stage, total: stage * 2)
        attempts = min(max(environment["AWS_METADATA_SERVICE_NUM_ATTEMPTS"].flatMap(Int.init) ?? 1, 1), 10)
        self.http = http
    }

    enum Failure: Error {
        /// There is no service here, or it is switched off: no instance of EC2's.
        case absent
        case failed(String)
    }

    /// A session's token.
    func token() throws(Failure) -> Secret {
        guard !isDisabled else { throw .absent }
        var request = try request(.put, "/latest/api/token")
        request.headers = [HTTPHeader("X-aws-ec2-metadata-token-ttl-seconds", "21600")]
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try perform(request)
        } catch {
            throw .absent
        }
        guard response.status == 200 else {
            throw .failed("\(request.url.origin) responded with \(response.status) to the PUT request for a token")
        }
        return Secret(response.body.text)
    }

    /// What stands at a path. `absent` where there is nothing.
    func get(_ path: String, _ token: Secret) throws(Failure) -> HTTPResponse {
        var request = try request(.get, path)
        request.headers = [HTTPHeader("X-aws-ec2-metadata-token", token.revealed)]
        let response: HTTPResponse
        do throws(HTTPError) {
            response = try perform(request)
        } catch {
            throw .failed(error.description)
        }
        if response.status == 404 { throw .absent }
        guard response.status == 200 else { throw .failed("\(request.url.origin) responded with \(response.status)") }
        return response
    }

    private func request(_ method: HTTPMethod, _ path: String) throws(Failure) -> HTTPRequest {
        guard let url = HTTPURL(base + path) else { throw .failed("AWS_EC2_METADATA_SERVICE_ENDPOINT is not an http URL") }
        var request = HTTPRequest(method, url, timeouts: timeouts)
        request.bypassesProxy = true
        return request
    }

    private func perform(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        for _ in 1..<attempts {
            if let response = try? http.perform(request), response.status < 500 { return response }
        }
        return try http.perform(request)
    }
}

/// The role of the EC2 instance.
struct InstanceCredentials: CredentialsSource {
    static let name = "instance metadata"
    private static let path = "/latest/meta-data/iam/security-credentials/"

    let metadata: InstanceMetadata

    func load() throws(CredentialsError) -> AWSCredentials? {
        do throws(InstanceMetadata.Failure) {
            let token = try metadata.token()
            let role = try metadata.get(Self.path, token).body.text
            let name = role.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            let response = try metadata.get(Self.path + name, token)
            guard var credentials = AWSCredentials(response, source: Self.name) else {
                throw .failed("the role \(name) has no usable credentials; check the instance profile")
            }
            // Where the service cannot renew them it hands out old ones, which AWS goes on accepting: they are used, and asked
            // for again soon (static stability).
            if let end = credentials.expiration, end <= .now {
                credentials.expiration = Timestamp(milliseconds: Timestamp.now.milliseconds + 15 * 60_000)
            }
            return credentials
        } catch {
            switch error {
            case .absent: return nil
            case .failed(let reason): throw CredentialsError(Self.name, reason)
            }
        }
    }
}
