import Synchronization

/// Names of requests that brought none: no two of a process are equal, nor, but by a chance of 2^-90, of two processes.
enum RequestID {
    private static let seed = (UInt64.random(in: 0...UInt64.max), UInt64.random(in: 0...UInt64.max))
    private static let count = Atomic<UInt64>(0)
    private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// 15 digits, which a `String` holds without memory of its own.
    static func next() -> String {
        let number = count.add(1, ordering: .relaxed).oldValue
        let words = (mixed(seed.0 &+ number), mixed(seed.1 ^ number))
        return String(unsafeUninitializedCapacity: 15) { text in
            for at in 0..<15 {
                let word = at < 8 ? words.0 : words.1
                text[at] = digits[Int(truncatingIfNeeded: word >> UInt64(at % 8 * 8) & 63)]
            }
            return 15
        }
    }

    /// Whether a client may call its request so.
    static func isAccepted(_ id: String) -> Bool {
        (1...64).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// SplitMix64's last steps: one to one.
    private static func mixed(_ number: UInt64) -> UInt64 {
        var word = number &* 0x9E37_79B9_7F4A_7C15
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}
