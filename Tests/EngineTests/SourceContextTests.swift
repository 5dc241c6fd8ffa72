import Engine
import EngineCore
import Platform
import Simulation
import Storage
import Synchronization
import TestSupport
import Testing

@testable import EngineSupport

/// A source that hands over a line when it is told to, and sleeps otherwise.
private final class SleepySource: Source, @unchecked Sendable {
    private struct State {
        var ready = 0
        var handedOver = 0
        var asleep = 0
        var isOver = false
        var log: [String] = []
    }

    private let line: Line
    private let state = Mutex(State())
    private let worker = Mutex<(any SourceContext)?>(nil)

    init(_ line: Line) { self.line = line }

    var log: [String] { state.withLock { $0.log } }
    var handedOver: Int { state.withLock { $0.handedOver } }
    var asleep: Int { state.withLock { $0.asleep } }
    var reader: (any SourceContext)? { worker.withLock { $0 } }

    func offer() {
        state.withLock { $0.ready += 1 }
        reader?.wake()
    }

    func end() {
        state.withLock { $0.isOver = true }
        reader?.wake()
    }

    func start(_ reader: any SourceContext) {
        worker.withLock { $0 = reader }
        state.withLock { $0.log.append("start") }
    }

    func stop() {
        worker.withLock { $0 = nil }
        state.withLock { $0.log.append("stop") }
    }

    func read(into block: RecordBlock) -> SourceStatus {
        state.withLock { state in
            guard state.ready > 0 else {
                state.asleep += 1
                return state.isOver ? .ended : .asleep
            }
            state.ready -= 1
            block.records.append(RecordBlock.Record(offset: 0, length: line.bytes.count, ordinal: 1))
            line.bytes.withUnsafeBytes { block.text.append($0) }
            block.sequence = state.handedOver
            state.handedOver += 1
            block.end = Position(offset: 0, ordinal: state.handedOver)
            return .records
        }
    }

    func commit(_ positions: [CheckpointLedger.Sealed], epoch: String?) {
        state.withLock { $0.log.append("commit \(positions.map(\.position.ordinal))") }
    }

    func partition(_ index: Int) -> Partition { LineSource.partition(index) }

    func forget(partition: Int) { state.withLock { $0.log.append("forget \(partition)") } }
}

@Suite("a source without records", .waiting(minutes: 5))
struct SourceContextTests {
    private let source: SleepySource
    private let store = MemoryStore()
    private let pipeline: Pipeline

    init() throws {
        let line = try #require(traffic(1).first)
        source = SleepySource(line)
        // Nothing but a wish calls for a flush.
        pipeline = Pipeline(
            source: source, store: store, storeMayHoldRows: false, deadLetters: LetterBox(), options: PipelineOptions(shards: 3)
        )
    }

    private func start() throws -> SystemThread {
        let pipeline = pipeline
        let worker = try #require(SystemThread { try? pipeline.run() })
        try eventually("the source is started") { source.reader != nil }
        return worker
    }

    @Test("a waiting source wakes the pipeline, is settled on request, and is stopped after the last commit")
    func settling() throws {
        let worker = try start()
        for number in 1...20 {
            source.offer()
            try eventually("line \(number) is read") { source.handedOver >= number }
            #expect(source.reader?.settle([(partition: 0, blocks: number)], withinMilliseconds: 60_000) == true)
            #expect(try store.checkpoints().map(\.position.ordinal) == [number])
            #expect(source.log.contains("commit [\(number)]"))
        }
        source.end()
        worker.join()
        #expect(source.log.first == "start" && source.log.last == "stop")
        #expect(source.log.filter { $0 == "stop" }.count == 1)
    }

    @Test("a source is not settled for blocks that never arrive, nor after the run")
    func unsettled() throws {
        let worker = try start()
        let reader = try #require(source.reader)
        #expect(!reader.settle([(partition: 0, blocks: 1)], withinMilliseconds: 20))
        #expect(reader.settle([(partition: 0, blocks: 0)], withinMilliseconds: 0))
        source.end()
        worker.join()
        #expect(!reader.settle([(partition: 0, blocks: 1)], withinMilliseconds: 60_000))
    }

    @Test("a waiting source is not polled repeatedly")
    func quiet() throws {
        let worker = try start()
        for number in 1...5 {
            source.offer()
            try eventually("line \(number) is read") { source.handedOver >= number }
            _ = source.reader?.settle([(partition: 0, blocks: number)], withinMilliseconds: 60_000)
        }
        // Each of three threads may have asked once for each time it was woken, and at the start.
        #expect(source.asleep <= 3 * 12)
        source.end()
        worker.join()
    }

    @Test("nothing of a released partition is committed")
    func dropping() throws {
        let worker = try start()
        source.offer()
        try eventually("the line is read") { source.handedOver >= 1 }
        source.reader?.drop(partition: 0)
        try eventually("the partition is forgotten once the line is merged") { source.log.contains("forget 0") }
        source.end()
        worker.join()
        #expect(source.log.filter { $0.hasPrefix("forget") } == ["forget 0"])
        #expect(!source.log.contains { $0.hasPrefix("commit") })
        #expect(try store.checkpoints().isEmpty)
        #expect(try store.holdsRows())
    }
}
