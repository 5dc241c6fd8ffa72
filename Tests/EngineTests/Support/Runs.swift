import Engine
import EngineCore
import Platform
import Simulation
import Storage
import Synchronization

@testable import EngineSupport

/// What a pipeline writes to.
enum StoreKind: CaseIterable, Sendable {
    /// In memory alone.
    case none
    /// One flush at the end.
    case once
    /// A flush every few kilobytes, and a stop whenever somewhat more is dirty.
    case often
    /// The same, and nothing stays in memory after it.
    case evicting

    func options(workers: Int) -> PipelineOptions {
        switch self {
        case .none, .once: PipelineOptions(shards: workers)
        case .often: PipelineOptions(shards: workers, planner: StoreKind.tiny)
        case .evicting: PipelineOptions(shards: workers, planner: StoreKind.tiny, residentBytesMax: 1)
        }
    }

    private static let tiny = FlushPlanner(flushBytes: 8 << 10, readBytesMax: 64 << 10, dirtyBytesMax: 24 << 10)
}

/// A pipeline over lines with everything it works on.
struct Run {
    let source: LineSource
    let store: WatchfulStore?
    let letters: LetterBox
    let pipeline: Pipeline

    init(
        _ lines: [[Line]], _ kind: StoreKind, workers: Int, seed: UInt64 = 1, over base: MemoryStore = MemoryStore(),
        letters: LetterBox = LetterBox(), failAfterBlocks: Int? = nil, failingWrite: Int? = nil
    ) throws {
        self.letters = letters
        source = LineSource(lines, from: try base.checkpoints(), seed: seed, failAfterBlocks: failAfterBlocks)
        store =
            kind == .none ? nil : try WatchfulStore(over: base, lines: lines, letters: letters, failingWrite: failingWrite)
        pipeline = Pipeline(
            source: source, store: store, storeMayHoldRows: try base.holdsRows(), deadLetters: letters,
            options: kind.options(workers: workers))
    }

    /// The error that stopped it, nil at the end of the source.
    func outcome() -> (any Error)? {
        do {
            try pipeline.run()
            return nil
        } catch {
            return error
        }
    }

    func digest() throws -> String { try store.map { try digestOf($0) } ?? digestOf(pipeline.shards) }
}

/// Set once, read from other threads.
final class Late<Value: Sendable>: Sendable {
    private let box = Mutex<Value?>(nil)
    var value: Value? {
        get { box.withLock { $0 } }
        set { box.withLock { $0 = newValue } }
    }
}

extension Pipeline {
    /// Runs on a thread of its own; unlike ``run()`` it is given up when the test's time is over.
    func runToEnd() async throws {
        let (outcomes, continuation) = AsyncStream.makeStream(of: Result<Void, any Error>.self)
        let thread = SystemThread {
            continuation.yield(Result { try self.run() })
            continuation.finish()
        }
        guard let thread else { throw PipelineError.noThread }
        for await outcome in outcomes {
            thread.join()
            return try outcome.get()
        }
        throw CancellationError()
    }
}

extension Store {
    func holdsRows() throws -> Bool {
        var holds = false
        try scan { _, _ in holds = true }
        return holds
    }
}
