import Platform

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

    /// For people.
    static func text(_ milliseconds: Int64) -> String { Timestamp(milliseconds: milliseconds).description }

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
