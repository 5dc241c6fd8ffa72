import Lattice
import TestSupport
import Testing

/// A family of more members than it keeps, told in small parts: few paths, times and values, so that most collide.
private struct CrowdedFamily: CustomTestStringConvertible {
    var testDescription: String { prefixes.joined(separator: ", ") }
    var prefixes: [String]
    var count: Int
    /// Names that are told, over the number that is kept.
    var surplus: Int
    var cases = 500

    func entity(_ random: inout Dice) -> [UInt8] {
        let facts = (0..<(count + random.below(count + 1))).map { _ in fact(&random) }
        return encode(model(facts))
    }

    func fact(_ random: inout Dice) -> Fact {
        let path = "\(random.pick(prefixes))\(random.below((count + surplus) / prefixes.count))"
        let stamp = ModelStamp(time: Int64(random.below(4)), rank: UInt8(random.below(2)), region: random.pick(["", "r"]))
        switch random.below(12) {
        case 0: return Fact(path: path, register: .lastWriterWins(stamp, nil))
        case 1: return Fact(path: path, register: .max(random.pick([0, 1, 5]), stamp, "null"))
        case 2: return Fact(path: path, register: .min(random.pick([0, 1, 5]), stamp, "null"))
        case 3: return Fact(path: "union", register: .union(capacity: 3, [random.pick(Dice.values): stamp]))
        case 4: return Fact(path: random.pick(["record", "a/1", "z/1"]), register: .lastWriterWins(stamp, "1"))
        default: return Fact(path: path, register: .lastWriterWins(stamp, random.pick(["0", "1"])))
        }
    }
}

@Suite(.limited(minutes: 3)) struct RegisterBoundsTests {
    private static let families = [
        CrowdedFamily(prefixes: ["snapshot/"], count: 16, surplus: 8),
        CrowdedFamily(prefixes: ["agent/"], count: 64, surplus: 20, cases: 60),
        CrowdedFamily(prefixes: ["seen/"], count: 64, surplus: 20, cases: 60),
        CrowdedFamily(prefixes: ["authentication/", "field/", "variable/"], count: 200, surplus: 100, cases: 20),
    ]

    @Test(
        "joins of a family beyond its limit are commutative, associative and idempotent, and equal the model's",
        arguments: families)
    private func laws(_ family: CrowdedFamily) {
        var dropped = 0
        forAll(family.cases) { random in
            let (a, b, c) = (family.entity(&random), family.entity(&random), family.entity(&random))
            let ab = join(a, b)
            try demand(ab.bytes == join(b, a).bytes, "a+b != b+a\n\(json(a))\n\(json(b))")
            try demand(
                join(ab.bytes, c).bytes == join(a, join(b, c).bytes).bytes,
                "(a+b)+c != a+(b+c)\n\(json(a))\n\(json(b))\n\(json(c))")
            let again = [join(ab.bytes, a).bytes, join(ab.bytes, b).bytes]
            try demand(join(a, a).bytes == a && again == [ab.bytes, ab.bytes], "again")
            try demand(ab.outcome.changed == (ab.bytes != a), "changed: \(ab.outcome)")
            let expected = joined(try decode(a), try decode(b))
            try demand(try decode(ab.bytes) == expected, "\(json(a))\n\(json(b))\n\(json(ab.bytes))")
            try demand(ab.outcome.won + ab.outcome.lost == (try decode(b)).count, "every register is counted")
            let whole = try decode(a).merging(try decode(b)) { $0.joined(with: $1) }
            if expected.count < whole.count { dropped += 1 }
            try demand(ab.bytes.withUnsafeBytes { EntityView($0).isWithinBounds }, "over its bounds")
        }
        #expect(dropped > family.cases / 10, "hardly ever too many")
    }

    @Test("facts that arrive one by one, in any order and repeatedly, lead to the same state", arguments: families)
    private func anyOrder(_ family: CrowdedFamily) {
        forAll(max(family.cases / 20, 10)) { random in
            let facts = (0..<(3 * family.count)).map { _ in family.fact(&random) }
            func told(_ facts: [Fact]) -> [UInt8] {
                facts.reduce(EntityView.emptyEncoding) { join($0, encode([$1])).bytes }
            }
            let first = told(facts)
            try demand(first == told(facts.shuffled(using: &random) + facts.prefix(20)), "another order")
            try demand(try decode(first) == model(facts), "not the model's")
        }
    }

    @Test("a register that was dropped returns with a newer stamp, and not with an older one")
    func comesBack() throws {
        func snapshot(_ region: Int, at time: Int) -> [UInt8] {
            encode([Fact(path: "snapshot/\(100 + region)", register: .lastWriterWins(ModelStamp(time: Int64(time)), "1"))])
        }
        var entity = EntityView.emptyEncoding
        for region in 0..<17 { entity = join(entity, snapshot(region, at: 10 + region)).bytes }
        #expect(try decode(entity).count == 16 && decode(entity)["snapshot/100"] == nil)
        let older = join(entity, snapshot(0, at: 9))
        #expect(older.outcome == .init(won: 0, lost: 1, ties: 0) && !older.wrote)
        let newer = join(entity, snapshot(0, at: 40))
        #expect(newer.outcome.won == 1)
        #expect(try decode(newer.bytes).count == 16 && decode(newer.bytes)["snapshot/101"] == nil)
        #expect(try decode(newer.bytes)["snapshot/100"] != nil)
    }

    @Test("each family has its own limit, and registers outside the families have none")
    func apart() throws {
        let stamp = ModelStamp(time: 1)
        let facts =
            ["agent/", "event/", "seen/", "lens/"].flatMap { prefix in
                (0..<64).map { Fact(path: "\(prefix)\($0)", register: .lastWriterWins(stamp, "1")) }
            } + (0..<100).map { Fact(path: "alone-\($0)", register: .lastWriterWins(stamp, "1")) }
        let halves = [encode(facts.filter { $0.path.hasSuffix("1") }), encode(facts.filter { !$0.path.hasSuffix("1") })]
        #expect(try decode(join(halves[0], halves[1]).bytes) == model(facts))
        #expect(model(facts).count == 356)
    }

    @Test("the registers of one event are within the bounds or not, by the bytes of each register and their number")
    func within() {
        func isWithin(_ facts: [Fact]) -> Bool { encode(facts).withUnsafeBytes { EntityView($0).isWithinBounds } }
        func fact(_ path: String, bytes: Int) -> Fact {
            let value = "\"" + String(repeating: "x", count: bytes - 20 - path.utf8.count - 2) + "\""
            return Fact(path: path, register: .lastWriterWins(ModelStamp(time: 1), value))
        }
        let bounds = [
            ("record", 256 << 10), ("position", 64 << 10), ("snapshot/r", 128 << 10), ("variable/a", 16 << 10),
            ("field/a", 16 << 10),
            ("authentication/a", 16 << 10), ("event/queue", 16 << 10), ("agent/a", 8 << 10), ("record/customer", 4 << 10),
            ("seen/a", 4 << 10),
        ]
        for (path, bytes) in bounds {
            #expect(isWithin([fact(path, bytes: bytes)]), "\(path)")
            #expect(!isWithin([fact(path, bytes: bytes + 1)]), "\(path)")
        }
        func many(_ prefixes: [String], _ count: Int) -> [Fact] {
            (0..<count).map { fact("\(prefixes[$0 % prefixes.count])\($0)", bytes: 60) }
        }
        #expect(isWithin(many(["field/", "variable/"], 200)) && !isWithin(many(["field/", "variable/"], 201)))
        #expect(isWithin(many(["snapshot/"], 16)) && !isWithin(many(["snapshot/"], 17)))
        #expect(isWithin(many(["agent/"], 64)) && !isWithin(many(["agent/"], 65)))
    }
}

@Suite(.limited(minutes: 3)) struct LargeJoinTests {
    /// Paths that share no family, so that all of them stay.
    private func facts(_ numbers: some Sequence<Int>, at time: Int64, _ random: inout Dice) -> [Fact] {
        numbers.map {
            Fact(path: "p\(1000 + $0)", register: .lastWriterWins(ModelStamp(time: time), random.pick(Dice.values)))
        }
    }

    @Test(
        "a join with many winners equals the model's, with replaced and added registers and a reused plan",
        arguments: [15, 16, 17, 31, 32, 33, 64, 65, 300, 5_000])
    func manyWinners(_ count: Int) throws {
        var random = Dice(seed: UInt64(count))
        var plan = JoinPlan()
        for round in 0..<3 {
            let mine = facts((0..<count).filter { $0 % 2 == 0 || round == 1 }, at: 1, &random)
            let theirs = facts(0..<count, at: 2, &random)
            let (a, b) = (encode(mine), encode(theirs))
            let (bytes, outcome) = a.withUnsafeBytes { a in
                b.withUnsafeBytes { b in
                    let outcome = plan.make(EntityView(a), EntityView(b))
                    let memory = UnsafeMutableRawPointer.allocate(byteCount: a.count + plan.roomNeeded, alignment: 8)
                    defer { memory.deallocate() }
                    memory.copyMemory(from: a.baseAddress!, byteCount: a.count)
                    let length = plan.apply(to: memory, length: a.count)
                    return (Array(UnsafeRawBufferPointer(start: memory, count: length)), outcome)
                }
            }
            #expect(outcome.won == count)
            #expect(try decode(bytes) == joined(model(mine), model(theirs)))
        }
    }
}
