public import Platform

/// The key that one day's requests to one service of one Region are signed with, and what a request says of it.
public struct SigningKey: Sendable {
    /// `AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request`.
    let credential: String
    let sessionToken: Secret?
    let day: String
    /// `20150830/us-east-1/iam/aws4_request`.
    let scope: String
    let hash: HMACSHA256

    init(_ credentials: AWSCredentials, region: String, service: String, day: String) {
        sessionToken = credentials.sessionToken
        self.day = day
        scope = "\(day)/\(region)/\(service)/aws4_request"
        credential = "\(credentials.accessKeyID)/\(scope)"
        var root = "AWS4" + credentials.secretAccessKey.revealed
        hash = root.withUTF8 { HMACSHA256(key: .init($0)) }
            .derive(day).derive(region).derive(service).derive("aws4_request")
    }
}

/// Signing keys, so that each is derived once a day. At most ``keptMax`` of them: over that all are forgotten, and derived
/// again as they are asked for. Cost of a key that is known: a comparison of texts for each that is kept, mostly one; of a new
/// one: some twenty blocks of SHA-256.
public struct SigningKeys: Sendable {
    public static let keptMax = 64

    private struct Identity: Equatable {
        var credentials: AWSCredentials
        var region: String
        var service: String
        /// Days since 1970.
        var day: Int64
    }

    private var keys: [(identity: Identity, key: SigningKey)] = []

    public init() {}

    var count: Int { keys.count }

    /// The key for requests signed at `moment`. `service` is the signing name, as in `dynamodb`.
    public mutating func key(
        _ credentials: AWSCredentials, region: String, service: String, at moment: Timestamp
    ) -> SigningKey {
        let (days, rest) = moment.milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        let identity = Identity(credentials: credentials, region: region, service: service, day: rest < 0 ? days - 1 : days)
        if let known = keys.last(where: { $0.identity == identity }) { return known.key }
        let key = SigningKey(credentials, region: region, service: service, day: SigningTime(moment).day)
        if keys.count >= SigningKeys.keptMax { keys.removeAll(keepingCapacity: true) }
        keys.append((identity, key))
        return key
    }
}
