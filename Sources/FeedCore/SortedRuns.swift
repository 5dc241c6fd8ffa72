import Platform

/// Values under keys, in ascending order of the keys' bytes: runs of at most ``runMax`` one after the other.
///
/// Cost: a look-up is two binary searches; what comes or goes moves at most ``runMax`` others.
struct SortedRuns<Value: Sendable>: Sendable {
    typealias Element = (key: [UInt8], value: Value)

    static var runMax: Int { 256 }

    /// None is empty.
    private var runs: [[Element]] = []
    private(set) var count = 0

    /// Sets the value of a key; gives the one before.
    @discardableResult
    mutating func put(_ key: [UInt8], _ value: Value) -> Value? {
        guard !runs.isEmpty else {
            runs = [[(key, value)]]
            count = 1
            return nil
        }
        let run = run(of: key)
        let at = runs[run].partitioningIndex { !precedes($0.key, key) }
        if at < runs[run].count, runs[run][at].key == key {
            defer { runs[run][at].value = value }
            return runs[run][at].value
        }
        runs[run].insert((key, value), at: at)
        count += 1
        if runs[run].count > SortedRuns.runMax {
            let half = runs[run].count / 2
            runs.insert(Array(runs[run][half...]), at: run + 1)
            runs[run].removeSubrange(half...)
        }
        return nil
    }

    /// Gives what it had under the key.
    @discardableResult
    mutating func remove(_ key: [UInt8]) -> Value? {
        guard !runs.isEmpty else { return nil }
        let run = run(of: key)
        let at = runs[run].partitioningIndex { !precedes($0.key, key) }
        guard at < runs[run].count, runs[run][at].key == key else { return nil }
        let value = runs[run].remove(at: at).value
        if runs[run].isEmpty { runs.remove(at: run) }
        count -= 1
        return value
    }

    /// Calls `body` with what lies behind a key, or at it and behind it, in order, until it says false.
    func visit(from key: [UInt8], isBehind: Bool, _ body: (Element) -> Bool) {
        guard !runs.isEmpty else { return }
        let first = run(of: key)
        var at = runs[first].partitioningIndex { isBehind ? precedes(key, $0.key) : !precedes($0.key, key) }
        for run in runs[first...] {
            for element in run[at...] { guard body(element) else { return } }
            at = 0
        }
    }

    /// The last run that begins at the key or before it, else the first.
    private func run(of key: [UInt8]) -> Int { max(0, runs.partitioningIndex { precedes(key, $0[0].key) } - 1) }

    /// Whether it is in order, and no run is empty or too long.
    var isConsistent: Bool {
        let keys = runs.flatMap { $0.map(\.key) }
        return zip(keys, keys.dropFirst()).allSatisfy { precedes($0, $1) } && keys.count == count
            && runs.allSatisfy { !$0.isEmpty && $0.count <= SortedRuns.runMax }
    }
}

/// By their bytes.
private func precedes(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.withUnsafeBytes { a in b.withUnsafeBytes { a.compare($0) < 0 } }
}
