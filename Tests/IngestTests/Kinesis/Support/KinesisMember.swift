import AWS
import EngineCore
import Foundation
import Glibc
import Platform
import Synchronization
import Testing

@testable import Ingest

/// Reads a source on a thread, takes all that it reads for durable, and commits it at once.
final class KinesisMember: SourceContext {
    private struct State {
        var texts: [String] = []
        /// By index: blocks and position.
        var read: [Int: (blocks: Int, end: Position)] = [:]
        var dropped: [Int] = []
        var isOver = false
        var failure: (any Error)?
        var hasEnded = false
    }

    let source: KinesisSource
    let events = Recorder<KinesisEvent>()
    private let epoch: String?
    private let commits: Bool
    private let state = Mutex(State())
    private let thread = Mutex<SystemThread?>(nil)

    init(_ settings: KinesisSettings, _ streams: AWSSession, _ tables: AWSSession, commits: Bool = true) throws {
        self.commits = commits
        epoch = settings.epoch
        let events = events
        source = try KinesisSource(
            settings, session: streams, leases: tables, start: { _, _, _ in nil }, observer: { events.add($0) })
    }

    var texts: [String] { state.withLock { $0.texts } }
    var dropped: [Int] { state.withLock { $0.dropped } }
    var failure: (any Error)? { state.withLock { $0.failure } }
    var hasEnded: Bool { state.withLock { $0.hasEnded } }
    var shards: [String] { source.figures.lanes.map(\.partition.name).sorted() }

    func start() throws {
        try source.start(self)
        guard let worker = SystemThread({ [self] in readAll() }) else { throw PipelineError.noThread }
        thread.withLock { $0 = worker }
    }

    /// Gives everything up in good order.
    func stop() {
        endReading()
        source.stop()
    }

    /// As a process that is killed: nothing is given up, nothing renewed.
    func die() {
        endReading()
        source.state.withLock { state in
            state.isClosing = true
            for lane in state.lanes.values { lane.fetcher.close() }
        }
    }

    private func endReading() {
        state.withLock { $0.isOver = true }
        thread.withLock { thread in
            defer { thread = nil }
            return thread
        }?.join()
    }

    private func readAll() {
        let block = RecordBlock()
        while !state.withLock({ $0.isOver }) {
            block.removeAll()
            do {
                switch try source.read(into: block) {
                case .records: try take(block)
                case .ended:
                    state.withLock { $0.hasEnded = true }
                    return
                case .idle, .asleep: usleep(1_000)
                }
            } catch {
                state.withLock { $0.failure = error }
                return
            }
        }
    }

    private func take(_ block: RecordBlock) throws {
        let texts = block.records.map { String(decoding: block.bytes(of: $0), as: UTF8.self) }
        state.withLock { state in
            #expect(state.read[block.partition]?.blocks ?? 0 == block.sequence)
            #expect(state.read[block.partition]?.end ?? .beginning <= block.end)
            state.read[block.partition] = (block.sequence + 1, block.end)
            state.texts += texts
        }
        guard commits else { return }
        let sealed = CheckpointLedger.Sealed(partition: block.partition, position: block.end, ended: block.isLast)
        for _ in 0..<100 {
            do {
                return try source.commit([sealed], epoch: epoch)
            } catch {
                usleep(100_000)
            }
        }
    }

    func wake() {}

    func settle(_ partitions: [(partition: Int, blocks: Int)], withinMilliseconds limit: Int64) -> Bool { true }

    func drop(partition: Int) {
        state.withLock { $0.dropped.append(partition) }
        source.forget(partition: partition)
    }
}
