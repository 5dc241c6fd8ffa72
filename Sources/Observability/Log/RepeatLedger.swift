import Platform

/// Which errors were told a moment ago, so that their repetitions are counted and not told.
///
/// The first of an event and key is told at once; those that follow within the window are one line at its end. Holds at most
/// ``keysMax`` of them: one more pushes the oldest out, its count told.
struct RepeatLedger {
    static let keysMax = 256

    private struct Key: Hashable {
        var event: String
        var key: String
    }

    private struct Seen {
        var since: Timestamp
        var repeated = 0
        /// The latest one.
        var record: LogRecord
    }

    private let windowMilliseconds: Int64
    private var seen: [Key: Seen] = [:]

    init(windowMilliseconds: Int64) { self.windowMilliseconds = windowMilliseconds }

    /// What to write now that this has happened: it, nothing, or first what was counted until now.
    mutating func admit(_ record: LogRecord, key: String) -> [LogRecord] {
        let key = Key(event: record.event, key: key)
        var out = due(at: record.time)
        if seen[key] != nil {
            seen[key]?.repeated += 1
            seen[key]?.record = record
            return out
        }
        if seen.count >= RepeatLedger.keysMax, let oldest = seen.min(by: { $0.value.since < $1.value.since })?.key {
            out += take(oldest)
        }
        seen[key] = Seen(since: record.time, record: record)
        out.append(record)
        return out
    }

    /// The counts of the windows that have ended, oldest first. A clock that was set back ends them too.
    mutating func due(at now: Timestamp) -> [LogRecord] {
        let ended = seen.filter { _, seen in
            let age = now.milliseconds - seen.since.milliseconds
            return age >= windowMilliseconds || age < 0
        }
        return ended.sorted { $0.value.since < $1.value.since }.flatMap { take($0.key) }
    }

    /// All counts, whether their windows have ended or not: at the end of the process.
    mutating func drain() -> [LogRecord] {
        seen.sorted { $0.value.since < $1.value.since }.flatMap { take($0.key) }
    }

    private mutating func take(_ key: Key) -> [LogRecord] {
        guard let ended = seen.removeValue(forKey: key), ended.repeated > 0 else { return [] }
        var record = ended.record
        record.fields.append(("repeated", .integer(ended.repeated)))
        record.fields.append(("since", .time(ended.since)))
        return [record]
    }
}
