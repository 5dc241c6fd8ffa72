import TestSupport
import Testing

@testable import AWS
@testable import Platform

@Suite("XML of services", .limited)
struct XMLElementTests {
    private func read<Result>(_ text: String, _ body: (XMLElement) throws -> Result) throws -> Result {
        var text = text
        return try text.withUTF8 { try body(try #require(XMLElement(document: ByteView($0)))) }
    }

    @Test("elements are read in their order, with those of the same name inside each other")
    func nested() throws {
        let text = """
            <?xml version="1.0"?>
            <!-- <not><one> -->
            <r xmlns="https://x/" a='1>2'><member><member>a</member><n/></member>
            <member>b &amp; &lt;c&gt;</member><empty></empty><m>1</m></r>
            """
        try read(text) { root in
            #expect(root.name.text == "r")
            #expect(root.children.map(\.name.text) == ["member", "member", "empty", "m"])
            let first = try #require(root.child("member"))
            #expect(first.children.map(\.name.text) == ["member", "n"] && first.text("member") == "a")
            #expect(first.child("n")?.content.count == 0 && root.text("empty") == "")
            #expect(root.children[1].text == "b & <c>" && root.text("m") == "1" && root.text("none") == nil)
            #expect(root.list("member").map(\.name.text) == ["member", "n"] && root.list("none").isEmpty)
        }
    }

    @Test(
        "what is not well-formed ends the list, and never the program",
        arguments: ["", "x", "<", "<a", "<a>", "</a>", "<a></b>", "<a b='>", "<!--", "<?", "<a><b></a>"])
    func malformed(text: String) {
        var text = text
        text.withUTF8 { #expect(XMLElement(document: ByteView($0)) == nil) }
    }

    @Test("a random damage of an answer never ends the program")
    func damaged() throws {
        let text = Array("<?xml?><a x='y'><b>1</b><c><d/><!-- e --><b>&amp;</b></c></a>".utf8)
        for at in text.indices {
            for byte in Array("<>/'\"!x".utf8) {
                var damaged = text
                damaged[at] = byte
                damaged.withUnsafeBytes { bytes in
                    func walk(_ element: XMLElement) {
                        for child in element.children { walk(child) }
                    }
                    if let root = XMLElement(document: bytes) { walk(root) }
                }
            }
        }
    }

    @Test("text is escaped so that it is read as it was")
    func escaped() throws {
        let text = "a<b>&amp;\"c\" ü"
        try read("<r>\(XMLText.escaped(text))</r>") { #expect($0.text == text) }
    }
}
