import FailoverCore
import Platform

/// The schedule of drills.
package struct DrillSettings: Sendable {
    package var calendar = DrillCalendar()
    /// Who approved it.
    package var approvedBy = ""
    /// What drills of mode test-group move.
    package var testGroups: [String] = []

    /// Each schedule is an item of the control table and a series of the metrics.
    static let schedulesMax = 16
    static let windowsMax = 64

    /// `groups`: all of `failover.groups`. Every problem is added, and names its key.
    init(_ configuration: Configuration, regions: [String], groups: [String], _ problems: inout [String]) {
        approvedBy = configuration.text("failover.drills.approved-by") ?? ""
        testGroups = configuration.list("failover.drills.test-groups")
        let key = "failover.drills.schedule"
        for text in configuration.list(key) {
            do throws(DrillScheduleError) {
                let schedule = try DrillSchedule(text)
                calendar.schedules.append(schedule)
                if !regions.contains(schedule.region) {
                    problems.append(
                        "\(key): '\(printable(text))': '\(printable(schedule.region))' is no Region of the pair; accepted: \(printable(regions.joined(separator: ", ")))"
                    )
                }
                if !schedule.isLive, testGroups.isEmpty {
                    problems.append(
                        "\(key): '\(printable(text))' requires failover.drills.test-groups, ARNs of failover.groups")
                }
            } catch {
                problems.append("\(key): \(printable(error.description))")
            }
        }
        for text in configuration.list("failover.drills.blocked") {
            do throws(DrillScheduleError) { calendar.blocked.append(try BlockedWindow(text)) } catch {
                problems.append("failover.drills.blocked: \(printable(error.description))")
            }
        }
        if !calendar.schedules.isEmpty, approvedBy.isEmpty {
            problems.append("\(key) requires failover.drills.approved-by, the name of who approved it")
        }
        if Set(calendar.schedules.map(\.text)).count != calendar.schedules.count {
            problems.append("\(key) names a drill twice")
        }
        if calendar.schedules.count > DrillSettings.schedulesMax {
            problems.append("\(key) has \(calendar.schedules.count) drills; the limit is \(DrillSettings.schedulesMax)")
        }
        if calendar.blocked.count > DrillSettings.windowsMax {
            problems.append(
                "failover.drills.blocked has \(calendar.blocked.count) windows; the limit is \(DrillSettings.windowsMax)")
        }
        for group in testGroups where !groups.contains(group) {
            problems.append("failover.drills.test-groups: '\(printable(group))' is not in failover.groups")
        }
    }
}
