import Platform

/// When a drill is due: `us-east-1 first-tue 10:00+01:00 10m test-group`.
///
/// The time's offset from UTC is fixed; without one it is UTC. There are no time zones: a drill does not move with daylight saving, and people who want that name
/// another offset.
package struct DrillSchedule: Equatable, Sendable {
    package var region: String
    package var days: DrillDays
    /// Of the day, there.
    package var minute: Int
    package var offsetMinutes: Int
    package var holdMilliseconds: Int64
    package var isLive: Bool

    /// Throws what is wrong with the text.
    package init(_ text: String) throws(DrillScheduleError) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 5 else {
            throw DrillScheduleError(
                "'\(text)': give REGION DAYS TIME DURATION test-group|live, such as us-east-1 first-tue 10:00 10m test-group")
        }
        region = words[0]
        days = try DrillDays(words[1])
        (minute, offsetMinutes) = try DrillClock.time(words[2])
        holdMilliseconds = try DrillSchedule.duration(words[3])
        guard words[4] == "test-group" || words[4] == "live" else {
            throw DrillScheduleError("'\(words[4])' is no mode of a drill; accepted: test-group, live")
        }
        isLive = words[4] == "live"
    }

    private static func duration(_ text: String) throws(DrillScheduleError) -> Int64 {
        let units: [Character: Int64] = ["s": 1_000, "m": 60_000, "h": 3_600_000]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()), count > 0, count <= 86_400,
            count * unit <= DrillMark.secondsMax * 1_000
        else { throw DrillScheduleError("'\(text)' is no duration of a drill; accepted: 1s to 24h, such as 10m") }
        return count * unit
    }

    /// The moments in milliseconds since 1970 after `after` and up to `through`, the first ``occurrencesMax`` of them.
    package func occurrences(after: Int64, through: Int64) -> [Int64] {
        guard through > after else { return [] }
        let offset = Int64(offsetMinutes) * 60_000
        var day = DrillClock.day(after + offset)
        var found: [Int64] = []
        while found.count < DrillSchedule.occurrencesMax {
            let at = day * DrillClock.dayMilliseconds + Int64(minute) * 60_000 - offset
            if at > through { break }
            if at > after, days.contains(day) { found.append(at) }
            day += 1
        }
        return found
    }

    package static let occurrencesMax = 64

    /// The next one; within ten weeks there always is one.
    package func next(after: Int64) -> Int64? {
        occurrences(after: after, through: after + 70 * DrillClock.dayMilliseconds).first
    }
}

/// Days of the week, `mon,thu`, `mon-fri` or `daily`, or one of them in the month: `first-tue`, `second-`, `third-`, `fourth-`, `last-`.
package struct DrillDays: Equatable, Sendable {
    /// 0: Monday.
    package var weekdays: Set<Int>
    /// 1 to 4, 5: the last one; nil: each.
    package var week: Int?

    static let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    private static let weeks = ["first", "second", "third", "fourth", "last"]

    package init(_ text: String) throws(DrillScheduleError) {
        if text == "daily" {
            weekdays = Set(0..<7)
            return
        }
        let parts = text.split(separator: "-").map(String.init)
        if parts.count == 2, let week = DrillDays.weeks.firstIndex(of: parts[0]),
            let day = DrillDays.names.firstIndex(of: parts[1])
        {
            weekdays = [day]
            self.week = week + 1
            return
        }
        weekdays = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map {
                DrillDays.names.firstIndex(of: String($0))
            }
            guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil else {
                throw DrillScheduleError("'\(text)' names no days; accepted: daily, mon,thu, mon-fri, first-tue .. last-tue")
            }
            // Over the end of the week: `sat-mon`.
            for step in 0...(last + 7 - first) % 7 { weekdays.insert((first + step) % 7) }
        }
    }

    /// `day`: since 1970-01-01, which was a Thursday.
    package func contains(_ day: Int64) -> Bool {
        guard weekdays.contains(Int(((day + 3) % 7 + 7) % 7)) else { return false }
        guard let week else { return true }
        if week == 5 { return DrillClock.month(day) != DrillClock.month(day + 7) }
        return (DrillClock.dayOfMonth(day) - 1) / 7 + 1 == week
    }
}

package struct DrillScheduleError: Error, Equatable, CustomStringConvertible, Sendable {
    package let description: String
    init(_ description: String) { self.description = description }
}

/// Days and times of the calendar, by a fixed offset.
enum DrillClock {
    static let dayMilliseconds: Int64 = 86_400_000

    static func day(_ milliseconds: Int64) -> Int64 {
        let day = milliseconds / dayMilliseconds
        return milliseconds % dayMilliseconds < 0 ? day - 1 : day
    }

    /// `YYYY-MM-DD`
    private static func date(_ day: Int64) -> Substring {
        Timestamp(milliseconds: day * dayMilliseconds).description.prefix(10)
    }

    static func dayOfMonth(_ day: Int64) -> Int { Int(date(day).suffix(2)) ?? 0 }
    static func month(_ day: Int64) -> Substring { date(day).prefix(7) }

    /// Of `YYYY-MM-DD`.
    static func day(_ text: String) -> Int64? {
        text.utf8.count == 10 ? Timestamp("\(text)T00:00:00Z").map { day($0.milliseconds) } : nil
    }

    /// Of `10:00`, `10:00Z` or `10:00+01:00`: the minute of the day, and the offset in minutes.
    static func time(_ text: String) throws(DrillScheduleError) -> (minute: Int, offset: Int) {
        let digits = Array(text.utf8.prefix(5))
        let rest = String(text.dropFirst(5))
        guard digits.count == 5, let minute = minutes(String(decoding: digits, as: UTF8.self), hoursMax: 23) else {
            throw DrillScheduleError("'\(text)' is no time; accepted: 00:00 to 23:59, with an offset such as +01:00 or without")
        }
        if rest.isEmpty || rest == "Z" { return (minute, 0) }
        guard let sign = rest.first, sign == "+" || sign == "-", let offset = minutes(String(rest.dropFirst()), hoursMax: 14)
        else {
            throw DrillScheduleError("'\(rest)' is no offset from UTC; accepted: +01:00, -08:00, Z, or none, which is UTC")
        }
        return (minute, sign == "-" ? -offset : offset)
    }

    /// Of `HH:MM`.
    static func minutes(_ text: String, hoursMax: Int) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.utf8.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hours = Int(parts[0]), let minutes = Int(parts[1]), hours <= hoursMax, minutes < 60
        else { return nil }
        return hours * 60 + minutes
    }
}
