import TestSupport
import Testing

@testable import ContactCenter
@testable import Platform

/// Which spellings are one identity: `docs/merge.md`, "Aliases". Numbers are of the ranges that are kept for fiction.
@Suite("normal forms of identities", .limited)
struct AliasTypeTests {
    private func normal(_ type: AliasType, _ text: String, _ country: String? = nil) -> String? {
        var text = text
        var out = ByteBuffer()
        let code = country.flatMap { CallingCode($0) }
        let isOne = text.withUTF8 { type.appendNormalised(ByteView($0), country: code, to: &out) }
        if !isOne { #expect(out.count == 0) }
        return isOne ? out.bytes.text : nil
    }

    @Test(
        "a phone number becomes E.164, whichever way it is written",
        arguments: [
            ("+442079460018", "44", "+442079460018"), ("+442079460018", nil, "+442079460018"),
            (" +44 20 7946-0018\t", nil, "+442079460018"), ("+44 (0)20 7946.0018", nil, "+442079460018"),
            ("+44(0)(0)2079460018", nil, "+442079460018"),
            ("00442079460018", nil, "+442079460018"), ("0044 (0)20/7946 0018", nil, "+442079460018"),
            ("020 7946 0018", "44", "+442079460018"), ("(020) 7946 0018", "44", "+442079460018"),
            ("2079460018", "44", "+442079460018"), ("07700 900123", "44", "+447700900123"),
            ("+442079460018;ext=12", nil, "+442079460018"), ("+442079460018 x12", nil, "+442079460018"),
            ("+442079460018X12", nil, "+442079460018"), ("+442079460018 ext. 12", nil, "+442079460018"),
            ("+442079460018EXT 12", nil, "+442079460018"), ("+442079460018,,12#", nil, "+442079460018"),
            ("+442079460018#12", nil, "+442079460018"),
            ("(206) 555-0142", "1", "+12065550142"), ("1-206-555-0142", "1", "+12065550142"),
            ("+1 206 555 0142", "44", "+12065550142"), ("011 44 20 7946 0018", "1", "+442079460018"),
            ("06 5555 0100", "39", "+390655550100"), ("8 495 555 01 00", "7", "+74955550100"),
            ("495 555 01 00", "7", "+74955550100"),
            ("912 555 010", "34", "+34912555010"), ("+12345678", nil, "+12345678"),
            ("+123456789012345", nil, "+123456789012345"),
        ] as [(String, String?, String)])
    func phones(text: String, country: String?, expected: String) {
        #expect(normal(.phone, text, country) == expected)
        // A normal form is its own, whatever the country.
        #expect(normal(.phone, expected, country) == expected && normal(.phone, expected, "1") == expected)
    }

    @Test(
        "what is no number that a person is reached by has no normal form",
        arguments: [
            ("", "44"), ("  ", "44"), ("anonymous", "44"), ("Anonymous", "1"), ("Restricted", "44"), ("unknown", "44"),
            ("sip:+442079460018@example.com", "44"), ("+442079460018@example.com", "44"), ("tel:+442079460018", "44"),
            ("+1234567", nil), ("+1234567890123456", nil), ("+02079460018", nil), ("000442079460018", nil), ("+", "44"),
            ("020 7946 0018", nil), ("999", "44"), ("555-0142", "1"), ("2-206-555-0142", "1"), ("+44+2079460018", nil),
            ("x12", "44"), ("ext 12", "44"), ("(0)", "44"), ("00", "44"), ("+٤٤٢٠٧٩٤٦٠٠١٨", nil), ("+442079460018 €", nil),
            ("123456789012345678901", "44"), ("client:ann", "44"), ("442079460018e", nil), ("12 ex", "44"),
        ] as [(String, String?)])
    func noPhones(text: String, country: String?) { #expect(normal(.phone, text, country) == nil) }

    @Test(
        "an e-mail address is trimmed and in small letters; dots and what follows a plus stay",
        arguments: [
            (" Maja.Novak@Example.COM\n", "maja.novak@example.com"), ("a.b+c@example.com", "a.b+c@example.com"),
            ("O'Neil@example.com", "o'neil@example.com"), ("ÄNN@example.com", "Änn@example.com"), ("a@b", "a@b"), ("", nil),
            ("@example.com", nil), ("maja@", nil), ("maja", nil), ("a@b@c", nil), ("a b@example.com", nil),
            ("Maja <maja@example.com>", nil), ("<maja@example.com>", nil), ("mailto:maja@example.com", nil),
            ("a@example.com,b@example.com", nil), ("a\u{0}@example.com", nil),
            (String(repeating: "a", count: 252) + "@b", String(repeating: "a", count: 252) + "@b"),
            (String(repeating: "a", count: 253) + "@b", nil),
        ] as [(String, String?)])
    func emails(text: String, expected: String?) { #expect(normal(.email, text) == expected) }

    @Test("a chat identity is as it is, trimmed")
    func chats() {
        #expect(normal(.chat, " Maja@Chat.Example ") == "Maja@Chat.Example")
        #expect(normal(.chat, "+44 20") == "+44 20")
        #expect(normal(.chat, " \t") == nil)
        #expect(normal(.chat, String(repeating: "c", count: 1024))?.count == 1024)
        #expect(normal(.chat, String(repeating: "c", count: 1025)) == nil)
    }

    @Test("a calling code is one to three digits", arguments: [("44", "44"), ("+1", "1"), ("354", "354")])
    func codes(text: String, code: String) throws {
        #expect(try CallingCode(told: text, as: "--alias-country")?.description == code)
    }

    @Test("what is no calling code is refused with its name", arguments: ["", "+", "0", "044", "4444", "GB", "4 4", "++4"])
    func noCodes(text: String) {
        let error = #expect(throws: UsageError.self) { try CallingCode(told: text, as: "--alias-country") }
        #expect(error?.description.hasPrefix("--alias-country: '\(text)' is not a calling code") == true)
    }
}
