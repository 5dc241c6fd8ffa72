import Platform

/// When a drill is due: `us-east-1 first-tue 10:00+01:00 10m test-group`.
///
/// The time's offset from UTC is fixed; without one it is UTC. There are no time zones: a drill does not move with daylight saving, and people who want that name
/// another offset.
package struct DrillSchedule: Equatable, Sendable {
    /// As it was written, with one blank between words.
    package let text: String
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
        self.text = words.joined(separator: " ")
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

    /// Of the drill that is due then: the same in every controller, so that it begins once.
    package func id(at: Int64) -> String {
        let time = Timestamp(milliseconds: at).description.prefix(16).filter { $0 != "-" && $0 != ":" }
        return "\(time)Z-\(region)-\(holdMilliseconds / 1_000)-\(isLive ? "live" : "test")"
    }
}

package struct DrillScheduleError: Error, Equatable, CustomStringConvertible, Sendable {
    package let description: String
    init(_ description: String) { self.description = description }
}
