public import Platform

/// The units of capacity in an answer that holds little else.
public enum CapacityUnits {
    /// The sum of all `"CapacityUnits":N` of the text; 0 where there is none.
    public static func sum(_ json: ByteView) -> Double {
        let name: StaticString = "\"CapacityUnits\":"
        var sum = 0.0
        var at = 0
        while let quote = json.firstOffset(of: UInt8(ascii: "\""), from: at) {
            at = quote + 1
            guard json.count - quote >= name.utf8CodeUnitCount, json.slice(quote, name.utf8CodeUnitCount).equals(name) else {
                continue
            }
            at = quote + name.utf8CodeUnitCount
            if at < json.count, json[at] == 0x20 { at += 1 }
            let digits = json.slice(at, json.count - at).prefix { $0 >= 0x30 && $0 <= 0x39 || $0 == UInt8(ascii: ".") }
            sum += Double(String(decoding: digits, as: UTF8.self)) ?? 0
            at += digits.count
        }
        return sum
    }
}
