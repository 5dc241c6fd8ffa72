import Foundation
import Observability
import TestSupport
import Testing

@Suite("docs/state.md", .limited)
struct StateDocumentTests {
    static let page: String = {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../../docs/state.md")
        return (try? String(contentsOf: path.standardized, encoding: .utf8)) ?? ""
    }()

    /// The JSON blocks of the page, in canonical form.
    static let blocks = page.components(separatedBy: "```json\n").dropFirst().compactMap { block in
        CanonicalJSON.rewrite(block.components(separatedBy: "```")[0])
    }

    @Test("docs/state.md shows the line of every example as the program writes it", arguments: StateExamples.all.indices)
    func lines(_ index: Int) {
        let line = StateExamples.all[index].line()
        #expect(Self.blocks.contains(line), "docs/state.md does not show this line: \(line)")
    }

    @Test("the registers that docs/state.md shows occur in a line")
    func registers() {
        let lines = StateExamples.all.map { $0.line() }
        let fragments = Self.blocks.filter { !lines.contains($0) }
        #expect(fragments.count == 6)
        for fragment in fragments {
            for (name, value) in CanonicalJSON.members(fragment) {
                #expect(lines.contains { $0.contains("\"\(name)\":\(value)") }, "no example has \(name): \(value)")
            }
        }
    }

    @Test("members that the page calls names and endpoints are not shown by logs and health")
    func personal() {
        let rows =
            Self.page.components(separatedBy: "## Personal facts\n").last?.components(separatedBy: "\n## ")[0]
            .split(separator: "\n").filter { $0.hasSuffix("| name |") || $0.hasSuffix("| endpoint |") } ?? []
        let members = rows.flatMap { $0.split(separator: "|")[2].matches(of: /(\w+)`/).map { $0.output.1.lowercased() } }
        #expect(
            Set(members) == [
                "firstname", "lastname", "username", "displayname", "address", "additionalemailrecipients",
            ])
        #expect(personalMembers.isSuperset(of: members))
    }
}
