import ContactCenter
import Lattice
import Platform

/// The entities of a view that lists have, in the order of their ids, with what they are filtered by; and how many there are of which sort.
struct FeedLists: Sendable {
    private static let regionsMax = 64

    private var runs: [UInt8: SortedRuns<ListedFacts>] = [:]
    private(set) var counts = FeedCounts()
    /// The newest stamp of each Region that was met, in milliseconds since 1970; the first ``regionsMax`` Regions.
    private(set) var newest: [(region: [UInt8], time: Int64)] = []

    /// What is known of an entity now. One that is over or not listed leaves.
    mutating func put(_ key: [UInt8], _ facts: ListedFacts) {
        guard facts != .ended, facts != .unlisted else { return drop(key) }
        let before = runs[key.first ?? 0, default: SortedRuns()].put(key, facts)
        guard before != facts else { return }
        if let before { counts.add(before, -1) }
        counts.add(facts)
    }

    mutating func drop(_ key: [UInt8]) {
        if let before = runs[key.first ?? 0]?.remove(key) { counts.add(before, -1) }
    }

    /// What was told, whether it won or not.
    mutating func met(_ entity: EntityView) {
        for register in entity where !register.region.isEmpty {
            let (region, time) = (register.region, register.time.milliseconds)
            if let at = newest.firstIndex(where: { $0.region.withUnsafeBytes { $0.equals(region) } }) {
                if time > newest[at].time { newest[at].time = time }
            } else if newest.count < FeedLists.regionsMax {
                newest.append((Array(region), time))
            }
        }
    }

    func count(of kind: EntityKind) -> Int { runs[kind.rawValue]?.count ?? 0 }

    func visit(_ kind: EntityKind, from key: [UInt8], isBehind: Bool, _ body: ([UInt8], ListedFacts) -> Bool) {
        runs[kind.rawValue]?.visit(from: key, isBehind: isBehind) { body($0.key, $0.value) }
    }

    /// Whether order and counts are those of what is listed.
    var isConsistent: Bool {
        var naive = FeedCounts()
        for (kind, run) in runs {
            run.visit(from: [kind], isBehind: false) {
                naive.add($0.value)
                return true
            }
        }
        return naive == counts && runs.values.allSatisfy(\.isConsistent)
    }
}
