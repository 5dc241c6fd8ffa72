import TestSupport
import Testing

@testable import Observability

@Suite("redaction", .limited)
struct RedactionTests {
    @Test(
        "phone numbers, addresses and listed JSON members are removed from free text",
        arguments: [
            ("call +12065550100 now", "call [phone] now"),
            ("+442071838750", "[phone]"),
            ("tel:+1 (206) 555-0100.", "tel:[phone]."),
            ("+1-206-555-0100,+4930123456", "[phone],[phone]"),
            ("+12345678901234567890", "[phone]"),
            ("mail jane.doe+x@mail.example.com.", "mail [address]."),
            ("sip:12065550100@10.0.0.1:5060", "sip:[address]:5060"),
            (#"{"FirstName":"Jane","LastName": "D\"oe","Id":"x"}"#, #"{"FirstName":"[name]","LastName": "[name]","Id":"x"}"#),
            (#""{\"Username\":\"jdoe\",\"a\":1}""#, #""{\"Username\":\"[name]\",\"a\":1}""#),
            (#"{"username":"cut off"#, #"{"username":"[name]"#),
            ("агент@пример.рф", "[address]"),
            (
                #"{"CustomerEndpoint":{"Address":" 12065550100","Type":"TELEPHONE_NUMBER"}}"#,
                #"{"CustomerEndpoint":{"Address":"[name]","Type":"TELEPHONE_NUMBER"}}"#
            ),
        ])
    func scrubs(text: String, clean: String) {
        #expect(scrubbed(text) == clean)
    }

    @Test(
        "text that is not personal data stays",
        arguments: [
            "", "2026-03-02T14:00:00+01:00", "2026-03-02T14:00:00.000+10:30", "1+1=2", "+", "a + b", "+1 2", "@", "a @ b",
            "offset 12345678901", "+012345678",
            #"{"name":"connect-events","Arn":"arn:aws:connect:us-east-1:111122223333:instance/x"}"#,
            #""username""#, #""username": 3"#, "50% of \"all\"", "ünï +1",
        ])
    func leaves(text: String) {
        #expect(scrubbed(text) == text)
    }

    @Test("any text is redacted without a trap, and a second time changes nothing")
    func random() {
        var generator = SystemRandomNumberGenerator()
        let parts = [
            "+", "1", "234567", " ", "-", "(", "@", "a", ".", "\"", "\\", "firstName", ":", "{", "ü", "\n", "\"username\":\"",
        ]
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...24, using: &generator)).map { _ in parts.randomElement(using: &generator) ?? "" }
                .joined()
            let once = scrubbed(text)
            #expect(scrubbed(once) == once, "\(text.debugDescription)")
        }
    }

    @Test("redaction takes time in proportion to the length of the text")
    func linear() {
        for hostile in ["+1 ", "a@", "\"username\":\"", "@", "+123456", "\"a"] {
            let text = String(repeating: hostile, count: 40_000)
            #expect(scrubbed(text).utf8.count <= text.utf8.count * 5)
        }
    }
}
