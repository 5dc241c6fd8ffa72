import HTTPClient

/// The operations of Amazon Route 53 that shift weights: a file each. One control plane, in us-east-1, serves all Regions, and is gone with
/// that Region: what goes by it must not be needed for a failover.
public enum Route53 {
    static let path = "/2013-04-01"
    static let namespace = "https://route53.amazonaws.com/doc/2013-04-01/"

    /// Where a change stands.
    public struct Change: Hashable, Sendable {
        /// Without the `/change/` that the service puts before it.
        public let id: String
        /// Whether all name servers have it; till then some answer as before.
        public let isInSync: Bool

        init?(_ root: XMLElement) {
            guard let info = root.child("ChangeInfo"), let id = info.text("Id"), let status = info.text("Status") else {
                return nil
            }
            self.id = Route53.bare(id)
            isInSync = status == "INSYNC"
        }
    }

    /// An id without what the service puts before it: `Z1` of `/hostedzone/Z1`.
    static func bare(_ id: String) -> String { String(id.split(separator: "/").last ?? "") }
}

extension AWSService {
    /// From botocore's service model.
    public static let route53 = AWSService(name: "Route 53", signingName: "route53", wire: .restXML, isGlobal: true)
}

/// An operation of Route 53.
public protocol Route53Operation: AWSOperation {}

extension Route53Operation {
    public static var service: AWSService { .route53 }
    public var body: [UInt8] { [] }
}
