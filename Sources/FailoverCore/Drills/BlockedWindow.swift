/// When no drill is to run: `sat,sun`, `mon-fri 07:00-09:30+01:00`, `2026-12-15..2027-01-06` or `2026-12-24`; dates are whole days, both ends among them. Hours
/// may go over midnight and belong to the day on which they begin.
package struct BlockedWindow: Equatable, Sendable {
    private enum Span: Equatable, Sendable {
        case dates(ClosedRange<Int64>)
        case hours(DrillDays, from: Int, minutes: Int)
    }

    /// As it was written.
    package let text: String
    private let span: Span
    private let offsetMinutes: Int

    package init(_ text: String) throws(DrillScheduleError) {
        self.text = text
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 1 || words.count == 2, let first = words.first else {
            throw DrillScheduleError("'\(text)' is no window; accepted: DAYS, DAYS HH:MM-HH:MM[+HH:MM], DATE, DATE..DATE")
        }
        let hours = words.count == 2 ? words[1] : nil
        if first.first?.isNumber == true {
            let parts = first.components(of: "..")
            guard parts.count <= 2, let from = parts.first.flatMap({ DrillClock.day($0) }),
                let to = parts.last.flatMap({ DrillClock.day($0) }), from <= to
            else { throw DrillScheduleError("'\(first)' is no date and no DATE..DATE, such as 2026-12-15..2027-01-06") }
            var offset = 0
            if let hours { (_, offset) = try DrillClock.time("00:00" + hours) }
            span = .dates(from...to)
            offsetMinutes = offset
            return
        }
        let days = try DrillDays(first)
        guard let hours else {
            span = .hours(days, from: 0, minutes: 1_440)
            offsetMinutes = 0
            return
        }
        guard hours.utf8.count >= 11, hours.dropFirst(5).first == "-",
            let from = DrillClock.minutes(String(hours.prefix(5)), hoursMax: 23)
        else { throw DrillScheduleError("'\(hours)' is no HH:MM-HH:MM, with an offset such as +01:00 or without") }
        let (to, offset) = try DrillClock.time(String(hours.dropFirst(6)))
        span = .hours(days, from: from, minutes: to > from ? to - from : to + 1_440 - from)
        offsetMinutes = offset
    }

    package func contains(_ milliseconds: Int64) -> Bool {
        let there = milliseconds + Int64(offsetMinutes) * 60_000
        let day = DrillClock.day(there)
        switch span {
        case .dates(let days): return days.contains(day)
        case .hours(let days, let from, let minutes):
            let minute = Int((there - day * DrillClock.dayMilliseconds) / 60_000)
            // What began yesterday may go on until today.
            return days.contains(day) && (from..<from + minutes).contains(minute)
                || days.contains(day - 1) && (from..<from + minutes).contains(minute + 1_440)
        }
    }
}

extension String {
    fileprivate func components(of separator: String) -> [String] {
        var parts: [String] = [""]
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(separator) {
                parts.append("")
                rest = rest.dropFirst(separator.count)
            } else {
                parts[parts.count - 1].append(rest.removeFirst())
            }
        }
        return parts
    }
}
