/// Mixes 64 bits so that every input bit reaches every output bit (the finaliser of SplitMix64).
@inline(__always)
func mixed(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
}

/// xoshiro256**, seeded by SplitMix64: the same numbers on every platform.
struct SeededRandom: RandomNumberGenerator, Sendable {
    private var a: UInt64
    private var b: UInt64
    private var c: UInt64
    private var d: UInt64

    init(seed: UInt64) {
        a = mixed(seed)
        b = mixed(a)
        c = mixed(b)
        d = mixed(c) | 1
    }

    @inline(__always)
    mutating func next() -> UInt64 {
        let product = b &* 5
        let result = ((product << 7) | (product >> 57)) &* 9
        let shifted = b << 17
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= shifted
        d = (d << 45) | (d >> 19)
        return result
    }

    /// A whole number in `0..<bound`; 0 where the bound is not positive.
    @inline(__always)
    mutating func below(_ bound: Int) -> Int {
        guard bound > 1 else { return 0 }
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// A whole number in `low...high`.
    @inline(__always)
    mutating func between(_ low: Int, _ high: Int) -> Int { low + below(high - low + 1) }

    /// A number in `0..<1`.
    @inline(__always)
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// True with the given probability.
    @inline(__always)
    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// A duration around `mean` milliseconds with a tail of long ones, at least 1.
    mutating func duration(mean: Double) -> Int64 {
        let spread = 0.3 + unit() * 1.1
        let tail = chance(0.05) ? 1.0 + unit() * 4 : 1.0
        return max(Int64(mean * spread * tail), 1)
    }
}
