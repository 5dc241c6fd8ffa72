import EngineCore
import Foundation
import Platform
import Testing

@testable import Ingest

/// KCL's MultiLangDaemon as a record processor sees it: two pipes, and a test at the other end of them.
final class FakeDaemon: @unchecked Sendable {
    let channel: KCLChannel
    private var toChild: Int32
    private var fromChild: Int32
    private var text: [UInt8] = []

    init(lineBytesMax: Int = KCLInput.lineBytesMax) throws {
        signal(SIGPIPE, SIG_IGN)
        var down: [Int32] = [-1, -1]
        var up: [Int32] = [-1, -1]
        try #require(pipe(&down) == 0 && pipe(&up) == 0)
        toChild = down[1]
        fromChild = up[0]
        channel = try KCLChannel(input: down[0], output: up[1], lineBytesMax: lineBytesMax)
    }

    deinit {
        hangUp()
        close(fromChild)
    }

    /// Closes its end, as a daemon does that has the shard back, or dies.
    func hangUp() {
        if toChild >= 0 { close(toChild) }
        toChild = -1
    }

    func send(_ line: String) { sendRaw(line + "\n") }

    func sendRaw(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var at = 0
            while at < bytes.count {
                let written = write(toChild, bytes.baseAddress! + at, bytes.count - at)
                guard written > 0 else { return }
                at += written
            }
        }
    }

    /// The next line that the child says; nil where it closed its end.
    func next(_ location: SourceLocation = #_sourceLocation) throws -> String? {
        while true {
            if let end = text.firstIndex(of: UInt8(ascii: "\n")) {
                defer { text.removeFirst(end + 1) }
                return String(decoding: text[..<end], as: UTF8.self)
            }
            var poll = pollfd(fd: fromChild, events: Int16(POLLIN), revents: 0)
            try #require(Glibc.poll(&poll, 1, 60_000) > 0, "the child says nothing", sourceLocation: location)
            var bytes = [UInt8](repeating: 0, count: 4096)
            let got = read(fromChild, &bytes, bytes.count)
            if got <= 0 { return nil }
            text += bytes[..<got]
        }
    }

    /// Whether the child has said something that was not looked at.
    var hasAnswer: Bool {
        var poll = pollfd(fd: fromChild, events: Int16(POLLIN), revents: 0)
        return !text.isEmpty || Glibc.poll(&poll, 1, 0) > 0
    }

    // MARK: Messages

    static let shard = "shardId-000000000007"

    func initialize(at start: String = "TRIM_HORIZON") {
        send(#"{"action":"initialize","shardId":"\#(FakeDaemon.shard)","sequenceNumber":"\#(start)","subSequenceNumber":0}"#)
    }

    func process(_ records: [FakeRecord], behind: Int = 0) { send(FakeDaemon.batch(records, behind: behind)) }

    static func batch(_ records: [FakeRecord], behind: Int = 0) -> String {
        #"{"action":"processRecords","records":["# + records.map(\.json).joined(separator: ",")
            + #"],"millisBehindLatest":\#(behind)}"#
    }

    func say(_ action: String) { send(#"{"action":"\#(action)"}"#) }

    func answerCheckpoint(_ error: String? = nil) {
        let error = error.map { "\"\($0)\"" } ?? "null"
        send(#"{"action":"checkpoint","sequenceNumber":"1","subSequenceNumber":0,"error":\#(error)}"#)
    }

    static func status(_ action: String) -> String { #"{"action":"status","responseFor":"\#(action)"}"# }

    static func checkpoint(_ number: Int, sub: Int = 0) -> String {
        #"{"action":"checkpoint","sequenceNumber":"\#(FakeRecord.sequenceNumber(number))","subSequenceNumber":\#(sub)}"#
    }

    static let checkpointOfEnd = #"{"action":"checkpoint","sequenceNumber":null,"subSequenceNumber":null}"#
}

struct FakeRecord {
    var number: Int
    var sub = 0
    var text: String

    init(_ number: Int, sub: Int = 0, _ text: String? = nil) {
        self.number = number
        self.sub = sub
        self.text = text ?? "record \(number)/\(sub)"
    }

    /// As long as Kinesis has them.
    static func sequenceNumber(_ number: Int) -> String {
        "495903382714902566085596925383615710959215759" + "\(10_000_000_000 + number)"
    }

    var json: String {
        #"{"data":"\#(Data(text.utf8).base64EncodedString())","partitionKey":"k \"\\ü","sequenceNumber":"\#(FakeRecord.sequenceNumber(number))","#
            + #""approximateArrivalTimestamp":\#(1_795_254_227_000 + number),"subSequenceNumber":\#(sub),"action":"record"}"#
    }
}

/// What reads the source and makes durable, in place of a pipeline: as far as the test lets it.
final class FakePipeline: SourceContext, @unchecked Sendable {
    struct Block {
        var records: [String]
        var bytes: Int
        var end: Position
        var isLast: Bool
    }

    private struct State {
        var isReading = true
        var commits = true
        var wakes = 0
        var blocks: [Block] = []
        var committed = 0
        var dropped: [Int] = []
        var failure: (any Error)?
        var isOver = false
        var hasEnded = false
    }

    let source: KCLSource
    private let epoch: String?
    private let condition = NSCondition()
    private var state = State()
    private var thread: SystemThread?

    init(_ source: KCLSource, epoch: String? = nil) {
        self.source = source
        self.epoch = epoch
    }

    func start() throws {
        try source.start(self)
        thread = SystemThread { [self] in run() }
    }

    /// As a pipeline ends: nothing is read any more, then the source is stopped.
    func stop() {
        locked { $0.isOver = true }
        thread?.join()
        thread = nil
        source.stop()
    }

    private func locked<T>(_ body: (inout State) throws -> T) rethrows -> T {
        condition.lock()
        defer {
            condition.broadcast()
            condition.unlock()
        }
        return try body(&state)
    }

    var isReading: Bool {
        get { locked { $0.isReading } }
        set { locked { $0.isReading = newValue } }
    }
    /// Whether what is read becomes durable.
    var commits: Bool {
        get { locked { $0.commits } }
        set { locked { $0.commits = newValue } }
    }
    var blocks: [Block] { locked { $0.blocks } }
    var records: [String] { blocks.flatMap(\.records) }
    var dropped: [Int] { locked { $0.dropped } }
    var failure: (any Error)? { locked { $0.failure } }
    var hasEnded: Bool { locked { $0.hasEnded } }

    private func run() {
        let block = RecordBlock()
        while true {
            let (isOver, isReading, wakes) = locked { ($0.isOver, $0.isReading, $0.wakes) }
            if isOver { return }
            commit()
            block.removeAll()
            do {
                switch isReading ? try source.read(into: block) : .asleep {
                case .records: take(block)
                case .idle: break
                case .asleep: sleep(since: wakes)
                case .ended: return locked { $0.hasEnded = true }
                }
            } catch {
                return locked { $0.failure = error }
            }
        }
    }

    private func sleep(since wakes: Int) {
        condition.lock()
        if state.wakes == wakes, !state.isOver { _ = condition.wait(until: Date().addingTimeInterval(0.01)) }
        condition.unlock()
    }

    private func take(_ block: RecordBlock) {
        locked { state in
            #expect(block.sequence == state.blocks.count)
            state.blocks.append(
                Block(
                    records: block.records.map { block.bytes(of: $0).text }, bytes: block.text.count, end: block.end,
                    isLast: block.isLast))
        }
    }

    private func commit() {
        let last = locked { state -> Block? in
            guard state.commits, state.committed < state.blocks.count else { return nil }
            return state.blocks.last
        }
        guard let last else { return }
        try? source.commit([.init(partition: 0, position: last.end, ended: last.isLast)], epoch: epoch)
        locked { $0.committed = $0.blocks.count }
    }

    // MARK: What the source asks

    func wake() { locked { $0.wakes += 1 } }

    func settle(_ partitions: [(partition: Int, blocks: Int)], withinMilliseconds limit: Int64) -> Bool {
        let deadline = ContinuousClock.now + .milliseconds(limit)
        while ContinuousClock.now < deadline {
            if locked({ state in partitions.allSatisfy { state.committed >= $0.blocks } }) { return true }
            usleep(500)
        }
        return false
    }

    func drop(partition: Int) { locked { $0.dropped.append(partition) } }
}
