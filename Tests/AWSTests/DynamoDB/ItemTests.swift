import Platform
import TestSupport
import Testing

@testable import AWS
@testable import JSON

@Suite("attributes of items", .limited)
struct ItemTests {
    @Test("are written with their types, escaped as JSON is")
    func written() {
        var json = JSONWriter()
        json.object { json in
            json.attribute("pk", "agent#\"1\"")
            json.attribute("count", -7)
            json.attribute("of \(3)", 3)
            json.attribute("parents", ["b", "a"])
            Array("bytes".utf8).withUnsafeBytes { json.attribute("registers", bytes: $0) }
            json.attribute("seen") { json in json.attribute("us-\(1)") { $0.attribute("at", Int64.min) } }
            Array(#"{"L":[]}"#.utf8).withUnsafeBytes { json.attribute("values", typed: $0) }
        }
        #expect(
            json.buffer.bytes.text
                == #"{"pk":{"S":"agent#\"1\""},"count":{"N":"-7"},"of 3":{"N":"3"},"parents":{"SS":["b","a"]},"#
                + #""registers":{"B":"Ynl0ZXM="},"seen":{"M":{"us-1":{"M":{"at":{"N":"-9223372036854775808"}}}}},"#
                + #""values":{"L":[]}}"#)
    }

    @Test("are read by name and type; one of another type counts as missing")
    func read() throws {
        let text =
            #"{"pk":{"S":"a\"b"},"n":{"N":"12"},"x":{"N":"1.5"},"set":{"SS":["b","a"]},"b":{"B":"Ynl0ZXM="},"#
            + #""map":{"M":{"one":{"M":{"at":{"N":"1"}}},"two":{"S":"no map"}}},"odd":{"S":7},"none":{}}"#
        let parser = JSONParser()
        try Array(text.utf8).withUnsafeBytes { bytes in
            let item = ItemView(try parser.parse(bytes).root)
            #expect(item.text("pk") == "a\"b" && item.string("pk")?.rawString.text == #"a\"b"#)
            #expect(item.integer("n") == 12 && item.integer("x") == nil && item.texts("set") == ["a", "b"])
            #expect(item.base64("b")?.text == "Ynl0ZXM=")
            var maps: [String: Int64?] = [:]
            item.map("map")?.forEachMap { maps[$0.text] = $1.integer("at") }
            #expect(maps == ["one": 1])
            for name in ["n", "set", "b", "map", "odd", "none", "nowhere"] as [StaticString] { #expect(item.text(name) == nil) }
            for name in ["pk", "map", "none", "nowhere"] as [StaticString] {
                #expect(item.integer(name) == nil && item.texts(name) == nil && item.base64(name) == nil)
            }
            #expect(item.string("odd") == nil)
            #expect(item.has("none") && item.has("odd") && !item.has("nowhere"))
            let nothing = ItemView(try parser.parse(bytes).root.member("n")!.member("N")!)
            #expect(!nothing.has("pk") && nothing.text("pk") == nil && nothing.map("pk") == nil)
        }
    }

    @Test("what DynamoDB cannot hold is text: the value of the level that is asked for, around which all is typed")
    func separate() {
        func typed(_ json: String, piecesAt depth: Int) -> String {
            var out = ByteBuffer()
            Array(json.utf8).withUnsafeBytes { AttributeValue.append(canonical: $0, piecesAt: depth, to: &out) }
            return out.bytes.text
        }
        let long = String(repeating: "9", count: 39)
        for (value, text) in [
            (long, long), (#"{"":[1,"]}\\"]}"#, #"{\"\":[1,\"]}\\\\\"]}"#),
            (#"["a,\"b",{"c":\#(long)}]"#, #"[\"a,\\\"b\",{\"c\":\#(long)}]"#),
            (
                String(repeating: "[", count: 30) + String(repeating: "]", count: 30),
                String(repeating: "[", count: 30) + String(repeating: "]", count: 30)
            ),
        ] {
            let object = #"{"f":{"a":1,"x":\#(value),"z":"t"},"n":2}"#
            #expect(
                typed(object, piecesAt: 2)
                    == #"{"M":{"f":{"M":{"a":{"N":"1"},"x":{"S":"\#(text)"},"z":{"S":"t"}}},"n":{"N":"2"}}}"#)
            #expect(typed(object, piecesAt: 0).hasPrefix(#"{"S":"{\"f\":"#))
        }
        // Above that level it is all of it.
        #expect(typed(#"{"n":\#(long),"f":{"a":1}}"#, piecesAt: 2).hasPrefix(#"{"S":"#))
    }

    @Test("are the same piece by piece")
    func pieces() {
        var out = ByteBuffer()
        out.beginMap()
        out.append("\"a\":")
        out.append(plainText: "b")
        out.append(",\"c\":")
        out.beginList()
        out.append(number: -5)
        out.append(",")
        out.appendTrue()
        out.append(",")
        out.appendFalse()
        out.append(",")
        out.appendNull()
        out.endList()
        out.endMap()
        let wanted = #"{"M":{"a":{"S":"b"},"c":{"L":[{"N":"-5"},{"BOOL":true},{"BOOL":false},{"NULL":true}]}}}"#
        #expect(out.bytes.text == wanted)
    }
}
