import JSON
import Platform
import TestSupport
import Testing

@Suite(.limited) struct CanonicalFormTests {
    private func canonical(_ document: String, _ parser: JSONParser = JSONParser()) throws -> String {
        try Array(document.utf8).withUnsafeBytes { bytes in
            var out = ByteBuffer(capacity: 16)
            out.append("before")
            try parser.parse(bytes).root.appendCanonical(to: &out)
            return String(out.bytes.text.dropFirst(6))
        }
    }

    @Test("every spelling of a document has the same canonical form, equal to the reference implementation's")
    func oneForm() throws {
        let parser = JSONParser()
        forAll { random in
            let tree = random.tree(Vocabulary())
            let spellings = [random.spell(tree), random.spell(tree)]
            for spelling in spellings {
                let form = try canonical(spelling, parser)
                try demand(form == tree.canonical, "\(spelling)\n\(form)\n\(tree.canonical)")
                try demand(ReferenceGrammar.accepts(Array(form.utf8)), "no JSON: \(form)")
            }
        }
    }

    @Test("the canonical form of a canonical form is itself")
    func idempotent() throws {
        let parser = JSONParser()
        forAll { random in
            let form = try canonical(random.spell(random.tree(Vocabulary())), parser)
            try demand(try canonical(form, parser) == form, form)
        }
    }

    @Test("a value reported as canonical is canonical; a canonical value without backslashes is reported as canonical")
    func flag() throws {
        let page = try GuardedPage()
        let parser = JSONParser()
        var canonicals = 0
        forAll { random in
            let tree = random.tree(Vocabulary())
            // Nearly canonical documents, too.
            var document = random.chance(2) ? random.spell(tree) : tree.canonical
            if random.chance(4), let at = document.indices.randomElement(using: &random), document[at] == "," {
                document.insert(" ", at: at)
            }
            func check(_ value: JSONValue) throws {
                let form = try Tree(value).canonical
                if value.isCanonical {
                    canonicals += 1
                    try demand(value.bytes.text == form, "flagged: \(value.bytes.text) in \(document)")
                } else if !form.contains("\\") {
                    try demand(value.bytes.text != form, "not flagged: \(value.bytes.text) in \(document)")
                }
                for element in value.elements { try check(element) }
                for member in value.members { try check(member.value) }
            }
            try check(parser.parse(page.copy(document)).root)
        }
        #expect(canonicals > 10_000)
    }

    @Test(
        "text with only the necessary escapes is canonical, so that it is copied and not rewritten",
        arguments: [
            (#"{"a":"{\"b\":\"\\\"}","c":["\b\f\n\r\t"]}"#, true), (#"{"a":"\/"}"#, false), (#"["\"\u000a"]"#, false),
            (#"["\\u000a"]"#, true), (#"{"\"":1}"#, false), (#"{"a":"\"","\"":1}"#, false), (#"{"b":"\"","a":1}"#, false),
            (#"["\"", 1]"#, false),
        ])
    func escapesInCanonicalText(text: String, isCanonical: Bool) throws {
        let page = try GuardedPage()
        let parser = JSONParser()
        let root = try parser.parse(page.copy(text)).root
        #expect(root.isCanonical == isCanonical)
        if isCanonical { #expect(try canonical(text, parser) == text) }
    }

    @Test("an object is canonical where its keys ascend, wherever two of them first differ, right up to a page end")
    func keyOrder() throws {
        let page = try GuardedPage()
        let parser = JSONParser()
        // Of every length around the eight bytes that are compared at once, some the starts of others, with all that sorts beside a quote.
        let starts = (0...10).map { String("abcdefghij".prefix($0)) }
        let keys = starts + starts.flatMap { start in [" ", "!", "#", "Z", "\u{7F}", "é", "😀"].map { start + $0 } }
        for first in keys {
            for second in keys {
                for document in ["{\"\(first)\":1,\"\(second)\":2}", "[{\"\(first)\":{},\"\(second)\":{}},1]"] {
                    let root = try parser.parse(page.copy(document)).root
                    #expect(root.isCanonical == first.utf8.lexicographicallyPrecedes(second.utf8), "\(document)")
                }
            }
        }
    }

    @Test(
        "the canonical form is compact, sorted by decoded keys, escapes as little as possible, and keeps number tokens",
        arguments: [
            ("  1.50E+2 ", "1.50E+2"), (" [ 1 , 2 ] ", "[1,2]"), ("{ }", "{}"), ("[\n]", "[]"),
            (#"{"b":1,"a":2}"#, #"{"a":2,"b":1}"#), (#"{"aa":1,"a":2,"":3}"#, #"{"":3,"a":2,"aa":1}"#),
            (#"{"a":1,"a":2}"#, #"{"a":2}"#), (#"{"a":1,"\u0061":2}"#, #"{"a":2}"#), (#"{"\u0061":1,"a":2}"#, #"{"a":2}"#),
            (#"{"a":1,"b":2,"a":3,"b":4}"#, #"{"a":3,"b":4}"#), (#"{"x":{"b":1,"a":[ ]}}"#, #"{"x":{"a":[],"b":1}}"#),
            (#""\u0041\/\u00e9\u00E9""#, #""A/éé""#), (#""\ud83D\uDE00""#, "\"😀\""),
            (#""\u001F\u000a\u0022\u005c""#, #""\u001f\n\"\\""#),
            (#""\uD800\uDFff""#, "\"\u{103FF}\""), (#""\uDFFF\uD800""#, #""\udfff\ud800""#),
            (#"{"\uDC00":1}"#, #"{"\udc00":1}"#),
            // Two halves are two keys, whichever bits they differ in.
            (#"{"\ud801":1,"\ud800":2}"#, #"{"\ud800":2,"\ud801":1}"#),
            (#"{"\ud840":1,"\ud800":2}"#, #"{"\ud800":2,"\ud840":1}"#),
            // A key that looks like an escape and the escape itself are two keys.
            (#"{"\\ud800":1,"\ud800":2}"#, #"{"\\ud800":1,"\ud800":2}"#), (#"{"\\uD800":1}"#, #"{"\\uD800":1}"#),
            (#"{"\\udc00":1}"#, #"{"\\udc00":1}"#), (#""\\ud800""#, #""\\ud800""#),
            // By meaning: backslash (5C) sorts before `a` however either is spelled.
            (#"{"a":1,"\\":2,"\u0041":3,"\"":4,"\u00e9":5,"z":6}"#, #"{"\"":4,"A":3,"\\":2,"a":1,"z":6,"é":5}"#),
            (#"{"\uffff":1,"\ud83d\ude00":2}"#, "{\"\u{FFFF}\":1,\"😀\":2}"), (#"{"\n":1,"\t":2}"#, #"{"\t":2,"\n":1}"#),
        ])
    func examples(_ document: String, _ form: String) throws {
        #expect(try canonical(document) == form)
        #expect(try canonical(form) == form)
    }

    @Test("a document 512 levels deep has a canonical form")
    func deep() throws {
        let document = GrammarTests.nested(256, "[ {\"a\":", "}]", inside: "1")
        #expect(try canonical(document) == document.filter { $0 != " " })
    }

    @Test("text written as a canonical JSON string is read back unchanged")
    func written() throws {
        let parser = JSONParser()
        forAll { random in
            let text = String(decoding: random.string(Vocabulary(lonelySurrogates: false)), as: UTF16.self)
            var out = ByteBuffer(capacity: 16)
            out.appendJSONString(text)
            try demand(out.bytes.text == Tree.quoted(Array(text.utf16)), text)
            var meaning = ByteBuffer()
            try parser.parse(out.bytes).root.appendUnescaped(to: &meaning)
            try demand(meaning.bytes.text == text, text)
        }
    }
}
