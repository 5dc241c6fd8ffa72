import API
import ContactCenter
import FeedCore
import Observability
import Platform

/// How the feed of tables stands in a process: for health and metrics.
struct FeedStanding: Sendable {
    var role = FeedBook.Role.starting
    /// Shards that this process reads.
    var shards = 0
    /// Whether it was able to list all streams.
    var canFollow = false
    /// When the newest batch that is known was written, by its author.
    var newest: Timestamp?
    /// What has failed for the longest time, and since when.
    var trouble: String?
    var troubleSince: Timestamp?
    /// Why nothing runs at all.
    var failure: String?
    /// Versions of rows that were passed over because no program can read them, and why the last one cannot be.
    var damaged = 0
    var damage: String?
    var batches = 0
    var resets = 0

    /// All beside the process's own: who hears nothing can still read.
    func checks(silence: Int64, now: Timestamp) -> [HealthReport.Check] {
        [
            follows(silence: silence, now: now),
            HealthReport.Check(
                "feed.may-follow", isHealthy: canFollow,
                canFollow ? "" : "this process cannot follow and reads what others write\(reason)",
                since: canFollow ? nil : troubleSince, isBeside: true),
            HealthReport.Check(
                "feed.works", isHealthy: trouble == nil && failure == nil, failure ?? trouble ?? "", since: troubleSince,
                isBeside: true),
            HealthReport.Check(
                "feed.rows", isHealthy: damaged == 0,
                damage.map { "\(damaged) versions of rows were passed over because they are damaged, the last one: \($0)" }
                    ?? "",
                isBeside: true),
        ]
    }

    private var reason: String { trouble.map { ": \($0)" } ?? ": the streams of the tables have not been listed yet" }

    /// Whether somebody follows, as far as the log says.
    private func follows(silence: Int64, now: Timestamp) -> HealthReport.Check {
        func check(_ isHealthy: Bool, _ detail: String, since: Timestamp? = nil) -> HealthReport.Check {
            HealthReport.Check("feed.followed", isHealthy: isHealthy, detail, since: since, isBeside: true)
        }
        guard failure == nil, role != .starting else { return check(false, "the log of the feed has not been read yet") }
        guard let newest else { return check(false, "nobody has followed the tables' streams yet") }
        let age = now.milliseconds - newest.milliseconds
        // As long as somebody else may take to notice, and to begin.
        guard age < 2 * silence else {
            return check(false, "nobody follows the tables' streams: the newest batch is \(age / 1000) s old", since: newest)
        }
        return check(true, role == .following ? "this process follows \(shards) shards" : "another process follows")
    }

    /// An age from which on lists are not up to date for people.
    private static let ageMax: Int64 = 30_000

    static func age(of resident: ResidentState, now: Timestamp) -> HealthReport.Check {
        func check(_ isHealthy: Bool, _ detail: String, since: Timestamp? = nil) -> HealthReport.Check {
            HealthReport.Check("feed.age", isHealthy: isHealthy, detail, since: since, isBeside: true)
        }
        guard let asOf = resident.extent(of: .agent).asOf else { return check(false, "nobody knows yet how old lists are") }
        let age = max(0, now.milliseconds - asOf.milliseconds)
        return check(age < ageMax, age < ageMax ? "" : "lists are \(age / 1000) s old", since: age < ageMax ? nil : asOf)
    }
}
