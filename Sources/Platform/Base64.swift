extension ByteBuffer {
    /// The bytes as base64 text (RFC 4648 section 4, padded): four bytes for every three.
    public mutating func appendBase64(_ source: ByteView) {
        guard source.count > 0 else { return }
        let out = extend(by: (source.count + 2) / 3 * 4).assumingMemoryBound(to: UInt8.self)
        var from = 0
        var to = 0
        base64Pairs.withUnsafeBufferPointer { pairs in
            while from &+ 3 <= source.count {
                let bits = Int(source[from]) << 16 | Int(source[from &+ 1]) << 8 | Int(source[from &+ 2])
                let digits = UInt32(pairs[bits >> 12]) | UInt32(pairs[bits & 0xFFF]) << 16
                UnsafeMutableRawPointer(out + to).storeBytes(of: digits.littleEndian, as: UInt32.self)
                from &+= 3
                to &+= 4
            }
        }
        guard from < source.count else { return }
        let isPair = from + 2 == source.count
        let bits = UInt32(source[from]) << 16 | (isPair ? UInt32(source[from + 1]) << 8 : 0)
        out[to] = base64Digits[Int(bits >> 18)]
        out[to + 1] = base64Digits[Int(bits >> 12 & 63)]
        out[to + 2] = isPair ? base64Digits[Int(bits >> 6 & 63)] : padding
        out[to + 3] = padding
    }

    /// The bytes that base64 text stands for. False, and nothing appended, where the text is anything else: a character
    /// outside the standard alphabet (white space included), padding elsewhere than at the end, a lone last digit.
    /// Padding may be missing.
    public mutating func appendBase64Decoded(_ text: ByteView) -> Bool {
        var length = text.count
        if length % 4 == 0, length > 0 {
            if text[length - 1] == padding { length -= 1 }
            if text[length - 1] == padding { length -= 1 }
        }
        guard length % 4 != 1 else { return false }
        guard length > 0 else { return true }
        let before = count
        let out = extend(by: length * 3 / 4).assumingMemoryBound(to: UInt8.self)
        let isValid = base64Values.withUnsafeBufferPointer { values in
            var seen: UInt8 = 0
            var from = 0
            var to = 0
            func digit(_ at: Int) -> UInt32 {
                let value = values[Int(text[at])]
                seen |= value
                return UInt32(value)
            }
            // A word a group, of which three bytes count: there is room for the fourth as long as another group follows.
            var words: UInt32 = 0
            base64Groups.withUnsafeBufferPointer { groups in
                while from + 8 <= length {
                    let word =
                        groups[Int(text[from])] | groups[256 + Int(text[from + 1])] | groups[512 + Int(text[from + 2])]
                        | groups[768 + Int(text[from + 3])]
                    words |= word
                    UnsafeMutableRawPointer(out + to).storeBytes(of: word.littleEndian, as: UInt32.self)
                    from += 4
                    to += 3
                }
            }
            while from + 4 <= length {
                let bits = digit(from) << 18 | digit(from + 1) << 12 | digit(from + 2) << 6 | digit(from + 3)
                out[to] = UInt8(truncatingIfNeeded: bits >> 16)
                out[to + 1] = UInt8(truncatingIfNeeded: bits >> 8)
                out[to + 2] = UInt8(truncatingIfNeeded: bits)
                from += 4
                to += 3
            }
            if from < length {
                let bits = digit(from) << 18 | digit(from + 1) << 12 | (from + 2 < length ? digit(from + 2) << 6 : 0)
                out[to] = UInt8(truncatingIfNeeded: bits >> 16)
                if from + 2 < length { out[to + 1] = UInt8(truncatingIfNeeded: bits >> 8) }
            }
            return seen < notADigit && words < groupFlaw
        }
        if !isValid { truncate(to: before) }
        return isValid
    }
}

private let padding = UInt8(ascii: "=")
private let base64Digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
/// The two characters of twelve bits, the first in the low byte.
private let base64Pairs: [UInt16] = (0..<4096).map { UInt16(base64Digits[$0 >> 6]) | UInt16(base64Digits[$0 & 63]) << 8 }
private let notADigit: UInt8 = 0x80

private let groupFlaw: UInt32 = 0x8000_0000

/// What a character stands for at each of the four places of a group, in the word whose first three bytes are the group's;
/// ``groupFlaw`` where it is no digit.
private let base64Groups: [UInt32] = (0..<4).flatMap { place in
    base64Values.map { $0 == notADigit ? groupFlaw : (UInt32($0) << (26 - 6 * UInt32(place))).byteSwapped }
}

/// What a character stands for; ``notADigit`` where it is no digit.
private let base64Values: [UInt8] = {
    var values = [UInt8](repeating: notADigit, count: 256)
    for (value, digit) in base64Digits.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
}()
