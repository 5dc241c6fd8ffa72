public import Lattice
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Where lines go. Never waits: a line that cannot be taken is counted and dropped.
public protocol LogSink: Sendable {
    /// `line` ends in a line break.
    func put(_ line: [UInt8])
}

/// What a process tells of itself: a line a message, JSON or text.
///
///     log.warning("kafka.broker.down", "a broker went away", key: broker, ["broker": .text(broker)])
///
/// `event` is a stable name that alarms may look for; the message may change. Warnings and errors of the same event and key within
/// the window are counted: one line tells how often, in `repeated`. Text is scrubbed (``scrubbed(_:)``); what is known to be of a person
/// comes as ``Redacted``. A call costs a lock and some microseconds: for batches, never for events.
public final class Log: Sendable {
    private let levelMin: Atomic<Int>
    private let format: LogFormat
    private let sink: any LogSink
    private let clock: @Sendable () -> Timestamp
    private let repeats: Mutex<RepeatLedger>

    /// - `clock`: the time, handed in.
    /// - `repeatWindowMilliseconds`: how long a warning or error is counted after it was told.
    public init(
        level: LogLevel = .info, format: LogFormat, sink: any LogSink, repeatWindowMilliseconds: Int64 = 10_000,
        clock: @escaping @Sendable () -> Timestamp = systemTime
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

    /// Writes the counts of repetitions whose window has ended. To be called about once a second, so that the last ones are told too.
    public func tick() {
        let now = clock()
        repeats.withLock { write($0.due(at: now)) }
    }

    /// Writes all counts of repetitions: before the process ends.
    public func drain() { repeats.withLock { write($0.drain()) } }

    private func tell(
        _ level: LogLevel, _ event: StaticString, _ message: String, key: String? = nil,
        _ fields: KeyValuePairs<String, LogValue>
    ) {
        let record = LogRecord(
            time: clock(), level: level, event: "\(event)", message: message, fields: fields.map { ($0.key, $0.value) })
        guard let key else { return sink.put(record.line(format)) }
        // Under the lock, so that the count of a window stands before what follows it.
        repeats.withLock { write($0.admit(record, key: key)) }
    }

    private func write(_ records: [LogRecord]) {
        for record in records { sink.put(record.line(format)) }
    }
}

/// The time of the system's clock.
public func systemTime() -> Timestamp {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Timestamp(milliseconds: Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000)
}
