import Foundation
import TestSupport
import Testing

@testable import API

@Suite("what docs/api.md shows of reading", .limited)
struct ReadingDocumentTests {
    private static let address = "curl -s 'http://127.0.0.1:9464"

    /// What the page asks with curl, and the JSON that stands below.
    private static func examples() throws -> [(target: String, answer: String)] {
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../../../docs/api.md")
        let lines = try String(contentsOf: page, encoding: .utf8).components(separatedBy: "\n")
        return lines.indices.compactMap { at in
            guard lines[at].hasPrefix(address + "/v1/"), lines[at].hasSuffix("'"), at + 3 < lines.count,
                lines[at + 2] == "```json"
            else { return nil }
            return (String(lines[at].dropFirst(address.count).dropLast()), lines[at + 3])
        }
    }

    @Test("every example is what the server answers over the fixtures")
    func examples() throws {
        let examples = try Self.examples()
        #expect(!examples.isEmpty)
        for (target, shown) in examples {
            let answer = try ReadingWorld().get(target)
            #expect(String(decoding: answer.body.bytes, as: UTF8.self) == shown + "\n", "\(target)")
        }
    }
}
