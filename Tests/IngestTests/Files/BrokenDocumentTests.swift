import Platform
import TestSupport
import Testing

@testable import Ingest

@Suite("malformed JSON among documents without lines", .limited)
struct BrokenDocumentTests {
    /// Broken text, and the records that it makes.
    static let cases: [(String, [String])] = [
        // Garbage goes up to the next brace.
        (#"{"a":1} nonsense {"b":2}"#, [#"{"a":1}"#, "nonsense", #"{"b":2}"#]),
        (#"{"a":1}}{"b":2}"#, [#"{"a":1}"#, "}", #"{"b":2}"#]),
        (#"{"a":1}{"b":2} and so on"#, [#"{"a":1}"#, #"{"b":2}"#, "and so on"]),
        (#"[{"a":1}, 12, {"b":2}]"#, [#"{"a":1}"#, "12,", #"{"b":2}"#]),
        // Cut off in a value: noticed at the next closing brace that an opening one follows.
        (#"{"z":0}{"a":{"b":{"c":1}{"d":2}{"e":3}"#, [#"{"z":0}"#, #"{"a":{"b":{"c":1}"#, #"{"d":2}"#, #"{"e":3}"#]),
        // Cut off in a string, which then ends at a quote of the next document.
        (#"{"z":0}{"a":"bc{"d":2}{"e":3}{"f":4}"#, [#"{"z":0}"#, #"{"a":"bc{"d":2}"#, #"{"e":3}"#, #"{"f":4}"#]),
        // A missing comma, a trailing comma, a name without quotes: the neighbours stay whole.
        (#"{"z":0}{"a" 1}{"b":2}"#, [#"{"z":0}"#, #"{"a" 1}"#, #"{"b":2}"#]),
        (#"{"z":0}{"a":1,}{"b":2}"#, [#"{"z":0}"#, #"{"a":1,}"#, #"{"b":2}"#]),
        (#"{"z":0}{a:1}{"b":2}"#, [#"{"z":0}"#, #"{a:1}"#, #"{"b":2}"#]),
        // Pretty-printed: a brace in the first column begins a document.
        (
            "{\n \"a\": 1\n}\n{\n \"b\": [\n  1,\n{\n \"c\": 1\n}\n",
            ["{\n \"a\": 1\n}", "{\n \"b\": [\n  1,", "{\n \"c\": 1\n}"]
        ),
        ("{\n \"a\": 1\n}\n{\n \"b\": \"x\n{\n \"c\": 1\n}\n", ["{\n \"a\": 1\n}", "{\n \"b\": \"x", "{\n \"c\": 1\n}"]),
        // Elements of an array have a comma between them.
        (#"[{"a":"x},{"b":1},{"c":2}]"#, [#"{"a":"x},{"b":1},"#, #"{"c":2}"#]),
        (#"[{"a":{"b":1},{"c":2},{"d":3}]"#, [#"{"a":{"b":1},"#, #"{"c":2}"#, #"{"d":3}"#]),
        (#"[{"a":1}{"b":1}]"#, [#"{"a":1}"#, #"{"b":1}"#]),
        // Never closed.
        (#"{"z":0}{"a":[1,2"#, [#"{"z":0}"#, #"{"a":[1,2"#]),
        (#"{"z":0}{"a":"\"#, [#"{"z":0}"#, #"{"a":"\"#]),
    ]

    @Test("malformed JSON costs at most a neighbouring document, never the rest of the file", arguments: cases)
    func resynchronises(_ text: String, _ records: [String]) throws {
        for blockBytes in Array(1...40) + [1 << 20] {
            #expect(try texts(text, blockBytes: blockBytes) == records, "blocks of \(blockBytes)")
        }
    }

    @Test("documents nested deeper than the parser's limit are split off as well")
    func tooDeep() throws {
        let deep = "{\"a\":" + String(repeating: "[", count: 600) + String(repeating: "]", count: 600) + "}"
        #expect(try texts("{\n}\n\(deep)\n{\n}") == ["{\n}", deep, "{\n}"])
    }

    @Test("no byte is lost, whatever is damaged, with blocks of any size")
    func losesNothing() throws {
        var dice = Dice(seed: 42)
        for _ in 0..<60 {
            let isPretty = Bool.random(using: &dice)
            let objects = (0..<12).map { _ in dice.object(isPretty: isPretty) }
            var bytes = Array(objects.joined(separator: isPretty ? "\n" : "").utf8)
            if Bool.random(using: &dice) { bytes = [UInt8(ascii: "[")] + bytes }
            for _ in 0..<Int.random(in: 1...4, using: &dice) where bytes.count > 1 {
                let at = Int.random(in: 1..<bytes.count, using: &dice)
                bytes[at] = UInt8.random(in: 0...255, using: &dice)
                if Bool.random(using: &dice) { bytes.remove(at: at) }
            }
            let directory = TemporaryDirectory()
            let path = directory.write("a", bytes)
            var whole: [Told]?
            for blockBytes in [16, 23, 64, 200, 1 << 20] {
                let source = try FileSource(paths: [path], blockBytes: blockBytes)
                var offset = 0
                let (told, error) = source.readAll { block in
                    let text = block.text.bytes
                    #expect(text.elementsEqual(bytes[offset..<(offset + text.count)]))
                    var end = 0
                    for record in block.records {
                        #expect(text.slice(end, record.offset - end).allSatisfy { " \n\r\t,[]".utf8.contains($0) })
                        end = record.offset + record.length
                    }
                    #expect(text.slice(end, text.count - end).allSatisfy { " \n\r\t,[]".utf8.contains($0) })
                    offset += text.count
                }
                // Nothing closes the bracket that was put before them.
                if let error {
                    #expect(bytes[0] == UInt8(ascii: "[") && error == .cutOff(path: path, recordsBefore: told.count))
                }
                #expect(offset == bytes.count)
                whole = whole ?? told
                #expect(told == whole)
            }
        }
    }
}
