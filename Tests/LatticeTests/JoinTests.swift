import Lattice
import TestSupport
import Testing

@Suite(.limited) struct JoinTests {
    @Test("joining is commutative, associative and idempotent, byte for byte")
    func laws() {
        forAll { random in
            let (a, b, c) = (random.entity(), random.entity(), random.entity())
            let ab = join(a, b).bytes
            try demand(ab == join(b, a).bytes, "a+b != b+a\n\(json(a))\n\(json(b))")
            try demand(
                join(ab, c).bytes == join(a, join(b, c).bytes).bytes, "(a+b)+c != a+(b+c)\n\(json(a))\n\(json(b))\n\(json(c))")
            try demand(join(a, a).bytes == a, "a+a != a\n\(json(a))")
            try demand(join(ab, b).bytes == ab && join(ab, a).bytes == ab, "a+b+b != a+b")
        }
    }

    @Test("a join gives the model's state, winners, losers and ties")
    func agreesWithModel() {
        forAll { random in
            let (a, b) = (random.entity(), random.entity())
            let (x, y) = (try decode(a), try decode(b))
            let result = join(a, b)
            let expected = joined(x, y)
            try demand(try decode(result.bytes) == expected, "\(json(a))\n\(json(b))\n\(json(result.bytes))")
            var outcome = Join.Outcome()
            for (path, theirs) in y {
                if expected[path] == x[path] { outcome.lost += 1 } else { outcome.won += 1 }
                if let mine = x[path], mine.ties(with: theirs) { outcome.ties += 1 }
            }
            try demand(result.outcome == outcome, "\(result.outcome) is not \(outcome)\n\(json(a))\n\(json(b))")
        }
    }

    @Test("a join reports a change exactly if its bytes differ from the left side, and otherwise leaves the output untouched")
    func changed() {
        forAll { random in
            let a = random.entity()
            // Half of the time something that the left side knows already.
            let b = random.chance(2) ? random.entity() : encode(Array(try decode(a)).prefix(2).map(Fact.init))
            let result = join(a, b)
            try demand(result.outcome.changed == (result.bytes != a), "changed: \(result.outcome)")
            try demand(result.wrote == result.outcome.changed, "output touched")
            try demand(result.outcome.won + result.outcome.lost == (try decode(b)).count, "every register is counted")
        }
    }

    @Test("an entity without registers is the neutral element of the join")
    func neutral() {
        forAll(1000) { random in
            let a = random.entity()
            try demand(join(a, EntityView.emptyEncoding).bytes == a, "a+0 != a")
            try demand(join(EntityView.emptyEncoding, a).bytes == a, "0+a != a")
        }
    }

    @Test("of two registers of one path under two rules, the greater rule wins")
    func mixedRules() {
        forAll { random in
            func entity(_ random: inout Dice) -> [UInt8] {
                encode([Fact(path: "p", register: random.fact().register)])
            }
            let (a, b, c) = (entity(&random), entity(&random), entity(&random))
            try demand(try decode(join(a, b).bytes) == joined(decode(a), decode(b)), "\(json(a))\n\(json(b))")
            try demand(join(a, b).bytes == join(b, a).bytes, "a+b != b+a")
            try demand(join(join(a, b).bytes, c).bytes == join(a, join(b, c).bytes).bytes, "(a+b)+c != a+(b+c)")
        }
    }

    @Test(
        "a union that is written with different capacities keeps the smallest of them, in any order",
        arguments: [[2, 3, 5], [5, 3, 2], [3, 2, 5], [3, 5, 2]])
    func capacities(_ capacities: [Int]) throws {
        let parts = capacities.enumerated().map { part, capacity in
            encode([
                Fact(
                    path: "u",
                    register: .union(
                        capacity: capacity,
                        ["\"\(part)a\"": ModelStamp(time: Int64(part)), "\"\(part)b\"": ModelStamp(time: Int64(10 - part))]))
            ])
        }
        let left = join(join(parts[0], parts[1]).bytes, parts[2]).bytes
        let right = join(parts[0], join(parts[1], parts[2]).bytes).bytes
        #expect(left == right)
        #expect(json(left).hasPrefix("{\"u\":{\"capacity\":2,"))
    }

    struct Contest: CustomTestStringConvertible {
        var testDescription: String
        var winner: ModelRegister
        var loser: ModelRegister
        var ties = 0
    }

    static let early = ModelStamp(time: 1, rank: 9, region: "z", id: "z")
    static let late = ModelStamp(time: 2, rank: 0, region: "", id: "")

    static let contests = [
        Contest(
            testDescription: "time before rank, Region and id", winner: .lastWriterWins(late, "0"),
            loser: .lastWriterWins(early, "9")),
        Contest(
            testDescription: "rank before Region and id", winner: .lastWriterWins(ModelStamp(time: 1, rank: 2), "0"),
            loser: .lastWriterWins(ModelStamp(time: 1, rank: 1, region: "z", id: "z"), "9")),
        Contest(
            testDescription: "Region before id", winner: .lastWriterWins(ModelStamp(time: 1, region: "b"), "0"),
            loser: .lastWriterWins(ModelStamp(time: 1, region: "a", id: "z"), "9"), ties: 1),
        Contest(
            testDescription: "id before value", winner: .lastWriterWins(ModelStamp(time: 1, id: "b"), "0"),
            loser: .lastWriterWins(ModelStamp(time: 1, id: "a"), "9"), ties: 1),
        Contest(
            testDescription: "value at last", winner: .lastWriterWins(early, "1"), loser: .lastWriterWins(early, "0"), ties: 1),
        Contest(
            testDescription: "a value beats the tombstone of its own stamp", winner: .lastWriterWins(early, "0"),
            loser: .lastWriterWins(early, nil), ties: 1),
        Contest(
            testDescription: "a newer tombstone beats a value", winner: .lastWriterWins(late, nil),
            loser: .lastWriterWins(early, "9")),
        Contest(testDescription: "max: measure before stamp", winner: .max(2, early, "0"), loser: .max(1, late, "9")),
        Contest(
            testDescription: "max: unequal measures of one moment are no tie", winner: .max(2, early, "0"),
            loser: .max(1, early, "9")),
        Contest(testDescription: "max: the greater stamp", winner: .max(1, late, "0"), loser: .max(1, early, "9")),
        Contest(testDescription: "min: measure before stamp", winner: .min(1, late, "9"), loser: .min(2, early, "0")),
        Contest(testDescription: "min: the lesser stamp", winner: .min(1, early, "9"), loser: .min(1, late, "0")),
        Contest(testDescription: "min: the lesser value", winner: .min(1, early, "0"), loser: .min(1, early, "1"), ties: 1),
    ]

    @Test("the winner of a join is decided by time, rank, Region, id and value, in this order", arguments: contests)
    func decided(_ contest: Contest) {
        let winner = encode(["p": contest.winner])
        let loser = encode(["p": contest.loser])
        let ties = contest.ties
        #expect(join(loser, winner) == Joined(bytes: winner, outcome: .init(won: 1, lost: 0, ties: ties), wrote: true))
        #expect(join(winner, loser) == Joined(bytes: winner, outcome: .init(won: 0, lost: 1, ties: ties), wrote: false))
        #expect(join(winner, winner) == Joined(bytes: winner, outcome: .init(won: 0, lost: 1, ties: 0), wrote: false))
    }
}
