import Foundation
import TestSupport
import Testing

@Suite("docs/state.md", .limited)
struct StateDocumentTests {
    /// The JSON blocks of the page, in canonical form.
    static let blocks: [String] = {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let page = (try? String(contentsOf: root.appendingPathComponent("docs/state.md"), encoding: .utf8)) ?? ""
        return page.components(separatedBy: "```json\n").dropFirst().compactMap { block in
            CanonicalJSON.rewrite(block.components(separatedBy: "```")[0])
        }
    }()

    @Test("docs/state.md shows the line of every example as the program writes it", arguments: StateExamples.all.indices)
    func lines(_ index: Int) {
        let line = StateExamples.all[index].line()
        #expect(Self.blocks.contains(line), "docs/state.md does not show this line: \(line)")
    }

    @Test("the registers that docs/state.md shows occur in a line")
    func registers() {
        let lines = StateExamples.all.map { $0.line() }
        let fragments = Self.blocks.filter { !lines.contains($0) }
        #expect(fragments.count == 5)
        for fragment in fragments {
            for (name, value) in CanonicalJSON.members(fragment) {
                #expect(lines.contains { $0.contains("\"\(name)\":\(value)") }, "no example has \(name): \(value)")
            }
        }
    }
}
