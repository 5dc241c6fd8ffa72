import Foundation
import JSON
import TestSupport
import Testing

@testable import API
@testable import Writing

@Suite("schemas of events", .limited)
struct EventSchemaTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../docs/schemas")

    /// As JSON Schema says it.
    private static func said(_ field: EventSchema.Field) -> [String: String] {
        switch field {
        case .text: ["type": "string"]
        case .dateTime: ["type": "string", "format": "date-time"]
        case .object: ["type": "object"]
        case .number(let range):
            ["type": "number", "minimum": "\(range.lowerBound)"].merging(
                range.upperBound < .greatestFiniteMagnitude ? ["maximum": "\(range.upperBound)"] : [:]
            ) { $1 }
        case .integer(let least): ["type": "integer", "minimum": "\(Double(least))"]
        case .textOrTexts(let most): ["type": "array string", "minLength": "1.0", "maxItems": "\(Double(most))"]
        case .integerOrText: ["type": "integer string"]
        }
    }

    @Test("what the code checks is what docs/schemas says, and there is no other")
    func same() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path).sorted()
        #expect(files == EventSchema.all.map { "\($0.type).json" }.sorted())
        for schema in EventSchema.all {
            let data = try Data(contentsOf: Self.folder.appending(path: "\(schema.type).json"))
            let document = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
            let members = try #require(
                ((document["properties"] as? [String: Any])?["data"] as? [String: Any])?["properties"]
                    as? [String: [String: Any]])
            let documented = members.mapValues { member in
                var said = ["type": (member["type"] as? [String] ?? []).filter { $0 != "null" }.sorted().joined(separator: " ")]
                if let format = member["format"] as? String { said["format"] = format }
                for bound in ["minimum", "maximum", "minLength", "maxItems"] {
                    if let number = (member[bound] as? NSNumber)?.doubleValue { said[bound] = "\(number)" }
                }
                return said
            }
            let coded = Dictionary(uniqueKeysWithValues: schema.fields.map { ($0.name, Self.said($0.field)) })
            #expect(coded == documented, "\(schema.type)")
        }
    }

    @Test(
        "a member of the wrong type is named; null, and members that are not described, are taken",
        arguments: [
            ("authentication", #"{"score":1.5}"#, "data.score: not a number from 0.0 to 1.0, and not null"),
            (
                "authentication", #"{"expiresAt":"tomorrow"}"#,
                "data.expiresAt: not a date-time as RFC 3339 has it, and not null"
            ),
            ("authentication", #"{"score":null,"method":"pin","other":[1]}"#, nil),
            ("customer", #"{"openCases":-1}"#, "data.openCases: not a whole number of at least 0, and not null"),
            ("customer", #"{"preferences":"none"}"#, "data.preferences: not an object, and not null"),
            (
                "customer", #"{"phone":["+15550100",""]}"#,
                "data.phone: not a string that is not empty or a list of at most 16 of such, and not null"
            ),
            ("customer", #"{"phone":"+15550100","email":["a@b.c"],"chat":[]}"#, nil),
            ("flow", #"{"menuChoice":1.5}"#, "data.menuChoice: not a whole number or a string, and not null"),
            ("flow", #"{"menuChoice":"1"}"#, nil), ("queue", #"{"serviceLevel":1}"#, nil),
            ("queue", "[]", "data: not a JSON object"),
        ] as [(String, String, String?)])
    func flaws(type: String, data: String, flaw: String?) throws {
        let schema = try #require(EventSchema.of("converge.\(type).v1"))
        let parser = JSONParser()
        let said = try Array(data.utf8).withUnsafeBytes { schema.flaw(in: try parser.parse($0).root) }
        #expect(said == flaw)
    }
}
