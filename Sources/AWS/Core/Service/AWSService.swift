/// How a service is spoken to.
public struct AWSService: Hashable, Sendable {
    public enum Wire: Hashable, Sendable {
        /// AWS JSON: `application/x-amz-json-` version, the operation in `X-Amz-Target` behind the prefix.
        case json(version: String, targetPrefix: String)
        /// A form in, XML out.
        case query(version: String)
        /// A method and a path an operation, bodies of JSON.
        case restJSON
        /// The same, bodies of XML.
        case restXML

        /// Whether an operation has a ``RequestLine`` of its own.
        var isREST: Bool { self == .restJSON || self == .restXML }
    }

    /// As people call it, and as variables and configuration files spell it: `DynamoDB`, `AWS_ENDPOINT_URL_DYNAMODB`.
    public let name: String
    /// What it is signed as.
    public let signingName: String
    /// What its host's name begins with, and that of the host that IPv6 reaches, too, in the partitions where that has another one.
    let hostName: String
    let dualStackHostName: String
    public let wire: Wire
    /// Whether it is asked very many small things: see ``HTTPRequest/isDirect``. For services that speak HTTP/1.1 anyway.
    let isDirect: Bool
    /// Whether one endpoint serves all Regions of the partition; it is signed for ``AWSService/globalRegion``.
    public let isGlobal: Bool
    /// What its permissions begin with: `dynamodb:GetItem`.
    let permissionPrefix: String

    /// Where global services are: of AWS's first partition, the only one where they are served here.
    public static let globalRegion = "us-east-1"

    /// `permissionPrefix`, `hostName` nil: the signing name; `dualStackHostName` nil: the host's.
    public init(
        name: String, signingName: String, wire: Wire, isDirect: Bool = false, isGlobal: Bool = false,
        permissionPrefix: String? = nil, hostName: String? = nil, dualStackHostName: String? = nil
    ) {
        self.name = name
        self.signingName = signingName
        self.wire = wire
        self.isDirect = isDirect
        self.isGlobal = isGlobal
        self.permissionPrefix = permissionPrefix ?? signingName
        self.hostName = hostName ?? signingName
        self.dualStackHostName = dualStackHostName ?? self.hostName
    }

    // From botocore's service model, as those in the services' folders are.
    public static let sts = AWSService(name: "STS", signingName: "sts", wire: .query(version: "2011-06-15"))

    /// `dynamodb`, `route_53`: how configuration files name it; variables do in capitals.
    var configurationName: String { String(name.lowercased().map { $0 == " " ? "_" : $0 }) }
}
