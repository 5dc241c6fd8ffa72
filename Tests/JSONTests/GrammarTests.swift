import JSON
import Platform
import TestSupport
import Testing

@Suite(.limited) struct GrammarTests {
    static func nested(_ depth: Int, _ open: String = "[", _ close: String = "]", inside: String = "") -> String {
        String(repeating: open, count: depth) + inside + String(repeating: close, count: depth)
    }

    static let valid: [String] = [
        "null", "true", "false", "0", "-0", "1", "-1", "10", "1.5", "-0.0", "1e5", "1E5", "1e+5", "1e-05", "0e0", "0.1e1",
        "1E400",
        String(repeating: "9", count: 400), "\"\"", "\"a\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\uDE00\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"", "\"\u{7F}\u{2028}é😀\"", "\"\\\\\"", "\"\\\\\\\"\"", "\"\\\\\\\\\"", "[]", "{}", "[ ]", "{ }",
        "[[]]", "[{}]",
        "[1]", "[1,2]", " [ 1 , 2 ] ", "{\"a\":1}", "{\"a\" : 1 }", "{\"\":\"\"}", "{\"a\":1,\"a\":2}", "\t\n\r null\t\n\r ",
        "[\"a\",\"b\"]",
        "[\"]\",\"}\",\",\",\":\"]", "[\"\\\"]\"]", "{\"a\":{\"b\":[{\"c\":null}]}}", "\"\\u0000\"", "[1 ,2\t,3\n,4\r]",
        "\"" + String(repeating: "x", count: 63) + "\"", "\"" + String(repeating: "\\\\", count: 64) + "\"",
        nested(512), nested(512, "{\"a\":", "}", inside: "1"), nested(511, inside: "{}"),
    ]

    static let invalid: [String] = [
        // Words and scalars
        "nul", "nulll", "Null", "tru", "truee", "fals", "falsee", "nan", "NaN", "Infinity", "-Infinity", "undefined", "a",
        "'a'", "\\u0061",
        "\u{FEFF}null", "null\u{0}", "\u{0}", "\u{1A}", "\u{0C}", "[\u{0C}]", "[1\u{0C}]", "[1\u{1A}2]", "{\"a\"\u{1A}1}",
        "[1\u{0B}]", "\u{A0}1",
        "\u{2028}1", "é", "/**/1", "1//", "#1", "*",
        // Numbers
        "-", "+", "+1", "--1", "01", "-01", "00", "0x1", "0b1", "1.", "1.e5", ".5", "-.5", "1e", "1E+", "1e-", "1e5.5", "1e5e5",
        "1.5.5", "1_0",
        "1 000", "1,0", "1a", "1\u{0}", "0e", "0.e1", "-0x", "1e+-5", "１", "1.5f", "[-]", "[1.]", "[1e]", "[1e,2]", "[0 1]",
        // Strings
        "\"", "\"a", "a\"", "\"a\"b", "\"a\"\"", "\"\\\"", "\"\\", "\"\\a\"", "\"\\x41\"", "\"\\'\"", "\"\\0\"", "\"\\u\"",
        "\"\\u1\"", "\"\\u12\"",
        "\"\\u123\"", "\"\\u123g\"", "\"\\u 123\"", "\"\\u+123\"", "\"\\u00\u{00E9}\"", "\"\\U0041\"", "\"\\ud83d\\u\"",
        "\"\\u12\"34\"", "\"a\nb\"",
        "\"a\tb\"", "\"a\u{0}b\"", "\"\u{1F}\"", "\"\\\u{0}\"", "\"\\\n\"", "1\"a\"", "true\"a\"", "\"a\"1", "\\\"a\"",
        "[1\"]\"]", "[1\\\"]", "[\\n]", "'",
        "[\"a\\\"]", "\"\\é\"",
        // Arrays
        "[", "]", "[1", "1]", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]", "[1:2]", "[1}", "[\"a\":1]", "[[]", "[]]", "[\"",
        "[\"a", "[\"a\" \"b\"]",
        "[a]", "[1;2]", "[][", "[true false]", "[\"a\"\"b\"]", "[[1]2]", "[{}{}]", ",", ":", "[:]", "[1,\u{0}]",
        // Objects
        "{", "}", "{]", "[}", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{,}", "{,\"a\":1}", "{\"a\"}",
        "{\"a\",1}", "{\"a\" 1}",
        "{\"a\"::1}", "{a:1}", "{'a':1}", "{1:1}", "{null:1}", "{[]:1}", "{\"a\":1 \"b\":2}", "{\"a\":1;\"b\":2}",
        "{\"a\":1,,\"b\":2}", "{\"a\":}", "{:1}",
        "{\"a\":1}}", "{\"a\\x\":1}", "{\"a\":1]", "{\"a\":,\"b\":1}", "{\"a\"b:1}", "{\"a\":1,\"b\"}", "{\"a\":1,\"b\":}",
        "{\"a\":1:2}", "{\"a\"\"b\":1}",
        "{\"a\n\":1}", "{}x", "{\"a\":1}\"", "{\"a\\\":1}", "{a\"b\":1}", "{\"\\u12\":1}", "{ \"a\" : 1 , }",
        // Several documents
        "1 2", "{}{}", "[] []", "null,null", "\"a\" \"b\"", "{}\n{}", "truefalse", "1,2", "{}\u{0}", "{},",
    ]

    static let invalidBytes: [[UInt8]] = [
        [0xFF], [0x22, 0xFF, 0x22], [0x22, 0x80, 0x22], [0x22, 0xC3, 0x22], [0x22, 0xC0, 0xAF, 0x22],
        [0x22, 0xE0, 0x80, 0xAF, 0x22],
        [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xF0, 0x9F, 0x98, 0x22],
        [0x22, 0xF8, 0x88, 0x80, 0x80, 0x80, 0x22],
        [0x5B, 0xE9, 0x5D], [0x31, 0xC3, 0xA9, 0xC3], [0x22, 0xC3, 0xA9, 0x22, 0xC3],
    ]

    @Test("valid JSON that ends at a memory page boundary is accepted", arguments: valid)
    func accepts(_ document: String) throws {
        let page = try GuardedPage()
        let parser = JSONParser()
        #expect(ReferenceGrammar.accepts(Array(document.utf8)))
        #expect(throws: Never.self) { _ = try Tree(parser.parse(page.copy(document)).root) }
    }

    @Test("invalid JSON that ends at a memory page boundary is refused", arguments: invalid)
    func refuses(_ document: String) throws {
        let page = try GuardedPage()
        let parser = JSONParser()
        #expect(!ReferenceGrammar.accepts(Array(document.utf8)))
        #expect(throws: JSONError.syntax) { try parser.parse(page.copy(document)) }
        // Also where other text follows that would heal it, were it read.
        let healed = Array((document + "\"}]1").utf8).withUnsafeBytes { bytes in
            Result { try parser.parse(bytes.slice(0, document.utf8.count)) }
        }
        #expect(throws: JSONError.syntax) { try healed.get() }
    }

    @Test("text that is not UTF-8 is refused with that reason", arguments: invalidBytes)
    func refusesBytes(_ bytes: [UInt8]) throws {
        let page = try GuardedPage()
        #expect(throws: JSONError.notUTF8) { try JSONParser().parse(page.copy(bytes)) }
    }

    @Test(
        "512 levels of nesting are read, 513 are refused",
        arguments: [("[", "]"), ("{\"a\":", "}"), ("[{\"a\":", "}]"), (" [ ", "\n]")])
    func depth(_ open: String, _ close: String) throws {
        let parser = JSONParser()
        let page = try GuardedPage()
        let levels = open.filter { "[{".contains($0) }.count
        _ = try parser.parse(page.copy(GrammarTests.nested(512 / levels, open, close, inside: "1")))
        for inside in ["[]", "{}", "[1]", "["] {
            let document = GrammarTests.nested(512 / levels, open, close, inside: inside)
            #expect(throws: JSONError.tooDeep) { try parser.parse(page.copy(document)) }
        }
        _ = try parser.parse(page.copy(GrammarTests.nested(512 / levels, open, close, inside: "1")))
    }

    @Test(
        "empty and blank text contains no document", arguments: ["", " ", "\n", " \t\r\n ", String(repeating: " ", count: 200)])
    func blank(_ blank: String) throws {
        let page = try GuardedPage()
        let parser = JSONParser()
        try parser.begin(page.copy(blank))
        #expect(try parser.next() == nil)
        #expect(try parser.next() == nil)
        #expect(throws: JSONError.syntax) { try parser.parse(page.copy(blank)) }
        try parser.begin(ByteView(start: nil, count: 0))
        #expect(try parser.next() == nil)
        #expect(throws: JSONError.syntax) { try parser.parse(ByteView(start: nil, count: 0)) }
    }

    @Test("a parser that has read nothing yet has no document")
    func unused() throws {
        #expect(try JSONParser().next() == nil)
    }

    @Test("after a document, only white space is accepted")
    func onlyDocument() throws {
        let page = try GuardedPage()
        let parser = JSONParser()
        let document = try parser.parse(page.copy(" {\"a\":[1,2]} \n"))
        #expect(document.root.bytes.text == "{\"a\":[1,2]}")
        #expect(try parser.next() == nil)
        #expect(try Tree(document.root).canonical == "{\"a\":[1,2]}")
    }

    @Test("several documents in one text come one after the other, with or without white space between them")
    func severalDocuments() throws {
        let page = try GuardedPage()
        let parser = JSONParser()
        forAll(2000) { random in
            let trees = (0..<random.below(6)).map { _ in random.tree(Vocabulary()) }
            var documents = ""
            for tree in trees {
                // Two scalars would run into each other.
                if let last = documents.last, !"]}".contains(last) { documents += " " }
                documents += random.space() + random.spell(tree)
            }
            documents += random.space()
            try parser.begin(page.copy(documents))
            for tree in trees {
                guard let document = try parser.next() else { throw Violation("too few of \(documents)") }
                try demand(try Tree(document.root).sameMeaning(as: tree), documents)
                try demand(document.hasEscapedKeys == hasEscapedKeys(document.root), "hasEscapedKeys: \(documents)")
            }
            try demand(try parser.next() == nil, "too many of \(documents)")
        }
    }

    private func hasEscapedKeys(_ value: JSONValue) -> Bool {
        value.members.contains { $0.name.contains(UInt8(ascii: "\\")) || hasEscapedKeys($0.value) }
            || value.elements.contains { hasEscapedKeys($0) }
    }

    @Test("documents before a malformed one are read, and none after it")
    func brokenSecond() throws {
        let page = try GuardedPage()
        let parser = JSONParser()
        for broken in ["[1,]", "nul", "{\"a\"}", GrammarTests.nested(513), "}", "[", ","] {
            try parser.begin(page.copy("{\"a\":1} \(broken) {\"b\":2}"))
            #expect(try parser.next()?.root.bytes.text == "{\"a\":1}")
            #expect(throws: JSONError.self) { try parser.next() }
            #expect(try parser.next() == nil)
            #expect(try parser.next() == nil)
        }
    }

    @Test("one parser reads texts that grow and shrink, good and bad, one after the other")
    func reuse() throws {
        let page = try GuardedPage(pages: 300)
        let parser = JSONParser()
        for elements in [1, 70_000, 3, 0, 200_000, 1000, 300_000, 2] {
            let document = "[" + (0..<elements).map { "\($0 % 7)" }.joined(separator: ",") + "]"
            #expect(try parser.parse(page.copy(document)).root.elements.reduce(0) { count, _ in count + 1 } == elements)
            #expect(throws: JSONError.syntax) { try parser.parse(page.copy(String(document.dropLast()))) }
            #expect(try parser.next() == nil)
            #expect(throws: JSONError.notUTF8) { try parser.parse(page.copy(Array(document.utf8) + [0xFF])) }
            #expect(try parser.next() == nil)
        }
    }

    @Test("a text of only brackets, commas, colons or quotes fills the index without overflowing it")
    func dense() throws {
        let page = try GuardedPage(pages: 40)
        for length in [63, 64, 65, 127, 128, 129, 65_535, 65_536, 65_537, 131_072] {
            for pattern in ["[", "]", "{", ",", ":", "\"", "1 ", "[]", "{}", "\"\"", "\"\":", "1,", "[1,"] {
                let parser = JSONParser()
                let document = Array(String(repeating: pattern, count: length / pattern.utf8.count).utf8)
                do {
                    try parser.begin(page.copy(document))
                    while let document = try parser.next() { _ = try Tree(document.root) }
                } catch is JSONError {}
            }
        }
        let quotes = Array(String(repeating: "\"\"", count: 50_000).utf8)
        let parser = JSONParser()
        try parser.begin(page.copy(quotes))
        var documents = 0
        while try parser.next() != nil { documents += 1 }
        #expect(documents == 50_000)
    }

    @Test("damaged documents are accepted exactly when the grammar of RFC 8259 accepts them")
    func mutations() throws {
        let page = try GuardedPage()
        let parser = JSONParser()
        let alphabet = Array("{}[]:,\"\\ \n0123456789.-+eEtfnulrasbx/\u{0}\u{1A}\u{0C}\u{7F}é".utf8)
        var accepted = 0
        forAll(30_000) { random in
            var bytes = Array(random.spell(random.tree(Vocabulary())).utf8)
            for _ in 0...random.below(3) where !bytes.isEmpty {
                let at = random.below(bytes.count)
                switch random.below(6) {
                case 0: bytes[at] = UInt8(random.below(256))
                case 1: bytes[at] = random.pick(alphabet)
                case 2: bytes.insert(random.pick(alphabet), at: at)
                case 3: bytes.remove(at: at)
                case 4: bytes.swapAt(at, random.below(bytes.count))
                default: bytes.removeSubrange(at..<min(bytes.count, at + random.below(20)))
                }
            }
            let view = page.copy(bytes)
            let document: JSONDocument
            do {
                document = try parser.parse(view)
            } catch {
                try demand(!ReferenceGrammar.accepts(bytes), "refused as \(error): \(text(bytes))")
                // However much of it can be read, reading it is no crash.
                do {
                    try parser.begin(view)
                    while let document = try parser.next() { _ = try Tree(document.root) }
                } catch is JSONError {}
                return
            }
            accepted += 1
            try demand(ReferenceGrammar.accepts(bytes), "accepted: \(text(bytes))")
            let tree = try Tree(document.root)
            var out = ByteBuffer()
            document.root.appendCanonical(to: &out)
            try demand(out.bytes.text == tree.canonical, "\(text(bytes)) -> \(out.bytes.text)")
        }
        #expect(accepted > 3000)
    }
}
