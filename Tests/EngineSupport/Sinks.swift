import EngineCore
import Platform
import Synchronization

struct SinkFailure: Error, Equatable {}

/// Dead letters in memory; fails when told to.
final class LetterBox: DeadLetterSink {
    struct Letter: Hashable {
        var partition: String
        var position: String
        var reason: String
        var bytes: [UInt8]
    }

    private struct State {
        var appended: [Letter] = []
        var durable: Set<Letter> = []
        /// Of the rows among them. Commits ask for it time and again, and a row is a letter each time that it changes.
        var buried = Fold()
        var appends = 0
        var syncs = 0
    }

    private let failingAppend: Int?
    private let failingSync: Int?
    private let state = Mutex(State())

    /// The numbers, from 1, of the calls that fail. Those after them succeed: the engine may not rely on a failure to repeat.
    init(failingAppend: Int? = nil, failingSync: Int? = nil) {
        self.failingAppend = failingAppend
        self.failingSync = failingSync
    }

    var failsAppending: Bool { failingAppend != nil }
    var durable: Set<Letter> { state.withLock { $0.durable } }
    /// Of what could not be merged.
    var durableCount: Int { durable.count { $0.reason != RowBatch.refusedReason } }

    /// What replaying the rows among the letters comes to.
    var buriedRows: [[UInt8]: [UInt8]] { state.withLock { $0.buried.rows } }
    var syncs: Int { state.withLock { $0.syncs } }

    func append(_ letter: DeadLetter) throws {
        try state.withLock { state in
            state.appends += 1
            if state.appends == failingAppend { throw SinkFailure() }
            state.appended.append(
                Letter(
                    partition: letter.partition.name, position: letter.position, reason: letter.reason,
                    bytes: Array(letter.bytes)))
        }
    }

    func makeDurable() throws {
        try state.withLock { state in
            state.syncs += 1
            if state.syncs == failingSync { throw SinkFailure() }
            state.durable.formUnion(state.appended)
            for letter in state.appended where letter.reason == RowBatch.refusedReason {
                state.buried.add(Line(bytes: letter.bytes))
            }
            state.appended.removeAll()
        }
    }
}
