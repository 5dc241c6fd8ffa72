import Foundation
import TestSupport
import Testing

@testable import JSON
@testable import Platform

@Suite("JSON writer", .limited)
struct JSONWriterTests {
    @Test("nested values of every kind are written with commas in the right places")
    func values() {
        var json = JSONWriter(capacity: 1)
        json.object { json in
            json.member("a", "x\"\n")
            json.member("b", Int64.min)
            json.array("c") { json in
                json.integer(1)
                json.object { _ in }
                json.array { _ in }
                json.null()
                json.bool(false)
                [UInt8](0...3).withUnsafeBytes { json.blob($0) }
                Array("[1]".utf8).withUnsafeBytes { json.raw($0) }
            }
            json.object("d") { $0.member("e", true) }
            json.key("ü" + "f")
            json.string("😀")
        }
        #expect(
            json.buffer.bytes.text
                == #"{"a":"x\"\n","b":-9223372036854775808,"c":[1,{},[],null,false,"AAECAw==",[1]],"d":{"e":true},"üf":"😀"}"#
        )
        json.removeAll()
        json.array { $0.integer(7) }
        #expect(json.bytes == Array("[7]".utf8))
    }

    @Test("numbers are written as spelled or with the fewest digits, and null for none and for missing values")
    func numbers() {
        var json = JSONWriter()
        json.object { json in
            json.member("a", number: "0.250")
            json.member("b", Optional<String>.none)
            json.member("c", Optional("c"))
            json.member("d", Int.max)
            json.array("e") { json in for value in [0.1, -2, 1e300, .infinity, .nan] { json.number(value) } }
            json.key("f")
            json.raw("{\"g\":[]}")
        }
        #expect(
            json.buffer.bytes.text
                == #"{"a":0.250,"b":null,"c":"c","d":9223372036854775807,"e":[0.1,-2.0,1e+300,null,null],"f":{"g":[]}}"#)
    }

    @Test("after the end of a line the next value begins without a comma")
    func lines() {
        var json = JSONWriter()
        for number in 1...2 {
            json.object { $0.member("n", number) }
            json.endLine()
        }
        #expect(json.buffer.bytes.text == "{\"n\":1}\n{\"n\":2}\n")
        #expect(jsonLine { $0.member("text", "\"\u{1}\"") } == #"{"text":"\"\u0001\""}"# + "\n")
    }

    @Test("written JSON is read back unchanged")
    func read() throws {
        let text = Array(#"{"s":"a\u00e9\n","n":12,"f":1.5,"x":null}"#.utf8)
        let parser = JSONParser()
        try text.withUnsafeBytes { bytes in
            let root = try parser.parse(bytes).root
            #expect(root.text("s") == "aé\n" && root.text("n") == nil && root.text("none") == nil)
            #expect(root.member("n")?.integer == 12 && root.member("s")?.integer == nil)
            #expect(root.member("f")?.number == 1.5 && root.member("f")?.integer == nil)
        }
    }
}
