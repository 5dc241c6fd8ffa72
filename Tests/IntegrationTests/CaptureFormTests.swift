import Foundation
import Testing

extension ProgramTests {
    @Suite("the formats of a capture")
    struct CaptureFormTests {
        private static let arrival = "2026-03-02T14:30:00.000Z"

        private static func envelope(_ lines: some Sequence<String>) -> String {
            let records = lines.map { line in
                #"{"eventSource":"aws:kinesis","kinesis":{"approximateArrivalTimestamp":1772461800.123,"data":"\#(base64(line))","#
                    + #""partitionKey":"p","sequenceNumber":"1"}}"#
            }
            return "{\"Records\":[" + records.joined(separator: ",") + "]}\n"
        }

        private static func capture(_ line: String) -> String {
            #"{"arrival":"\#(arrival)","capture":1,"data":"\#(base64(line))","partition":"0","position":"7","source":"kafka","#
                + #""stream":"agents"}"# + "\n"
        }

        private static func base64(_ line: String) -> String { Data(line.utf8).base64EncodedString() }

        private static func pretty(_ line: String) throws -> String {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
            let options: JSONSerialization.WritingOptions = [.prettyPrinted, .withoutEscapingSlashes]
            return String(decoding: try JSONSerialization.data(withJSONObject: object, options: options), as: UTF8.self)
        }

        private static let forms: [(name: String, make: @Sendable ([String]) throws -> Data)] = [
            ("gzip", { try gzipped($0.jsonLines) }),
            ("zstd", { zstdCompressed($0.jsonLines) }),
            ("gzip members", { try gzipped($0.part(0, of: 2).jsonLines) + gzipped($0.part(1, of: 2).jsonLines) }),
            ("concatenated", { Data($0.joined().utf8) }),
            ("an array", { Data(("[" + $0.joined(separator: ",\n") + "]").utf8) }),
            ("CRLF", { Data($0.joined(separator: "\r\n").utf8) }),
            ("Kinesis to Lambda envelopes", { Data((envelope($0.part(0, of: 2)) + envelope($0.part(1, of: 2))).utf8) }),
            ("Converge's own form", { Data($0.map(capture).joined().utf8) }),
            ("Converge's own form in gzip", { try gzipped($0.map(capture).joined()) }),
            ("in any other order", { Data($0.reversed().jsonLines.utf8) }),
        ]

        @Test("a capture in any format gives the digest of plain JSON Lines", arguments: forms.indices)
        func sameDigest(form: Int) throws {
            let lines = try Array(Captures.small.get().prefix(1_000))
            let scratch = try Scratch()
            try scratch.write("plain", lines.jsonLines)
            try scratch.write("other", Self.forms[form].make(lines))
            #expect(
                try scratch.digest(ofCaptures: "other") == scratch.digest(ofCaptures: "plain"), "\(Self.forms[form].name)")
        }

        @Test("pretty-printed JSON is read record by record")
        func prettyPrinted() throws {
            // Foundation respells numbers, so events of whole numbers only.
            let lines = try Captures.small.get().filter { $0.contains("\"AgentARN\"") }.prefix(100)
            let scratch = try Scratch()
            try scratch.write("plain", lines.jsonLines)
            try scratch.write("pretty", lines.map(Self.pretty).joined(separator: "\n"))
            #expect(try scratch.digest(ofCaptures: "pretty") == scratch.digest(ofCaptures: "plain"))
        }
    }
}
