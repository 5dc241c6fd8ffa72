import Foundation
import TestSupport
import Testing

@testable import Platform
@testable import Worker

/// `docs/configuration.md` holds what the schema says between two marks. `CONVERGE_WRITE_DOCS=1 swift test --filter
/// ConfigurationDocumentTests` writes it anew.
@Suite("docs/configuration.md", .limited)
struct ConfigurationDocumentTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../../docs/configuration.md").standardized.path
    private static let begin = "<!-- keys: written from the schema -->\n"
    private static let end = "<!-- end of keys -->\n"

    private static var tables: String {
        let schema = ConfigurationSchema.worker
        return schema.sections.map { section in
            let rows = schema.keys.filter { $0.section == section }.map { key in
                let unset = key.unset.isEmpty ? "not set" : key.unset
                let standard = key.defaultText.map { "`\($0)`" } ?? unset
                let secret = key.isSecret ? "; a secret, or its file by `\(key.name)_file`" : ""
                let accepted = key.accepted.replacingOccurrences(
                    of: ": a whole number.*", with: "", options: .regularExpression)
                let former = key.former.map { "; formerly `\($0.name)`, `--\($0.flag)`" } ?? ""
                return
                    "| `\(key.name)` | \(accepted) | \(standard) | `--\(key.flagName)` | `\(key.environmentName)` | \(key.help)\(secret)\(former) |"
            }
            return "\n### \(section)\n\n| key | value | default | flag | variable | what |\n|---|---|---|---|---|---|\n"
                + rows.joined(separator: "\n") + "\n"
        }.joined() + "\n"
    }

    @Test("docs/configuration.md has every key of the schema with its type, default, flag and variable")
    func matches() throws {
        var text = try String(contentsOfFile: Self.path, encoding: .utf8)
        let start = try #require(text.range(of: Self.begin)?.upperBound)
        let end = try #require(text.range(of: Self.end)?.lowerBound)
        if ProcessInfo.processInfo.environment["CONVERGE_WRITE_DOCS"] != nil {
            text.replaceSubrange(start..<end, with: Self.tables)
            try text.write(toFile: Self.path, atomically: true, encoding: .utf8)
            return
        }
        #expect(text[start..<end] == Self.tables, "run the test with CONVERGE_WRITE_DOCS=1")
    }

    @Test("the example of docs/configuration.md is a valid configuration")
    func example() throws {
        let text = try String(contentsOfFile: Self.path, encoding: .utf8)
        let start = try #require(text.range(of: "```yaml\n")?.upperBound)
        let end = try #require(text.range(of: "```\n", range: start..<text.endIndex)?.lowerBound)
        let options = try Options([], for: Command("run", usage: "", summary: "", flags: ConfigurationSchema.worker.flags))
        let configuration = try Configuration.load(
            .worker, file: Configuration.File(path: "converge.yaml", bytes: Array(text[start..<end].utf8)), environment: [:],
            options: options, readSecret: { _ throws(FileError) in Array("secret\n".utf8) })
        #expect(configuration.list("kafka.topics").count == 2)
    }
}
