import JSON

/// A traffic distribution group, as it is listed and described.
public struct TrafficDistributionGroup: Hashable, Sendable {
    public enum Status: String, Sendable {
        case creating = "CREATION_IN_PROGRESS"
        /// The only one in which a distribution can be read and updated.
        case active = "ACTIVE"
        case creationFailed = "CREATION_FAILED"
        case deleting = "PENDING_DELETION"
        case deletionFailed = "DELETION_FAILED"
        /// An update still runs.
        case updating = "UPDATE_IN_PROGRESS"
    }

    public let id: String
    /// What it is called by in either Region; the id serves in the Region where it was made alone.
    public let arn: String
    public let name: String
    public let instanceARN: String
    /// Nil where the service says another word.
    public let status: Status?
    /// The one that was made with the replica. Only this one distributes sign-in.
    public let isDefault: Bool

    /// Nil where its ARN is missing.
    init?(_ value: JSONValue) {
        guard let arn = value.text("Arn") else { return nil }
        self.arn = arn
        id = value.text("Id") ?? ""
        name = value.text("Name") ?? ""
        instanceARN = value.text("InstanceArn") ?? ""
        status = value.text("Status").flatMap(Status.init(rawValue:))
        isDefault = value.member("IsDefault")?.bool ?? false
    }
}

extension RequestLine {
    /// What errors call a group.
    static func subject(group: String) -> String { "traffic distribution group \(group)" }
}
