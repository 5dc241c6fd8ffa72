import ContactCenter
import Platform
import TestSupport
import Testing

@Suite("reading state lines", .limited)
struct StateLineReaderTests {
    @Test(
        "a line with another spelling is read as the canonical line",
        arguments: [
            (
                #"{"id":"s/1","kind":"session","registers":{"field/a":{"event":"e","rank":0,"region":"us\u002deast-1","time":"2024-05-06T07:08:09.000Z","value":{"b":1, "a":2}}}}"#,
                #"{"field/a":{"event":"e","rank":0,"region":"us-east-1","time":"2024-05-06T07:08:09.000Z","value":{"a":2,"b":1}}}"#
            ),
            (
                #"{"id":"ada","kind":"username","registers":{"agents":{"capacity":16,"members":[{"event":"","rank":0,"region":"","time":"2024-05-06T00:00:00.000Z","value":"1\/i\/a"}],"rule":"union"}}}"#,
                #"{"agents":{"capacity":16,"members":[{"event":"","rank":0,"region":"","time":"2024-05-06T00:00:00.000Z","value":"1/i/a"}],"rule":"union"}}"#
            ),
        ])
    func readsAsCanonical(line: String, registers: String) throws {
        var line = line
        let read = try line.withUTF8 { bytes in
            try StateLineReader().read(ByteView(bytes)) { _, entity in
                var text = ByteBuffer()
                entity.appendJSON(to: &text)
                return text.bytes.text
            }
        }
        #expect(read == registers)
    }
}
