/// A version 4 UUID that is a function of the seed, what it names and its number, so that none has to be stored.
struct TrafficUUID: Sendable, Equatable {
    let high: UInt64
    let low: UInt64

    /// What a number is an identifier of.
    enum Domain: UInt64 {
        case instance = 1
        case agent, contact, event, queue, profile, group, status, flow, session, block
    }

    @inline(__always)
    init(_ domain: Domain, _ number: UInt64, seed: UInt64) {
        let base = mixed(seed &+ domain.rawValue &* 0xD1B5_4A32_D192_ED03) &+ number &* 0x9E37_79B9_7F4A_7C15
        high = (mixed(base) & 0xFFFF_FFFF_FFFF_0FFF) | 0x4000
        low = (mixed(base ^ 0x5851_F42D_4C95_7F2D) & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
    }
}
