import Platform

/// The bytes of base64url text as tokens and keys have it (RFC 7515 section 2): no padding, no other characters, the unused bits zero.
///
/// Strict, so that one signature has one spelling: a token that is spelled otherwise is another text with the same meaning, and a cache or a log that goes by
/// the text would not know it again.
func base64URLDecoded(_ text: ByteView) -> [UInt8]? {
    guard text.count % 4 != 1 else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(text.count * 3 / 4)
    var bits: UInt32 = 0
    var width: UInt32 = 0
    for byte in text {
        guard let value = base64URLValue(byte) else { return nil }
        bits = bits << 6 | value
        width += 6
        if width >= 8 {
            width -= 8
            out.append(UInt8(truncatingIfNeeded: bits >> width))
            bits &= (1 << width) - 1
        }
    }
    return bits == 0 ? out : nil
}

private func base64URLValue(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
}
