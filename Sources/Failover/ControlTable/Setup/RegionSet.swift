/// Regions among which DynamoDB keeps tables with multi-Region strong consistency. A table never spans two sets.
///
/// Source: `AWS::DynamoDB::GlobalTable GlobalTableWitness` in CloudFormation's template reference. DynamoDB may accept more by now; each
/// pair of Amazon Connect Global Resiliency lies in one of these.
package struct RegionSet: Equatable, Sendable {
    package let name: String
    package let regions: [String]

    package static let all = [
        RegionSet(name: "US", regions: ["us-east-1", "us-east-2", "us-west-2"]),
        RegionSet(name: "EU", regions: ["eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1"]),
        RegionSet(name: "AP", regions: ["ap-northeast-1", "ap-northeast-2", "ap-northeast-3"]),
    ]

    private init(name: String, regions: [String]) {
        self.name = name
        self.regions = regions
    }

    /// The set of a Region; nil where there is none.
    package init?(of region: String) {
        guard let set = RegionSet.all.first(where: { $0.regions.contains(region) }) else { return nil }
        self = set
    }

    /// `US (us-east-1, us-east-2, us-west-2), EU (..`, for people.
    package static let text = all.map { "\($0.name) (\($0.regions.joined(separator: ", ")))" }.joined(separator: ", ")
}
