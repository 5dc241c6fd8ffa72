public import Platform

/// What an entity is. Keys sort by the raw value, then by id; so do lines, and with them the digest. A new kind comes last.
public enum EntityKind: UInt8, CaseIterable, Sendable {
    case agent = 1
    case contact = 2
    case customer = 3
    case flow = 4
    case queue = 5
    case session = 6
    case username = 7
    /// How many contacts customers started in an hour, by Region and channel (``VolumeID``).
    case volume = 8
    /// What a customer is known by: a phone number, an e-mail address or a chat identity, under the deployment's key (``AliasKey``).
    case alias = 9

    /// As it stands in keys, files and on the command line.
    public var name: StaticString {
        switch self {
        case .agent: "agent"
        case .contact: "contact"
        case .customer: "customer"
        case .flow: "flow"
        case .queue: "queue"
        case .session: "session"
        case .username: "username"
        case .volume: "volume"
        case .alias: "alias"
        }
    }

    public init?(name: String) {
        guard let kind = EntityKind.allCases.first(where: { "\($0)" == name }) else { return nil }
        self = kind
    }

    /// Longest id in bytes. With its kind it must fit into a DynamoDB partition key (2,048 bytes).
    public static let idLengthMax = 1024
}

/// An entity's key as it lies in shards and stores: the kind's byte, then the id's UTF-8.
public struct EntityKey: @unchecked Sendable {
    public let bytes: ByteView

    @inline(__always)
    public init(_ bytes: ByteView) { self.bytes = bytes }

    /// Nil where the first byte is no kind that this program knows.
    public var kind: EntityKind? { bytes.isEmpty ? nil : EntityKind(rawValue: bytes[0]) }
    /// The id's UTF-8.
    public var id: ByteView { bytes.slice(1, bytes.count - 1) }
}

extension EntityKey {
    /// The bytes of a key that is kept.
    package static func bytes(_ kind: EntityKind, _ id: String) -> [UInt8] {
        var id = id
        return id.withUTF8 { id in
            [UInt8](unsafeUninitializedCapacity: id.count + 1) { bytes, count in
                bytes[0] = kind.rawValue
                _ = bytes[1...].update(fromContentsOf: id)
                count = id.count + 1
            }
        }
    }
}
