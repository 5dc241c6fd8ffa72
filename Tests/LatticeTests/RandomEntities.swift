import TestSupport

/// Facts from a small world, so that most of them collide: few paths, times, ranks, Regions, ids and values.
extension Dice {
    static let ids = [
        "", "e", "e1", "E1",
        // One UUID in its spellings (only the first packs), and neighbours of it.
        "0190a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7", "0190A1B2-C3D4-7E5F-8091-A2B3C4D5E6F7",
        "0190a1b2-c3d4-7e5f-8091-A2B3C4D5E6F7", "0190a1b2-c3d4-7e5f-8091-a2b3c4d5e6f8",
        "0190a1b2-c3d4-7e5f-8091-a2b3c4d5e6fg", "0190a1b2:c3d4-7e5f-8091-a2b3c4d5e6f7", "0190a1b2-c3d4-7e5f",
        "f190a1b2-c3d4-7e5f-8091-a2b3c4d5e6f7",
        // Digests, one of them by length alone.
        "0190a1b2c3d47e5f8091a2b3c4d5e6f70190a1b2c3d47e5f8091a2b3c4d5e6f7",
        "0190A1B2C3D47E5F8091A2B3C4D5E6F70190A1B2C3D47E5F8091A2B3C4D5E6F7",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        String(repeating: "x", count: 255),
    ]
    static let regions = ["", "us-east-1", "us-east-1", "us-west-2", "us-west"]
    static let values = ["0", "1", "10", "\"a\"", "\"b\"", "null", "{\"a\":1}"]

    mutating func stamp() -> ModelStamp {
        ModelStamp(
            time: pick([0, 0, 1, 1_752_000_000_000, 1_752_000_000_001, -1]), rank: pick([0, 0, 1, 255]),
            region: pick(Dice.regions), id: pick(Dice.ids))
    }

    mutating func measure() -> Int64 { pick([0, 0, 1, -1, Int64.max, Int64.min]) }

    /// Many buckets with values, or few, as one event tells.
    mutating func buckets() -> [UInt8] {
        let many = chance(3)
        return (0..<64).map { _ in many || chance(20) ? UInt8(below(16)) : 0 }
    }

    /// A fact under one of nine paths, each with a rule of its own.
    mutating func fact() -> Fact {
        let value = pick(Dice.values)
        switch below(9) {
        case 0: return Fact(path: "a", register: .lastWriterWins(stamp(), chance(3) ? nil : value))
        case 1: return Fact(path: "ab", register: .lastWriterWins(stamp(), chance(3) ? nil : value))
        case 2: return Fact(path: "", register: .lastWriterWins(stamp(), value))
        case 3: return Fact(path: "max", register: .max(measure(), stamp(), value))
        case 4: return Fact(path: "min", register: .min(measure(), stamp(), value))
        case 5: return Fact(path: "union", register: .union(capacity: 1, [value: stamp()]))
        case 6: return Fact(path: "unions", register: .union(capacity: 3, [value: stamp()]))
        case 7: return Fact(path: "sketch", register: .sketch(stamp(), buckets()))
        default: return Fact(path: "é", register: .union(capacity: pick([2, 3, 5]), [value: stamp()]))
        }
    }

    mutating func facts(upTo most: Int = 8) -> [Fact] { (0..<below(most + 1)).map { _ in fact() } }

    mutating func entity() -> [UInt8] { encode(facts()) }
}
