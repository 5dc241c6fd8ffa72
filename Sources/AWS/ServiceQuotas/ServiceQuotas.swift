import JSON

/// The operations of Service Quotas that are used: a file each.
public enum ServiceQuotas {
    /// What a service allows, of the account or of one resource.
    public struct Quota: Hashable, Sendable {
        /// `L-AA17A6B9`: the same in all Regions.
        public let code: String
        public let name: String
        public let value: Double
        /// What it is of, such as the ARN of an instance; nil: of the account in the Region.
        public let resource: String?

        init?(_ value: JSONValue) {
            guard let code = value.text("QuotaCode"), let number = value.member("Value")?.number else { return nil }
            self.code = code
            self.value = number
            name = value.text("QuotaName") ?? ""
            resource = value.member("QuotaContext")?.text("ContextId")
        }
    }
}

extension AWSService {
    /// From botocore's service model.
    public static let serviceQuotas = AWSService(
        name: "Service Quotas", signingName: "servicequotas",
        wire: .json(version: "1.1", targetPrefix: "ServiceQuotasV20190624"))
}

/// An operation of Service Quotas.
public protocol ServiceQuotasOperation: AWSOperation {}

extension ServiceQuotasOperation {
    public static var service: AWSService { .serviceQuotas }
}
