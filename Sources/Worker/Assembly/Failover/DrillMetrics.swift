import Failover
import FailoverCore
import Observability
import Platform

extension FailoverMetrics {
    /// What became of the drills of the schedule, as the control table has it: every controller tells the same.
    static func observe(
        _ drills: DrillSettings, _ runner: FailoverRunner, in metrics: Metrics
    ) throws(MetricsError) {
        let calendar = drills.calendar
        @Sendable func records(_ runner: FailoverRunner?) -> [DrillRecord] {
            (runner?.status.control?.words.drills ?? []).filter { record in
                calendar.schedules.contains { $0.text == record.schedule }
            }
        }
        try metrics.observe(
            "converge_failover_drill_begun",
            "1 where the last drill that a schedule had due was begun, 0 where it did not run.",
            labels: ["schedule"]
        ) { [weak runner] in
            records(runner).compactMap { record in
                switch record.outcome {
                case .watched: nil
                case .begun: MetricReading(1, labels: [record.schedule])
                case .notRun: MetricReading(0, labels: [record.schedule])
                }
            }
        }
        try metrics.observe(
            "converge_failover_drill_due_timestamp_seconds",
            "When the last drill of a schedule was due, in seconds since 1970; before the first, since when it is looked for.",
            labels: ["schedule"]
        ) { [weak runner] in
            records(runner).map { MetricReading(Double($0.at) / 1000, labels: [$0.schedule]) }
        }
        try metrics.observe(
            "converge_failover_drill_next_timestamp_seconds",
            "When the next drill of a schedule is due that no window blocks, in seconds since 1970.", labels: ["schedule"]
        ) {
            let now = Timestamp.now.milliseconds
            return calendar.schedules.compactMap { schedule in
                calendar.next(of: schedule, after: now).map { MetricReading(Double($0) / 1000, labels: [schedule.text]) }
            }
        }
    }
}
