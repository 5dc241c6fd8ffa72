public import Platform
import Synchronization

/// Where lines go. Never waits: a line that cannot be taken is counted and dropped.
public protocol LogSink: Sendable {
    /// `line` ends in a line break.
    func put(_ line: [UInt8])
    /// Lines that were not written, since the start.
    var droppedLines: Int { get }
    /// Whether a line that is put now will be written, as far as is known: the last one was, and there is room for many.
    var isWriting: Bool { get }
}

extension LogSink {
    public var isWriting: Bool { true }
}

/// What a process tells of itself: a line a message, JSON or text.
///
///     log.warning("kafka.broker.down", "a broker went away", key: broker, ["broker": .text(broker)])
///
/// `event` is a stable name that alarms may look for; the message may change. Warnings and errors of the same event and key within
/// the window are counted: one line tells how often, in `repeated`. Text is scrubbed (``scrubbed(_:)``); what is known to be of a person
/// is left out. A call costs a lock and some microseconds: for batches, never for events.
public final class Log: Sendable {
    private let levelMin: Atomic<Int>
    private let format: LogFormat
    private let sink: any LogSink
    private let clock: @Sendable () -> Timestamp
    /// Nil once the last line is written.
    private let repeats: Mutex<RepeatLedger?>

    /// - `clock`: the time, handed in.
    /// - `repeatWindowMilliseconds`: how long a warning or error is counted after it was told.
    public init(
        level: LogLevel = .info, format: LogFormat, sink: any LogSink, repeatWindowMilliseconds: Int64 = 10_000,
        clock: @escaping @Sendable () -> Timestamp = { .now }
    ) {
        levelMin = Atomic(level.rawValue)
        self.format = format
        self.sink = sink
        self.clock = clock
        repeats = Mutex(RepeatLedger(windowMilliseconds: repeatWindowMilliseconds))
    }

    /// The least level that is written.
    public var level: LogLevel {
        get { LogLevel(rawValue: levelMin.load(ordering: .relaxed)) ?? .info }
        set { levelMin.store(newValue.rawValue, ordering: .relaxed) }
    }

    public func debug(
        _ event: StaticString, _ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, LogValue> = [:]
    ) {
        guard level <= .debug else { return }
        tell(.debug, event, message(), fields)
    }

    public func info(
        _ event: StaticString, _ message: @autoclosure () -> String, _ fields: KeyValuePairs<String, LogValue> = [:]
    ) {
        guard level <= .info else { return }
        tell(.info, event, message(), fields)
    }

    /// `key`: what tells one trouble of this event from another, such as the broker; repetitions of both are counted.
    public func warning(
        _ event: StaticString, _ message: @autoclosure () -> String, key: String = "",
        _ fields: KeyValuePairs<String, LogValue> = [:]
    ) {
        guard level <= .warning else { return }
        tell(.warning, event, message(), key: key, fields)
    }

    /// `key`: as for ``warning(_:_:key:_:)``.
    public func error(
        _ event: StaticString, _ message: @autoclosure () -> String, key: String = "",
        _ fields: KeyValuePairs<String, LogValue> = [:]
    ) {
        tell(.error, event, message(), key: key, fields)
    }

    /// Writes a line that has to be there, whatever the level: what somebody did.
    public func record(_ event: StaticString, _ message: String, _ fields: KeyValuePairs<String, LogValue>) {
        tell(.info, event, message, fields)
    }

    /// Writes the counts of repetitions whose window has ended. To be called about once a second, so that the last ones are told too.
    public func tick() {
        let now = clock()
        repeats.withLock { if let due = $0?.due(at: now) { write(due) } }
    }

    /// Writes all counts of repetitions: before the process ends.
    public func drain() { repeats.withLock { if let rest = $0?.drain() { write(rest) } } }

    /// Writes all counts of repetitions, and then the line that closes the log: whatever is logged afterwards, by threads that still run, is
    /// dropped. Again does nothing.
    public func close(
        _ level: LogLevel, _ event: StaticString, _ message: String, _ fields: KeyValuePairs<String, LogValue> = [:]
    ) {
        let record = record(level, event, message, fields)
        repeats.withLock { repeats in
            guard let rest = repeats?.drain() else { return }
            repeats = nil
            write(rest)
            if self.level <= level { write([record]) }
        }
    }

    /// Lines that were not written, since the start.
    public var droppedLines: Int { sink.droppedLines }

    /// Whether what is told now will be written, as far as is known.
    public var isWriting: Bool { sink.isWriting }

    private func record(
        _ level: LogLevel, _ event: StaticString, _ message: String, _ fields: KeyValuePairs<String, LogValue>
    ) -> LogRecord {
        LogRecord(time: clock(), level: level, event: "\(event)", message: message, fields: fields.map { ($0.key, $0.value) })
    }

    private func tell(
        _ level: LogLevel, _ event: StaticString, _ message: String, key: String? = nil,
        _ fields: KeyValuePairs<String, LogValue>
    ) {
        let record = record(level, event, message, fields)
        // Under the lock, so that the count of a window stands before what follows it, and nothing behind the last line.
        repeats.withLock { repeats in
            guard let admitted = key.map({ repeats?.admit(record, key: $0) }) ?? repeats.map({ _ in [record] }) else { return }
            write(admitted)
        }
    }

    private func write(_ records: [LogRecord]) {
        for record in records { sink.put(record.line(format)) }
    }
}
