public import JSON
public import Platform

extension JSONWriter {
    /// A time as AWS JSON has it: seconds, with a fraction.
    mutating func seconds(_ name: StaticString, milliseconds: Int64) {
        key(name)
        let fraction = String(milliseconds % 1000 + 1000).dropFirst()
        var text = "\(milliseconds / 1000).\(fraction)"
        text.withUTF8 { raw(UnsafeRawBufferPointer($0)) }
    }
}

extension Timestamp {
    /// Seconds since 1970 as a JSON number, `1700000000.123` or `1.700000000123E9`, to the nearest millisecond; nil of anything
    /// else. In integers: a double holds milliseconds, but getting there costs a copy of the text.
    public init?(seconds value: JSONValue) {
        guard value.kind == .number else { return nil }
        var digits: UInt64 = 0
        // Of the number, in powers of ten, beside its digits.
        var scale = 3
        var isFraction = false
        var at = 0
        let text = value.bytes
        while at < text.count {
            let byte = text[at]
            at += 1
            if byte == UInt8(ascii: ".") {
                isFraction = true
            } else if byte | 0x20 == UInt8(ascii: "e") {
                guard let exponent = Timestamp.exponent(text.slice(at, text.count - at)) else { return nil }
                scale += exponent
                break
            } else {
                let digit = byte &- UInt8(ascii: "0")
                guard digit < 10 else { return nil }
                if digits < 1_000_000_000_000_000_000 / 10 {
                    digits = digits * 10 + UInt64(digit)
                    if isFraction { scale -= 1 }
                } else if !isFraction {
                    scale += 1
                }
            }
        }
        while scale < -1, digits > 0 {
            digits /= 10
            scale += 1
        }
        if scale == -1 { digits = (digits + 5) / 10 }
        while scale > 0, digits > 0 {
            guard digits < 1_000_000_000_000_000 else { return nil }
            digits *= 10
            scale -= 1
        }
        guard digits <= UInt64(Timestamp.latest.milliseconds) else { return nil }
        self.init(milliseconds: Int64(digits))
    }

    private static func exponent(_ text: ByteView) -> Int? {
        var value = 0
        var isNegative = false
        for at in 0..<text.count {
            let byte = text[at]
            if at == 0, byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") {
                isNegative = byte == UInt8(ascii: "-")
                continue
            }
            guard byte >= 0x30, byte <= 0x39, value < 100 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return isNegative ? -value : value
    }
}
