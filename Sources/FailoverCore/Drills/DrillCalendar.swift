/// Which drills are due, and which could not run. A value: whoever runs them looks again and again and says until when it has looked.
package struct DrillCalendar: Equatable, Sendable {
    package enum Due: Equatable, Sendable {
        /// To be begun now.
        case due(at: Int64)
        /// Not run: a window, as it was written, has it blocked.
        case blocked(at: Int64, by: String)
        /// Not run: nobody looked within ``graceMilliseconds``.
        case missed(at: Int64)
    }

    /// One that is later than this is not run any more: people expect it at its time.
    package static let graceMilliseconds: Int64 = 600_000
    /// In which the next one is looked for.
    static let aheadMilliseconds = 70 * DrillClock.dayMilliseconds

    package var schedules: [DrillSchedule]
    package var blocked: [BlockedWindow]

    package init(_ schedules: [DrillSchedule] = [], blocked: [BlockedWindow] = []) {
        self.schedules = schedules
        self.blocked = blocked
    }

    /// What has come due by `schedule` after `since`, up to which everything is settled, and up to `now`; wall clock, in milliseconds since 1970. The oldest first,
    /// ``DrillSchedule/occurrencesMax`` at most; one that is to be begun comes last.
    package func look(_ schedule: DrillSchedule, since: Int64, now: Int64) -> [Due] {
        schedule.occurrences(after: since, through: now).map { at in
            if let window = blocked.first(where: { $0.contains(at) }) { return .blocked(at: at, by: window.text) }
            return now - at <= DrillCalendar.graceMilliseconds ? .due(at: at) : .missed(at: at)
        }
    }

    /// The next one that no window blocks, within ten weeks.
    package func next(of schedule: DrillSchedule, after: Int64) -> Int64? {
        schedule.occurrences(after: after, through: after + DrillCalendar.aheadMilliseconds)
            .first { at in !blocked.contains { $0.contains(at) } }
    }
}
