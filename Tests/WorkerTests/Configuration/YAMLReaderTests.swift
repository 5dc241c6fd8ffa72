import TestSupport
import Testing

@testable import Worker

@Suite("YAML", .limited)
struct YAMLReaderTests {
    private func read(_ text: String) throws(YAMLError) -> YAMLNode { try YAMLReader.read(Array(text.utf8)) }

    private func refusal(of text: String) -> YAMLError? {
        do {
            _ = try read(text)
            return nil
        } catch { return error }
    }

    @Test("mappings, sequences and scalars are read with their lines")
    func structure() throws {
        let node = try read("a:\n  b: 1\n  c: [x, 'y z']\nd: |\n  one\n  two\n")
        #expect(
            node.content
                == .mapping([
                    YAMLMember(
                        key: "a", line: 1,
                        value: YAMLNode(
                            .mapping([
                                YAMLMember(key: "b", line: 2, value: YAMLNode(.scalar("1"), line: 2)),
                                YAMLMember(
                                    key: "c", line: 3,
                                    value: YAMLNode(
                                        .sequence([YAMLNode(.scalar("x"), line: 3), YAMLNode(.scalar("y z"), line: 3)]), line: 3
                                    )),
                            ]), line: 2)),
                    YAMLMember(key: "d", line: 4, value: YAMLNode(.scalar("one\ntwo\n"), line: 4)),
                ]))
    }

    @Test("an empty document is null", arguments: ["", "# nothing\n", "---\n", "~", "null"])
    func empty(text: String) throws {
        #expect(try read(text).content == .null)
    }

    @Test("a quoted null is text")
    func quotedNull() throws {
        #expect(try read("'null'").content == .scalar("null"))
        #expect(try read("\"\"").content == .scalar(""))
    }

    @Test(
        "unsupported YAML is refused with its line",
        arguments: [
            ("a: 1\nb: &x 2\n", 2, "anchor"),
            ("a: 1\nb: *x\n", 2, "alias"),
            ("a: !!int 1\n", 1, "tag"),
            ("a: 1\nb: 2\na: 3\n", 3, "line 1"),
            ("a: 1\n---\nb: 2\n", 2, "second document"),
            ("? [a]\n: 1\n", 1, "key"),
            ("a: [1\nb: 2\n", 2, "expected"),
            ("a:\n\t- 1\n", 2, "token"),
        ])
    func refused(text: String, line: Int, reason: String) {
        let error = refusal(of: text)
        #expect(error?.line == line, "\(String(describing: error))")
        #expect(error?.reason.contains(reason) == true, "\(String(describing: error))")
    }

    @Test("bytes that are not UTF-8 are refused")
    func encoding() {
        #expect(throws: YAMLError.self) { try YAMLReader.read([0x61, 0x3A, 0x20, 0xFF, 0xFE]) }
    }

    @Test("depth, values and bytes are bounded")
    func bounds() throws {
        #expect(refusal(of: String(repeating: "[", count: 100))?.reason.contains("levels") == true)
        let flat = "[" + String(repeating: "1,", count: YAMLReader.nodesMax) + "1]"
        #expect(refusal(of: flat)?.reason.contains("values") == true)
        #expect(refusal(of: String(repeating: " ", count: YAMLReader.bytesMax + 1))?.reason.contains("bytes") == true)
        let nested = String(repeating: "[", count: 31) + String(repeating: "]", count: 31)
        #expect(refusal(of: nested) == nil)
    }

    @Test("a document that expands by aliases is refused at its first anchor")
    func bomb() {
        #expect(refusal(of: "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n")?.line == 1)
    }

    @Test("random text is read or refused without a trap")
    func random() {
        var state: UInt64 = 1
        func next(_ below: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % below
        }
        let parts = [
            "a", ":", " ", "\n", "  ", "- ", "[", "]", "{", "}", ",", "'", "\"", "\\", "#", "&x", "*x", "!", "|", ">", "?",
            "---", "...", "%",
            "\t", "ü", "\u{0}", "null", "1",
        ]
        for _ in 0..<5000 {
            let text = (0..<next(30)).map { _ in parts[next(parts.count)] }.joined()
            var bytes = Array(text.utf8)
            if next(4) == 0 { bytes.append(UInt8(next(256))) }
            do {
                _ = try YAMLReader.read(bytes)
            } catch {
                #expect(error.line >= 1 && !error.reason.isEmpty)
            }
        }
    }
}
