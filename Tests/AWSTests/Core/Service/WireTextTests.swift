import Platform
import TestSupport
import Testing

@testable import AWS

@Suite("XML and dates of AWS services", .limited)
struct WireTextTests {
    @Test("the text of an XML element is found by its full name, with entities decoded")
    func elements() {
        let xml = "<Error><CodeX>no</CodeX><Code>A&amp;B&lt;&#65;&#x42;&bogus;&</Code><Empty></Empty></Error>"
        Array(xml.utf8).withUnsafeBytes { bytes in
            #expect(XMLText.element("Code", in: bytes) == "A&B<AB&bogus;&")
            #expect(XMLText.element("Empty", in: bytes) == "")
            #expect(XMLText.element("Cod", in: bytes) == nil)
        }
        for cut in 0..<xml.utf8.count {
            Array(xml.utf8.prefix(cut)).withUnsafeBytes { bytes in
                let text = XMLText.element("Code", in: bytes)
                #expect(text == nil || text == "A&B<AB&bogus;&")
            }
        }
    }

    @Test(
        "an HTTP date is read",
        arguments: [
            ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
            ("Sat, 31 Jan 2026 23:59:59 GMT", "2026-01-31T23:59:59Z"),
            ("Sunday, 06-Nov-94 08:49:37 GMT", nil), ("Sun, 32 Nov 1994 08:49:37 GMT", nil), ("", nil),
            ("Sun, 06 Nov 1994 08:49:37 CET", nil),
        ])
    func dates(text: String, expected: String?) {
        #expect(Timestamp(httpDate: text) == expected.flatMap { Timestamp($0) })
    }
}
