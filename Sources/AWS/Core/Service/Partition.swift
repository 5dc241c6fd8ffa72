/// A part of AWS with accounts and domains of its own, as botocore's `partitions.json` has them. A Region that none of these claims is
/// of the first.
struct Partition: Hashable, Sendable {
    /// As it stands in ARNs.
    let name: String
    /// What the names of its Regions begin with; empty: any.
    let regionPrefix: String
    let domain: String
    /// Of names that have IPv6 addresses, too.
    let dualStackDomain: String

    static let all = [
        Partition(name: "aws", regionPrefix: "", domain: "amazonaws.com", dualStackDomain: "api.aws"),
        Partition(
            name: "aws-cn", regionPrefix: "cn-", domain: "amazonaws.com.cn", dualStackDomain: "api.amazonwebservices.com.cn"),
        Partition(name: "aws-us-gov", regionPrefix: "us-gov-", domain: "amazonaws.com", dualStackDomain: "api.aws"),
        Partition(name: "aws-iso", regionPrefix: "us-iso-", domain: "c2s.ic.gov", dualStackDomain: "api.aws.ic.gov"),
        Partition(name: "aws-iso-b", regionPrefix: "us-isob-", domain: "sc2s.sgov.gov", dualStackDomain: "api.aws.scloud"),
        Partition(
            name: "aws-iso-e", regionPrefix: "eu-isoe-", domain: "cloud.adc-e.uk", dualStackDomain: "api.cloud-aws.adc-e.uk"),
        Partition(name: "aws-iso-f", regionPrefix: "us-isof-", domain: "csp.hci.ic.gov", dualStackDomain: "api.aws.hci.ic.gov"),
        Partition(
            name: "aws-eusc", regionPrefix: "eusc-", domain: "amazonaws.eu", dualStackDomain: "api.amazonwebservices.eu"),
    ]

    /// The one that a Region is in.
    static func of(region: String) -> Partition {
        all.dropFirst().first { region.hasPrefix($0.regionPrefix) } ?? all[0]
    }
}

extension AWSService {
    /// The host's name in a Region, as the services' endpoint rule sets have it. Those of CloudWatch, EventBridge, SNS, Health and Service
    /// Quotas differ in GovCloud and the European Sovereign Cloud with FIPS or dual stack: set their endpoint there.
    func host(region: String, isFIPS: Bool, isDualStack: Bool) -> String {
        let partition = Partition.of(region: region)
        let hasOwnName = isDualStack && ["aws", "aws-cn", "aws-us-gov"].contains(partition.name)
        var label = hasOwnName ? dualStackHostName : hostName
        // GovCloud's ordinary endpoints are of FIPS; those that IPv6 reaches are not.
        if isFIPS, isDualStack || partition.name != "aws-us-gov" { label += "-fips" }
        if isGlobal { return isDualStack ? "\(label).global.\(partition.dualStackDomain)" : "\(label).\(partition.domain)" }
        return "\(label).\(region).\(isDualStack ? partition.dualStackDomain : partition.domain)"
    }
}
