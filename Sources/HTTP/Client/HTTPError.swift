/// Why a request got no answer. Never holds a path's query, a header or a body: they may be secrets.
public struct HTTPError: Error, Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        case badRequest
        case cannotResolve
        case cannotConnect
        case untrusted
        case timedOut(Stage)
        case connectionLost
        case cutShort
        case tooLarge
        /// More requests than the client's bound are under way.
        case overloaded
        case cancelled
        case other
    }

    public enum Stage: String, Sendable {
        case connect, firstByte = "first byte", idle, total
    }

    public let kind: Kind
    /// Scheme, host and port.
    public let origin: String
    /// What the network library or the operating system said.
    public let reason: String

    public init(_ kind: Kind, _ origin: String, _ reason: String) {
        self.kind = kind
        self.origin = origin
        self.reason = reason
    }

    public var isTimeout: Bool { if case .timedOut = kind { true } else { false } }

    /// Whether the same request may well succeed a moment later.
    public var isTransient: Bool {
        switch kind {
        case .cannotResolve, .cannotConnect, .timedOut, .connectionLost, .cutShort, .other: true
        case .badRequest, .untrusted, .tooLarge, .overloaded, .cancelled: false
        }
    }
}

extension HTTPError: CustomStringConvertible {
    public var description: String {
        let failed = "no response from \(origin)"
        return switch kind {
        case .badRequest: "cannot send a request to \(origin): \(reason)"
        case .cannotResolve:
            "\(failed): its host name has no address (\(reason)); "
                + (origin.contains("-fips.")
                    ? "not every service has a FIPS endpoint in every Region: check AWS_USE_FIPS_ENDPOINT, the Region, and DNS"
                    : "check the Region or endpoint, and DNS")
        case .cannotConnect: "\(failed): cannot connect (\(reason)); check the endpoint, routes, security groups and proxy"
        case .untrusted:
            "\(failed): its certificate is not trusted (\(reason)); if a proxy intercepts TLS, set AWS_CA_BUNDLE to its CA"
        case .timedOut(let stage): "\(failed): timed out (\(stage.rawValue); \(reason))"
        case .connectionLost: "\(failed): the connection was lost (\(reason))"
        case .cutShort: "\(failed): the response is incomplete (\(reason))"
        case .tooLarge: "\(failed): the response is too large (\(reason))"
        case .overloaded: "request to \(origin) refused: \(reason); send fewer requests"
        case .cancelled: "request to \(origin) was cancelled"
        case .other: "\(failed): \(reason)"
        }
    }
}
