import TestSupport
import Testing

@testable import FeedCore

@Suite("values in the order of their keys", .limited)
struct SortedRunsTests {
    @Test("are those that were put and not removed, in order, from any key on")
    func random() {
        forAll(60) { dice in
            var runs = SortedRuns<Int>()
            var naive: [[UInt8]: Int] = [:]
            let keys = (0..<dice.below(1_500) + 1).map { number in Array("\(number * 7 % 1_000)/\(number)".utf8) }
            for step in 0..<2_000 {
                let key = keys[dice.below(keys.count)]
                if dice.below(3) == 0 {
                    try demand(runs.remove(key) == naive.removeValue(forKey: key), "removed another value")
                } else {
                    try demand(runs.put(key, step) == naive.updateValue(step, forKey: key), "had another value")
                }
            }
            try demand(runs.isConsistent && runs.count == naive.count, "\(runs.count) of \(naive.count)")
            let sorted = naive.sorted { $0.key.lexicographicallyPrecedes($1.key) }
            for isBehind in [true, false] {
                let from = dice.below(4) == 0 ? [] : keys[dice.below(keys.count)]
                var found: [Int] = []
                let limit = dice.below(700)
                runs.visit(from: from, isBehind: isBehind) { element in
                    guard found.count < limit else { return false }
                    found.append(element.value)
                    return true
                }
                let wanted = sorted.filter {
                    isBehind ? from.lexicographicallyPrecedes($0.key) : !$0.key.lexicographicallyPrecedes(from)
                }
                try demand(found == wanted.prefix(limit).map(\.value), "from \(from), behind it: \(isBehind)")
            }
        }
    }
}
