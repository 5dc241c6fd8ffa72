extension UnsafeRawBufferPointer {
    /// A 64-bit hash of the bytes, the same in every process: it spreads keys over shards and buckets, and nothing durable
    /// depends on it. Multiply-and-fold in the manner of wyhash; about 3 ns for a 40-byte key.
    @inlinable @inline(__always)
    public var hash64: UInt64 {
        var hash = 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: count)
        var at = 0
        while at &+ 8 <= count {
            hash = fold(hash ^ integer(at: at, as: UInt64.self), 0xA076_1D64_78BD_642F)
            at &+= 8
        }
        if at < count {
            var tail: UInt64 = 0
            while at < count {
                tail = tail &<< 8 | UInt64(self[at])
                at &+= 1
            }
            hash = fold(hash ^ tail, 0xE703_7ED1_A0B4_28DB)
        }
        return fold(hash, 0x8EBC_6AF0_9C88_C6E3)
    }
}

@inlinable @inline(__always)
func fold(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = a.multipliedFullWidth(by: b)
    return product.high ^ product.low
}
