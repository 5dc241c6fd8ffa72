import JSON

/// Where reading begins, in the service's words.
public struct ShardPlace: Hashable, Sendable {
    private var type: String
    private var sequenceNumber: String?
    private var time: Int64?

    public static let trimHorizon = ShardPlace(type: "TRIM_HORIZON")
    public static let latest = ShardPlace(type: "LATEST")

    /// The first record that arrived no earlier; milliseconds since 1970.
    public static func time(_ milliseconds: Int64) -> ShardPlace { ShardPlace(type: "AT_TIMESTAMP", time: milliseconds) }

    public static func at(_ sequenceNumber: String) -> ShardPlace {
        ShardPlace(type: "AT_SEQUENCE_NUMBER", sequenceNumber: sequenceNumber)
    }

    public static func after(_ sequenceNumber: String) -> ShardPlace {
        ShardPlace(type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: sequenceNumber)
    }

    /// Requests name its members in two ways.
    func append(type typeName: StaticString, number numberName: StaticString, to json: inout JSONWriter) {
        json.member(typeName, type)
        if let sequenceNumber { json.member(numberName, sequenceNumber) }
        if let time { json.seconds("Timestamp", milliseconds: time) }
    }
}
