/// Durations and sizes as people write them, in flags and in files alike.
package enum Quantity {
    /// Milliseconds of a whole number with `ms`, `s`, `m`, `h` or `d`. Nil for anything else.
    static func duration(_ text: String) -> Int64? {
        let digits = text.prefix(while: { $0.isASCII && $0.isNumber })
        let units: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
        // A day is below 2^27 ms: the product stays below 2^63.
        guard let count = Int64(digits), count < 1 << 36, let unit = units[String(text.dropFirst(digits.count))] else {
            return nil
        }
        return count * unit
    }

    /// Bytes of a whole number, alone or with `k`, `m` or `g` for 1,024 bytes, their square and their cube. Nil for anything else.
    static func size(_ text: String) -> Int? {
        let digits = text.prefix(while: { $0.isASCII && $0.isNumber })
        let shifts = ["": 0, "k": 10, "m": 20, "g": 30]
        guard let count = Int(digits), let shift = shifts[text.dropFirst(digits.count).lowercased()], count <= Int.max >> shift
        else { return nil }
        return count << shift
    }

    /// The shortest text that ``duration(_:)`` reads as so many milliseconds.
    package static func text(milliseconds: Int64) -> String {
        for (unit, scale) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)] as [(String, Int64)]
        where milliseconds != 0 && milliseconds % scale == 0 {
            return "\(milliseconds / scale)\(unit)"
        }
        return "\(milliseconds)ms"
    }

    /// The shortest text that ``size(_:)`` reads as so many bytes.
    package static func text(bytes: Int) -> String {
        for (unit, shift) in [("g", 30), ("m", 20), ("k", 10)] where bytes != 0 && bytes & (1 << shift - 1) == 0 {
            return "\(bytes >> shift)\(unit)"
        }
        return "\(bytes)"
    }
}
