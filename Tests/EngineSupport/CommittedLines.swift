import ContactCenter
import EngineCore
import Simulation
import Synchronization
import TestSupport

/// How far partitions of lines are committed; holds every commit against the promise of delivery.
///
/// A commit is sound when what each line before it told is contained in the rows of the table, and its dead letters are durable.
final class CommittedLines: @unchecked Sendable {
    private let lines: [[Line]]
    private let store: ConditionalStore
    private let letters: LetterBox
    private let decoder = RecordDecoder()
    private let batch = MutationBatch(sliceCount: 1)

    private struct State {
        var passed: [Int]
        var ended: Set<Int> = []
        var violations: [String] = []
    }

    private let state: Mutex<State>

    init(_ lines: [[Line]], in store: ConditionalStore, letters: LetterBox) {
        self.lines = lines
        self.store = store
        self.letters = letters
        state = Mutex(State(passed: lines.map { _ in 0 }))
    }

    var passed: [Int] { state.withLock { $0.passed } }
    var ended: Set<Int> { state.withLock { $0.ended } }
    var violations: [String] { state.withLock { $0.violations } }

    func commit(_ positions: [CheckpointLedger.Sealed]) {
        let durable = letters.durable
        // A row that the table does not take is as safe among the dead letters.
        let rows = store.entities.merging(letters.buriedRows, uniquingKeysWith: joined)
        state.withLock { state in
            for sealed in positions {
                let (partition, end) = (sealed.partition, sealed.position.offset)
                if end < state.passed[partition] { state.violations.append("the commit of \(partition) goes back") }
                if sealed.ended {
                    state.ended.insert(partition)
                    if end < lines[partition].count { state.violations.append("\(partition) ended before its end") }
                }
                for number in state.passed[partition]..<max(end, state.passed[partition]) {
                    if let what = missing(partition, number, rows, durable) { state.violations.append(what) }
                }
                state.passed[partition] = max(end, state.passed[partition])
            }
        }
    }

    private func missing(
        _ partition: Int, _ number: Int, _ rows: [[UInt8]: [UInt8]], _ durable: Set<LetterBox.Letter>
    ) -> String? {
        batch.decode(lines[partition][number], with: decoder)
        var isMissing = false
        batch.forEachMutation(ofSlice: 0) { mutation in
            if !isContained(mutation.entity.bytes, in: rows[Array(mutation.key)]) { isMissing = true }
        }
        if isMissing { return "line \(number + 1) of \(partition) was committed, and its rows are not written" }
        for rejection in batch.rejections {
            let position = ([number + 1] + rejection.path).map(String.init).joined(separator: "/")
            let letter = LetterBox.Letter(
                partition: "\(partition)", position: position, reason: rejection.reason.rawValue, bytes: rejection.bytes)
            if !durable.contains(letter) { return "line \(position) of \(partition) was committed without its dead letter" }
        }
        return nil
    }
}

/// Lines whose positions are committed to a broker, which fails now and then.
final class CommittingSource: Source {
    let lines: LineSource
    let committed: CommittedLines
    private let failing: Int?
    private let dice: Mutex<Dice>
    private let onCommit: @Sendable (String?) -> Void

    init(
        _ lines: LineSource, _ committed: CommittedLines, failing: Int? = nil, seed: UInt64 = 1,
        onCommit: @escaping @Sendable (_ epoch: String?) -> Void = { _ in }
    ) {
        self.lines = lines
        self.committed = committed
        self.failing = failing
        self.onCommit = onCommit
        dice = Mutex(Dice(seed: seed))
    }

    func partition(_ index: Int) -> Partition { lines.partition(index) }
    func read(into block: RecordBlock) throws -> SourceStatus { try lines.read(into: block) }
    func identity(partition: Int) -> String { lines.identity(partition: partition) }

    func commit(_ positions: [CheckpointLedger.Sealed], epoch: String?) throws {
        onCommit(epoch)
        if dice.withLock({ $0.strikes(failing) }) { throw SourceFailure() }
        committed.commit(positions)
    }
}
