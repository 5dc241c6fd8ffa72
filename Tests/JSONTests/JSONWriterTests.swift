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
                Array("raw".utf8).withUnsafeBytes { json.string($0) }
                Array("[1]".utf8).withUnsafeBytes { json.raw($0) }
            }
            json.object("d") { $0.member("e", true) }
            json.key("ü" + "f")
            json.string("😀")
        }
        #expect(
            json.buffer.bytes.text
                == #"{"a":"x\"\n","b":-9223372036854775808,"c":[1,{},[],null,false,"AAECAw==","raw",[1]],"d":{"e":true},"üf":"😀"}"#
        )
        json.removeAll()
        json.array { $0.integer(7) }
        #expect(json.bytes == Array("[7]".utf8))
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
