import TestSupport
import Testing

@testable import Observability

@Suite("histograms", .limited)
struct HistogramTests {
    /// Numbers over many powers of two, always the same ones.
    private static func sample(_ count: Int, seed: UInt64) -> [Int64] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64(state >> 33) >> Int64(state >> 8 & 31)
        }
    }

    private static let precisions = [0, 1, 4, 7]

    @Test(
        "a quantile is never too small, and too large by at most the stated error", arguments: [1, 2, 10, 1000, 50_000],
        precisions)
    func accuracy(count: Int, precisionBits: Int) throws {
        let numbers = Self.sample(count, seed: UInt64(count))
        var histogram = Histogram(precisionBits: precisionBits)
        for number in numbers { histogram.add(number) }
        let sorted = numbers.sorted()
        for share in [0, 0.001, 0.25, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = sorted[max(0, Int((share * Double(count)).rounded(.up)) - 1)]
            let told = try #require(histogram.quantile(share))
            #expect(
                told >= exact && Double(told) <= Double(exact) * (1 + 1 / Double(1 << precisionBits)),
                "p\(share): \(told) for \(exact)")
        }
        #expect(histogram.count == count && histogram.max == sorted.last)
        #expect(histogram.sum == numbers.reduce(0) { $0 + Double($1) })
    }

    @Test("every small number, and both neighbours of every power of two, are in the right step", arguments: precisions)
    func edges(precisionBits: Int) {
        var edges = Array(0...Int64(1024))
        for shift in 10..<63 { edges += [1 << shift - 1, 1 << shift, 1 << shift + 1] }
        for number in edges {
            var histogram = Histogram(precisionBits: precisionBits)
            histogram.add(number)
            histogram.add(.max)
            let told = histogram.quantile(0.5) ?? -1
            #expect(told >= number && told - number <= number >> precisionBits, "\(told) for \(number)")
            #expect(number > 2 << precisionBits || told == number)
        }
    }

    @Test("the count of numbers up to a power of two is exact", arguments: precisions)
    func powersOfTwo(precisionBits: Int) {
        let numbers: [Int64] = [-5, 0, 1, 2, 3, 4, 5, 1023, 1024, 1025, 1 << 62, .max]
        var histogram = Histogram(precisionBits: precisionBits)
        for number in numbers { histogram.add(number) }
        for exponent in 0..<63 {
            #expect(histogram.count(upTo: 1 << exponent) == numbers.count(where: { $0 <= 1 << exponent }), "2^\(exponent)")
        }
        #expect(histogram.count(upTo: .max) == numbers.count)
    }

    @Test("with explicit bounds it counts the numbers up to each bound, and those above all bounds")
    func bounds() {
        var histogram = Histogram(bounds: [0, 5, 1_000])
        for number in [-1, 0, 1, 5, 6, 1_000, 1_001, .max] as [Int64] { histogram.add(number) }
        #expect([0, 4, 5, 999, 1_000, .max].map { histogram.count(upTo: $0) } == [2, 2, 4, 4, 6, 8])
        #expect(histogram.quantile(0.5) == 5 && histogram.quantile(0.75) == 1_000 && histogram.quantile(1) == .max)
    }

    @Test("joined histograms equal one histogram of all numbers, in any order", arguments: precisions)
    func joined(precisionBits: Int) {
        var one = Histogram(precisionBits: precisionBits)
        var parts = Array(repeating: one, count: 3)
        for (index, number) in Self.sample(10_000, seed: 7).enumerated() {
            one.add(number, times: 1 + index % 2)
            parts[index % 3].add(number, times: 1 + index % 2)
        }
        var forth = parts[0]
        var back = parts[2]
        for part in parts[1...] { forth.add(part) }
        for part in parts[..<2].reversed() { back.add(part) }
        #expect(forth == one && back == one)
    }

    @Test("an empty histogram has no quantile, also after removeAll")
    func empty() {
        var histogram = Histogram(precisionBits: 7)
        #expect(histogram.quantile(0.5) == nil)
        histogram.add(3)
        histogram.removeAll()
        #expect(histogram.quantile(0.5) == nil && histogram.count == 0 && histogram.max == 0)
        #expect(histogram == Histogram(precisionBits: 7))
    }
}
