/// A mistake in how a command was called: exit code 2.
public struct UsageError: Error, CustomStringConvertible {
    /// Names the offending key, the accepted values and the fix.
    public var description: String

    public init(_ description: String) { self.description = description }
}

/// The word that is fewest edits away, if it is close enough to be meant.
public func nearest(to word: String, among words: [String]) -> String? {
    func distance(_ a: [Character], _ b: [Character]) -> Int {
        var row = Array(0...b.count)
        for (i, x) in a.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, y) in b.enumerated() {
                let substituted = diagonal + (x == y ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[b.count]
    }
    let ranked = words.map { ($0, distance(Array(word), Array($0))) }
    guard let best = ranked.min(by: { $0.1 < $1.1 }), best.1 <= max(2, word.count / 4) else { return nil }
    return best.0
}
