import ContactCenter
import Foundation
import Servers

@testable import AWS
@testable import HTTPClient
@testable import JSON
@testable import Platform
@testable import Storage

/// The tables of a prefix of their own in an emulator, and what stands in them.
final class StateTables: Sendable {
    /// Of all tests here; it ends with the process.
    private static let shared = Result { try Emulator() }

    let emulator: Emulator
    let prefix: String
    let client: ServiceClient

    init() throws {
        emulator = try StateTables.shared.get()
        prefix = "test-\(UInt32.random(in: .min ... .max))"
        client = try AWSSession(Environment(emulator.environment())).client(.dynamoDB)
        for kind in EntityKind.allCases { try create(kind) }
    }

    /// `variables`: what the environment has besides, and in place of, the emulator's.
    func store(
        _ variables: [String: String] = [:], region: String = "us-east-1", retention: Int64? = nil,
        throttledMilliseconds: Int64 = 10_000, isOldFormat: Bool = false, hasAliases: Bool = true,
        tell: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> DynamoDBStore {
        let environment = emulator.environment(region: region).merging(variables) { $1 }
        return try DynamoDBStore(
            AWSSession(Environment(environment)), prefix: prefix, retention: retention,
            throttledMilliseconds: throttledMilliseconds, isOldFormat: isOldFormat, hasAliases: hasAliases,
            tell: tell)
    }

    func name(_ kind: EntityKind) -> String { "\(prefix)-\(kind.name)" }

    func create(_ kind: EntityKind) throws {
        try perform("CreateTable") { json in
            json.member("TableName", name(kind))
            json.member("BillingMode", "PAY_PER_REQUEST")
            json.array("AttributeDefinitions") { json in
                for name in ["pk", "sk"] {
                    json.object {
                        $0.member("AttributeName", name)
                        $0.member("AttributeType", "S")
                    }
                }
            }
            json.array("KeySchema") { json in
                for (name, type) in [("pk", "HASH"), ("sk", "RANGE")] {
                    json.object {
                        $0.member("AttributeName", name)
                        $0.member("KeyType", type)
                    }
                }
            }
        }
    }

    func drop(_ kind: EntityKind) throws { try perform("DeleteTable") { $0.member("TableName", name(kind)) } }

    @discardableResult
    func perform(_ operation: String, _ members: (inout JSONWriter) -> Void) throws -> HTTPResponse {
        var json = JSONWriter()
        json.object(members)
        return try client.perform(operation, json.bytes)
    }

    func put(_ kind: EntityKind, _ item: (inout JSONWriter) -> Void) throws {
        try perform("PutItem") { json in
            json.member("TableName", name(kind))
            json.object("Item", item)
        }
    }

    /// An item of texts.
    func put(_ kind: EntityKind, _ texts: KeyValuePairs<String, String>) throws {
        try put(kind) { json in
            for (name, text) in texts {
                json.key(name)
                json.object { $0.member("S", text) }
            }
        }
    }

    /// An item of contacts.
    func put(_ item: Item) throws {
        try perform("PutItem") { json in
            json.member("TableName", name(.contact))
            json.key("Item" as StaticString)
            Array(item.json.utf8).withUnsafeBytes { json.raw($0) }
        }
    }

    /// The items of a table whose keys begin so, as the service has them, parsed.
    func items(_ kind: EntityKind, where pk: String) throws -> [[String: Any]] {
        let response = try perform("Query") { json in
            json.member("TableName", name(kind))
            json.member("KeyConditionExpression", "pk = :pk")
            json.object("ExpressionAttributeValues") { json in json.object(":pk") { $0.member("S", pk) } }
        }
        let root = try JSONSerialization.jsonObject(with: Data(response.body.text.utf8)) as? [String: Any]
        return root?["Items"] as? [[String: Any]] ?? []
    }

    func delete(_ kind: EntityKind, _ pk: String, _ sk: String) throws {
        try perform("DeleteItem") { json in
            json.member("TableName", name(kind))
            json.object("Key") { json in
                json.object("pk") { $0.member("S", pk) }
                json.object("sk") { $0.member("S", sk) }
            }
        }
    }
}
