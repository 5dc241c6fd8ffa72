import Platform

/// What kind of identity an alias stands for.
public enum AliasType: CaseIterable, Sendable {
    case phone, email, chat

    /// As it begins ids, and as requests name it.
    public var name: StaticString {
        switch self {
        case .phone: "phone"
        case .email: "email"
        case .chat: "chat"
        }
    }

    /// Appends the one form of an identity that all of its spellings have: `docs/merge.md`, "Aliases". False, and nothing appended, where
    /// the text is none: a person who withholds a number, a SIP URI, a number of too few digits.
    ///
    ///     +44 (0)20 7946-0018 ext. 5  ->  +442079460018        Ann@Example.com  ->  ann@example.com
    ///
    /// `country`: of numbers without a calling code; nil: they are none. A pure function; allocates nothing.
    func appendNormalised(_ text: ByteView, country: CallingCode?, to out: inout ByteBuffer) -> Bool {
        let text = AliasType.trimmed(text)
        return switch self {
        case .phone: AliasType.appendPhone(text, country, to: &out)
        case .email: AliasType.appendEmail(text, to: &out)
        case .chat: AliasType.appendChat(text, to: &out)
        }
    }

    /// Without white space of ASCII around it.
    private static func trimmed(_ text: ByteView) -> ByteView {
        guard !text.isEmpty else { return text }
        var (start, end) = (0, text.count)
        while start < end, isBlank(text[start]) { start += 1 }
        while end > start, isBlank(text[end - 1]) { end -= 1 }
        return text.slice(start, end - start)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte >= 0x09 && byte <= 0x0D }

    // MARK: - Phone numbers

    /// E.164 allows so many digits, calling code included; shorter numbers than the least are dialled inside a network only.
    private static let digits = 8...15
    /// Digits that are read: with two zeros, a trunk digit, and more than any number has.
    private static let digitsReadMax = 20

    private static func appendPhone(_ text: ByteView, _ country: CallingCode?, to out: inout ByteBuffer) -> Bool {
        withUnsafeTemporaryAllocation(byteCount: digitsReadMax, alignment: 1) { memory in
            guard let count = readDigits(text, into: memory) else { return false }
            return appendNumber(
                ByteView(rebasing: memory[..<count]), isInternational: text[0] == UInt8(ascii: "+"), country, to: &out)
        }
    }

    /// The digits of a number, without what separates them and without its extension. Nil where something else stands there.
    private static func readDigits(_ text: ByteView, into memory: UnsafeMutableRawBufferPointer) -> Int? {
        guard !text.isEmpty else { return nil }
        let hasPlus = text[0] == UInt8(ascii: "+")
        var count = 0
        var index = hasPlus ? 1 : 0
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                guard count < digitsReadMax else { return nil }
                memory[count] = byte
                count += 1
            case UInt8(ascii: "("):
                // The trunk digit, as it is written behind a calling code: +44 (0)20.
                let isInternational =
                    hasPlus && count > 0 || count > 2 && memory[0] == UInt8(ascii: "0") && memory[1] == UInt8(ascii: "0")
                if isInternational, text.count - index > 2, text.slice(index, 3).equals("(0)") { index += 2 }
            case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: ")"): break
            case UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "#"), UInt8(ascii: "x"), UInt8(ascii: "X"):
                return count > 0 ? count : nil
            default:
                guard text.count - index >= 3, text.slice(index, 3).equalsIgnoringCase("ext"), count > 0 else { return nil }
                return count
            }
            index += 1
        }
        return count > 0 ? count : nil
    }

    private static func appendNumber(
        _ digits: ByteView, isInternational: Bool, _ country: CallingCode?, to out: inout ByteBuffer
    ) -> Bool {
        let zero = UInt8(ascii: "0")
        var digits = digits
        var code: CallingCode?
        if isInternational {
        } else if digits.count > 2, digits[0] == zero, digits[1] == zero {
            digits = digits.slice(2, digits.count - 2)
        } else if country?.isNorthAmerican == true, digits.count > 3, digits.slice(0, 3).equals("011") {
            digits = digits.slice(3, digits.count - 3)
        } else {
            guard let country else { return false }
            code = country
            if let trunk = country.trunk, digits[0] == trunk.digit, trunk.count.map({ $0 == digits.count }) ?? true {
                digits = digits.slice(1, digits.count - 1)
            }
            if let length = country.length, digits.count != length { return false }
        }
        let length = digits.count + (code?.description.utf8.count ?? 0)
        guard AliasType.digits.contains(length), code != nil || digits[0] != zero else { return false }
        out.append("+")
        if let code { for digit in code.description.utf8 { out.append(digit) } }
        out.append(digits)
        return true
    }

    // MARK: - Addresses and chat identities

    /// Longest address, in bytes (RFC 5321).
    private static let emailLengthMax = 254

    /// Small letters throughout, those of ASCII. Before the `@` the standard tells capitals apart and no provider does, while people and
    /// programs write both; what providers make of dots and of `+` differs, so those stay.
    private static func appendEmail(_ text: ByteView, to out: inout ByteBuffer) -> Bool {
        guard text.count <= emailLengthMax, let at = text.firstOffset(of: UInt8(ascii: "@")), at > 0, at < text.count - 1,
            text.firstOffset(of: UInt8(ascii: "@"), from: at + 1) == nil
        else { return false }
        for byte in text {
            switch byte {
            case 0...0x20, 0x7F, UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: ":"):
                return false
            default: break
            }
        }
        for byte in text { out.append(byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte) }
        return true
    }

    private static func appendChat(_ text: ByteView, to out: inout ByteBuffer) -> Bool {
        guard !text.isEmpty, text.count <= EntityKind.idLengthMax else { return false }
        out.append(text)
        return true
    }
}
