import HTTPClient
import TestSupport
import Testing

@testable import Ingest

@Suite("dividing a file into records", .limited)
struct FramingTests {
    static let objects = [#"{"a":1}"#, #"{"b":{"c":"}{"}}"#, #"{"d":[{"e":"\"\\"},2]}"#, "{}"]

    static let layouts: [(Framing, String)] = [
        (.lines, objects.joined(separator: "\n")),
        (.lines, objects.joined(separator: "\n") + "\n"),
        (.lines, objects.joined(separator: " \t\r\n") + "\r\n\r\n"),
        (.documents, objects.joined()),
        (.documents, objects.joined(separator: " ")),
        (.documents, objects.joined(separator: ",\n") + "\n"),
        (.elements, "[" + objects.joined(separator: ",") + "]"),
        (.elements, "[\n  " + objects.joined(separator: ",\n  ") + "\n]\n"),
        (.elements, "[\(objects[0])][\(objects[1...].joined(separator: " , "))]"),
    ]

    @Test("every framing with any compression gives the same records", arguments: layouts, Packing.allCases)
    func everyFraming(_ layout: (Framing, String), _ packing: Packing) throws {
        for start in ["", "\u{FEFF}", " \n\n", "\u{FEFF}\n"] {
            let text = start + layout.1
            #expect(Array(text.utf8).withUnsafeBytes { Framing.decide($0, isEnd: true) } == layout.0)
            for blockBytes in [1, 7, 64, 1 << 20] {
                let (told, error) = try told(packing.pack(Array(text.utf8)), blockBytes: blockBytes)
                let trimmed = told.map { $0.text.hasSuffix(" \t") ? String($0.text.dropLast(2)) : $0.text }
                #expect(trimmed == Self.objects)
                #expect(error == nil)
            }
        }
    }

    @Test("each pretty-printed document is one record")
    func prettyPrinted() throws {
        let documents = ["{\n  \"a\": {\n    \"b\": 1\n  }\n}", "{\n  \"c\": []\n}", "{}"]
        #expect(try texts(documents.joined(separator: "\n")) == documents)
        #expect(try texts(documents.joined()) == documents)
    }

    @Test("the framing does not depend on how much of the beginning is available, once it is decided")
    func stableDecision() {
        var dice = Dice(seed: 7)
        for round in 0..<300 {
            let parts = (0..<4).map { _ in
                switch Int.random(in: 0...3, using: &dice) {
                case 0: String(dice.object().dropLast())
                case 1: "garbage"
                default: dice.object(isPretty: Bool.random(using: &dice))
                }
            }
            let text = Array(parts.joined(separator: ["\n", "", " "].randomElement(using: &dice)!).utf8)
            text.withUnsafeBytes { text in
                let whole = Framing.decide(text, isEnd: true)
                for length in 0..<text.count {
                    let early = Framing.decide(text.slice(0, length), isEnd: false)
                    #expect(early == nil || early == whole, "round \(round), \(length) bytes")
                }
            }
        }
    }

    @Test("the ordinal of a line is its line number, with blank lines counted; the ordinal of other records is their number")
    func ordinals() throws {
        let lines = try told("\n{\"a\":1}\r\n \t\r\n\n{\"b\":1}\n{\"c\":1}".utf8).told
        #expect(lines.map(\.ordinal) == [2, 5, 6])
        #expect(lines.map(\.text) == [#"{"a":1}"#, #"{"b":1}"#, #"{"c":1}"#])
        #expect(try told("[\n{\"a\":1},\n\n{\"b\":1}]".utf8).told.map(\.ordinal) == [1, 2])
    }

    @Test("each line of garbage is one record")
    func garbageLines() throws {
        #expect(try texts("hello\n{\"a\":1}\nwor{ld\n{\"b\":2}\n") == ["hello", #"{"a":1}"#, "wor{ld", #"{"b":2}"#])
        #expect(try texts("[info] x\n{\"a\":1}\n") == ["[info] x", #"{"a":1}"#])
        #expect(try texts("{\"a\":\"cut\n{\"a\":1}\n{\"b\":2}\n") == ["{\"a\":\"cut", #"{"a":1}"#, #"{"b":2}"#])
        #expect(try texts("no newline, no JSON") == ["no newline, no JSON"])
    }

    @Test("a first object over 64 KiB still decides the framing")
    func longFirstObject() throws {
        let long = "{\"a\":\"\(String(repeating: "x", count: 200_000))\"}"
        for blockBytes in [100, 1 << 16, 1 << 20] {
            #expect(try texts(long + "\n{}\n", blockBytes: blockBytes) == [long, "{}"])
            #expect(try texts(long + "{}", blockBytes: blockBytes) == [long, "{}"])
            #expect(try texts("[\(long),{}]", blockBytes: blockBytes) == [long, "{}"])
        }
        let pretty = "{\n\"a\":\"\(String(repeating: "x", count: 200_000))\"\n}"
        #expect(try texts(pretty + pretty + "\n{}") == [pretty, pretty, "{}"])
    }

    @Test("a file without a record has no framing", arguments: ["", "\n", " \r\n\t\n", "\u{FEFF}", "[]", "[ ]\n[]"])
    func noRecords(_ text: String) throws {
        for blockBytes in [1, 1 << 20] { #expect(try texts(text, blockBytes: blockBytes) == []) }
    }
}
