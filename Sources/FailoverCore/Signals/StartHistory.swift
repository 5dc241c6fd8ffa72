/// How many contacts customers started in each minute of a pair's Regions, as far as it is known: hours of the rows that workers write, each of up to 60 minutes.
///
/// An hour that no row tells of is a hole: nobody called, or nobody was there to count. A minute that a known hour does not tell of had no starts.
///
/// Bounds: ``hoursMax`` hours, half a kilobyte each; the oldest make room.
package struct StartHistory: Sendable {
    /// Of two Regions the hours that ``TrafficExpectation/hoursNeeded(at:)`` names, with room for a day to go by before they are forgotten.
    package static let hoursMax = 2_000
    static let hourMilliseconds: Int64 = 3_600_000
    static let minuteMilliseconds: Int64 = 60_000
    static let minutesAnHour = 60

    private struct Key: Hashable {
        var region: String
        /// Hours since 1970.
        var hour: Int64
    }

    private var hours: [Key: [Int]] = [:]

    package init() {}

    /// Takes in what the joined rows of an hour tell, in place of what was known of it. `hour`: when it began, in milliseconds since 1970; `minutes`: from its first
    /// minute on.
    package mutating func take(region: String, hour: Int64, minutes: [Int]) {
        hours[Key(region: region, hour: StartHistory.floor(hour, StartHistory.hourMilliseconds))] = Array(
            minutes.prefix(StartHistory.minutesAnHour))
        guard hours.count > StartHistory.hoursMax, let oldest = hours.keys.min(by: { $0.hour < $1.hour })?.hour else { return }
        hours = hours.filter { $0.key.hour > oldest }
    }

    /// Starts in the minutes from `first` to before `end`, in minutes since 1970, of one Region or, with nil, of all; nil where an hour of them is a hole, unless holes count as hours without a start. Of all
    /// Regions an hour is known where one of them tells of it: a Region without a share has no rows.
    func starts(of region: String?, in minutes: Range<Int64>, among regions: [String], holesAreEmpty: Bool = false) -> Int? {
        guard !minutes.isEmpty else { return 0 }
        let asked = region.map { [$0] } ?? regions
        var sum = 0
        var at = minutes.lowerBound
        while at < minutes.upperBound {
            let hour = StartHistory.floor(at, Int64(StartHistory.minutesAnHour))
            let first = hour * Int64(StartHistory.minutesAnHour)
            let next = min(first + Int64(StartHistory.minutesAnHour), minutes.upperBound)
            let isKnown = regions.contains { hours[Key(region: $0, hour: hour)] != nil }
            guard isKnown || holesAreEmpty else { return nil }
            for name in asked {
                guard let counts = hours[Key(region: name, hour: hour)] else { continue }
                let (from, to) = (min(Int(at - first), counts.count), min(Int(next - first), counts.count))
                sum += counts[from..<to].reduce(0, +)
            }
            at = next
        }
        return sum
    }

    /// Contacts that started in two Regions, by minute, from the first minute of the range that is known on. Behind that an hour of which no row tells had none.
    package func minutes(gaining: String, losing: String, in minutes: Range<Int64>) -> [Landing.Minute] {
        var found: [Landing.Minute] = []
        for minute in minutes {
            func count(_ region: String) -> Int? {
                starts(of: region, in: minute..<(minute + 1), among: [gaining, losing], holesAreEmpty: !found.isEmpty)
            }
            guard let gained = count(gaining), let lost = count(losing) else { continue }
            found.append(
                Landing.Minute(start: minute * StartHistory.minuteMilliseconds, gaining: gained, losing: lost))
        }
        return found
    }

    /// How many whole `unit`s before a time, those before 1970 included.
    static func floor(_ value: Int64, _ unit: Int64) -> Int64 { value / unit - (value % unit < 0 ? 1 : 0) }
}
