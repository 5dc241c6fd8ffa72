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
