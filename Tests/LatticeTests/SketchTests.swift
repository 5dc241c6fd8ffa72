import Foundation
import TestSupport
import Testing

@testable import Lattice
@testable import Platform

@Suite("sketches", .limited)
struct SketchTests {
    /// The sketch of things that were told one by one, as events tell them.
    private func sketch(of hashes: [UInt64]) -> [UInt8] {
        var known = EntityView.emptyEncoding
        for hash in hashes {
            var told = ByteBuffer()
            var writer = EntityWriter(&told)
            writer.sketch(
                &told, "starts/", segment: StaticString("05").view, stamp: Stamp(time: Timestamp(milliseconds: 1)), hash: hash)
            writer.finish(&told)
            known = join(known, told.array).bytes
        }
        return known
    }

    private func count(_ entity: [UInt8]) -> Int {
        entity.withUnsafeBytes { EntityView($0).register("starts/05")?.sketch?.count ?? 0 }
    }

    @Test("things told in any order, repeatedly and in parts that are joined give the same bytes")
    func anyOrder() {
        forAll(300) { random in
            let hashes = (0..<random.below(200)).map { _ in random.next() }
            let whole = sketch(of: hashes)
            try demand(sketch(of: (hashes + hashes.prefix(20)).shuffled(using: &random)) == whole, "another order")
            let cut = random.below(hashes.count + 1)
            let parts = [sketch(of: Array(hashes[..<cut])), sketch(of: Array(hashes[cut...]))]
            try demand(join(parts[1], parts[0]).bytes == whole && join(whole, parts[0]).bytes == whole, "parts")
        }
    }

    @Test("a join that brings nothing new changes nothing, and one that does tells so")
    func changes() {
        let (few, many) = (sketch(of: [1 << 58 | 1]), sketch(of: [1 << 58 | 1, 2 << 58 | 1]))
        #expect(join(many, few).outcome == Join.Outcome(won: 0, lost: 1, ties: 0) && !join(many, few).wrote)
        #expect(join(few, many).outcome == Join.Outcome(won: 1, lost: 0, ties: 0) && join(few, many).bytes == many)
    }

    @Test(
        "the count of so many things is right on average, and its deviation is what the documentation states",
        arguments: [(1, 0.0, 1), (2, 0.09, 400), (5, 0.1, 400), (50, 0.12, 400), (500, 0.15, 200), (5_000, 0.15, 60)])
    func accuracy(things: Int, deviation: Double, rounds: Int) {
        var random = Dice(seed: UInt64(things))
        let counts = (0..<rounds).map { _ in Double(count(sketch(of: (0..<things).map { _ in random.next() }))) }
        let mean = counts.reduce(0, +) / Double(rounds)
        let spread = (counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rounds)).squareRoot()
        // Of the mean of so many: three times its own deviation, and rounding to whole numbers.
        #expect(abs(mean / Double(things) - 1) <= 3 * deviation / Double(rounds).squareRoot() + 0.02, "\(mean)")
        #expect(spread / Double(things) <= deviation, "\(spread)")
    }

    @Test("a hash chooses its bucket by its first six bits and the value by the zeros behind them, at most 15")
    func buckets() {
        let fifth: UInt64 = 5 << 58
        let cases: [(hash: UInt64, bucket: Int, value: UInt8)] = [
            (0, 0, 15), (.max, 63, 1), (1 << 57, 0, 1), (1 << 56, 0, 2), (fifth + 1 << 44, 5, 14), (fifth + 1 << 43, 5, 15),
            (fifth + 1 << 42, 5, 15), (63 << 58, 63, 15),
        ]
        for told in cases {
            var expected = SketchView.Buckets.zero
            expected[told.bucket] = told.value
            #expect(SketchView.buckets(of: told.hash) == expected, "\(told.hash)")
        }
    }

    @Test("every sketch has a count: none of an empty one, and of a full one no overflow")
    func extremes() {
        func count(_ values: [UInt8]) -> Int { values.withUnsafeBytes { SketchView($0).count } }
        #expect(count([UInt8](repeating: 0, count: 64)) == 0)
        #expect(count([UInt8](repeating: 15, count: 64)) == 1 << 20)
        #expect(count([UInt8](repeating: 0, count: 63) + [15]) == 1)
        forAll(500) { random in
            var values = random.buckets()
            let before = count(values)
            let bucket = random.below(64)
            values[bucket] = min(values[bucket] + 1, 15)
            try demand(count(values) >= before, "a sketch that knows more counts less: \(values)")
        }
    }

    @Test("the text of a sketch is a hexadecimal digit a bucket, and nothing else is read as one")
    func text() {
        let text = String(repeating: "0123456789abcdef", count: 4)
        let buckets = text.withView { SketchView.buckets(text: $0) }
        var expected = SketchView.Buckets.zero
        for bucket in expected.indices { expected[bucket] = UInt8(bucket % 16) }
        #expect(buckets == expected)
        for other in [String(text.dropLast()), text + "0", text.uppercased(), "g" + text.dropFirst(), ""] {
            #expect(other.withView { SketchView.buckets(text: $0) } == nil, "\(other)")
        }
    }
}
