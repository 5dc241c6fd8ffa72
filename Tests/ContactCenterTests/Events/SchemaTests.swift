import Foundation
import TestSupport
import Testing

@testable import ContactCenter

/// The JSON Schemas that users write their events by.
@Suite(.limited) struct SchemaTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/schemas")

    static func schema(_ name: String) throws -> [String: Any] {
        let data = try Data(contentsOf: folder.appending(path: "converge.\(name).v1.json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    static let expected: [(name: String, kind: EntityKind, id: String, registers: [String: String])] = [
        (
            "session", .session, "b7a0f1e2-30aa-4a3e-9d8e-5a4c3b2a1f00",
            [
                "field/contactId": #""1b9bd0a5-6ed4-4e3f-8f0c-7a6f9d1c2b3a""#, "field/customerId": #""maya""#,
                "field/degraded": "tombstone", "field/media": #"{"codec":"opus","video":false}"#,
                "field/previousRegion": #""us-east-1""#, "field/region": #""us-west-2""#, "field/status": #""reconnecting""#,
            ]
        ),
        (
            "customer", .customer, "maya",
            [
                "field/callback": #"{"at":"2026-03-03T09:00:00Z","number":"+14155550123"}"#,
                "field/email": #"["maya@example.com"]"#, "field/phone": #""+14155550123""#, "field/name": #""Maya Ortiz""#,
                "field/openCases": "2", "field/preferences": #"{"channel":"VOICE","language":"es-MX"}"#,
                "field/tier": #""gold""#,
            ]
        ),
        (
            "authentication", .customer, "maya",
            [
                "authentication/expiresAt": #""2026-03-02T14:30:05Z""#, "authentication/method": #""voice""#,
                "authentication/result": #""verified""#, "authentication/score": "0.97",
            ]
        ),
        (
            "flow", .flow, "1b9bd0a5-6ed4-4e3f-8f0c-7a6f9d1c2b3a",
            [
                "field/customerId": #""maya""#, "field/flow": #""Main inbound""#, "field/menuChoice": "3",
                "field/position": #""menu""#,
            ]
        ),
        (
            "queue", .queue, "5f6e7d8c-9b0a-4c1d-8e2f-3a4b5c6d7e8f",
            [
                "field/agentsAvailable": "7", "field/contactsInQueue": "3", "field/name": #""Sales""#,
                "field/oldestContactAgeSeconds": "tombstone", "field/serviceLevel": "0.92",
            ]
        ),
    ]

    @Test("the example of each schema is decoded to the registers of its data", arguments: expected.indices)
    func examples(index: Int) throws {
        let (name, kind, id, registers) = SchemaTests.expected[index]
        // The text itself, so that numbers stay the tokens they are.
        let text = try String(contentsOf: SchemaTests.folder.appending(path: "converge.\(name).v1.json"), encoding: .utf8)
        let example = try #require(text.range(of: #""examples": ["#)).upperBound
        let end = try #require(text.range(of: "]", options: .backwards)).lowerBound
        let world = EventWorld(String(text[example..<end]))
        #expect(world.rejections.isEmpty)
        #expect(world.names == ["\(kind.name)#\(id)"])
        #expect(world.counts == ["converge.\(name).v1": 1])
        #expect(world.paths(kind, id) == registers.keys.sorted())
        for (path, value) in registers { #expect(world.value(kind, id, path) == value) }
        let first = try #require(registers.keys.sorted().first)
        #expect(
            world.register(kind, id, first)?.contains(
                #","rank":0,"region":"us-east-1","time":"2026-03-02T14:00:05.250Z""#) == true)
    }

    @Test(
        "each schema uses draft 2020-12, names its event type and describes all its members", arguments: expected.indices
    )
    func schemas(index: Int) throws {
        let name = SchemaTests.expected[index].name
        let schema = try SchemaTests.schema(name)
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        #expect((schema["title"] as? String)?.isEmpty == false)
        #expect((schema["description"] as? String)?.isEmpty == false)
        let properties = try #require(schema["properties"] as? [String: [String: Any]])
        #expect(properties["type"]?["const"] as? String == "converge.\(name).v1")
        #expect(
            Set(schema["required"] as? [String] ?? []) == ["specversion", "id", "source", "type", "subject", "time", "data"])
        #expect(properties.values.allSatisfy { ($0["description"] as? String)?.isEmpty == false })
        let data = try #require(properties["data"]?["properties"] as? [String: [String: Any]])
        #expect(data.values.allSatisfy { ($0["description"] as? String)?.isEmpty == false })
        // Every field may be deleted.
        #expect(data.values.allSatisfy { ($0["type"] as? [String])?.contains("null") == true })
    }

    @Test("there is a schema for every CloudEvents type, and for nothing else")
    func complete() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: SchemaTests.folder.path).sorted()
        let types = EventType.allCases.map(\.name).filter { $0.hasPrefix("converge.") }
        #expect(files == types.map { "\($0).json" }.sorted())
    }
}
