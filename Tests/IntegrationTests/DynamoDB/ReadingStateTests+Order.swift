import Foundation
import Servers
import Testing

extension ProgramTests.ReadingStateTests {
    /// Rows of two Regions, the east's first, and what is read of both. The Region that the table gives last is never the newer one, nor the one
    /// whose times are the greater text.
    private static var ordered: [(kind: String, id: String, rows: [Members], read: Members)] {
        [
            (
                "contact", "record",
                [
                    ["at": 1_772_460_000_000, "phase": "COMPLETED", "recordUpdatedAt": 1_772_460_000_000],
                    ["at": 1_772_460_009_000, "channel": "VOICE", "phase": "DISCONNECTED"],
                ],
                ["at": 1_772_460_000_000, "channel": "VOICE", "phase": "COMPLETED", "recordUpdatedAt": 1_772_460_000_000]
            ),
            (
                "contact", "records",
                [
                    ["at": 1_000_000_000_000, "queueSeconds": 7, "recordUpdatedAt": 1_000_000_000_000],
                    ["at": 1_000_000_000_001, "queueSeconds": 8, "recordUpdatedAt": 999_999_999_999],
                ],
                ["at": 1_000_000_000_000, "queueSeconds": 7, "recordUpdatedAt": 1_000_000_000_000]
            ),
            (
                "contact", "events",
                [
                    ["at": 1_000_000_000_000, "milestones": ["QUEUED": 1_000_000_000_000], "phase": "QUEUED"],
                    ["at": 999_999_999_999, "milestones": ["INITIATED": 999_999_999_999], "phase": "INITIATED"],
                ],
                [
                    "at": 1_000_000_000_000, "milestones": ["INITIATED": 999_999_999_999, "QUEUED": 1_000_000_000_000],
                    "phase": "QUEUED",
                ]
            ),
            (
                "session", "deleted",
                [
                    ["at": 1_772_460_000_001, "deleted": ["fields/a/b"], "fields": ["c": 1]],
                    ["at": 1_772_460_000_000, "fields": ["a/b": 1, "c": 2, "d": "e"]],
                ],
                ["at": 1_772_460_000_001, "deleted": ["fields/a/b"], "fields": ["c": 1, "d": "e"]]
            ),
            (
                "agent", "i/status",
                [
                    [
                        "at": 1,
                        "regions": ["us-east-1": ["presence": "online", "status": ["name": "A", "since": 1_000_000_000_000]]],
                    ],
                    [
                        "at": 2,
                        "regions": ["us-west-2": ["presence": "online", "status": ["name": "B", "since": 999_999_999_999]]],
                    ],
                ],
                [
                    "at": 2,
                    "regions": [
                        "us-east-1": ["presence": "online", "status": ["name": "A", "since": 1_000_000_000_000]],
                        "us-west-2": ["presence": "online", "status": ["name": "B", "since": 999_999_999_999]],
                    ],
                ]
            ),
        ]
    }

    /// A value as DynamoDB has it.
    private static func typed(_ value: Any) -> Members {
        switch value {
        case let members as Members: ["M": members.mapValues(typed)]
        case let list as [Any]: ["L": list.map(typed)]
        case let number as Int: ["N": "\(number)"]
        default: ["S": value]
        }
    }

    private static func text(_ value: Any) throws -> String {
        String(decoding: try JSONSerialization.data(withJSONObject: value), as: UTF8.self)
    }

    @Test("the code of docs/reading-state.md lays the row of the newer record, else of the newer event on top of the other")
    func order() throws {
        let examples = Self.ordered
        let emulator = try TableState.regional.get().emulator
        let scratch = try Scratch()
        for kind in Set(examples.map(\.kind)) {
            try emulator.cli(
                "us-east-1", "dynamodb", "create-table", "--table-name", "ordered-\(kind)", "--billing-mode", "PAY_PER_REQUEST",
                "--attribute-definitions", "AttributeName=pk,AttributeType=S", "AttributeName=sk,AttributeType=S",
                "--key-schema", "AttributeName=pk,KeyType=HASH", "AttributeName=sk,KeyType=RANGE")
        }
        for (kind, id, rows, _) in examples {
            for (row, region) in zip(rows, TableState.regions) {
                let item = ["pk": Self.typed("\(kind)#\(id)"), "sk": Self.typed(region), "state": Self.typed(row)]
                try emulator.cli(
                    "us-east-1", "dynamodb", "put-item", "--table-name", "ordered-\(kind)", "--item", try Self.text(item))
            }
        }
        let asked = try scratch.write("asked.jsonl", try examples.map { try Self.text([$0.kind, $0.id]) }.jsonLines)
        try scratch.write("reading.py", try python(prefix: "ordered"))
        try javaScript(in: scratch, prefix: "ordered")
        let line = try #require(blocks("sh").first { $0.contains("dynamodb query") })
        let answers = try [("python", "reading.py"), ("node", "reading.mjs")].map { program, script in
            try emulator.shell("us-east-1", "\(program) \"$1\" \"$2\"", [scratch.path(script), asked]).split(separator: "\n")
        }
        for (number, example) in examples.enumerated() {
            let command = line.replacing("agent#111122223333/1a2b3c4d/ann", with: "\(example.kind)#\(example.id)")
                .replacing("converge-agent", with: "ordered-\(example.kind)")
            var read = [try emulator.shell("us-east-1", command)]
            for answer in answers {
                try #require(answer.count == examples.count)
                read.append(String(answer[number]))
            }
            for (program, text) in zip(["the command line", "Python", "JavaScript"], read) {
                var told = try json(text)
                if program == "Python", example.kind == "agent" {
                    let status = told.removeValue(forKey: "status") as? [Any]
                    #expect(status?.first as? String == "us-east-1", "\(text)")
                }
                #expect(told as NSDictionary == example.read as NSDictionary, "\(program), \(example.id): \(text)")
            }
        }
    }
}
