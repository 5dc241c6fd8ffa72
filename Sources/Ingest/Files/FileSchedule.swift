/// Which file a thread reads next: a begun one that nobody reads now, else a new one, else one that it has to wait for.
///
/// So a file is finished before another one is begun, and there are never more begun files than threads.
struct FileSchedule: Sendable {
    private let count: Int
    private var next = 0
    /// Files that were begun and have not ended, the longest untouched first.
    private var begun: [(index: Int, threads: Int)] = []

    init(count: Int) { self.count = count }

    /// The index of a file to read a block of, nil where all have ended. To be given back with ``release(_:hasEnded:)``.
    mutating func claim() -> Int? {
        if let idle = begun.firstIndex(where: { $0.threads == 0 }) {
            let index = begun.remove(at: idle).index
            begun.append((index, 1))
            return index
        }
        if next < count {
            begun.append((next, 1))
            next += 1
            return next - 1
        }
        guard let least = begun.indices.min(by: { begun[$0].threads < begun[$1].threads }) else { return nil }
        begun[least].threads += 1
        return begun[least].index
    }

    mutating func release(_ index: Int, hasEnded: Bool) {
        guard let at = begun.firstIndex(where: { $0.index == index }) else { return }
        if hasEnded {
            begun.remove(at: at)
        } else {
            begun[at].threads -= 1
        }
    }
}
