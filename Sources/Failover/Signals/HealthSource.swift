import AWS
import FailoverCore
import Platform

/// Asks AWS Health for issues of Connect in the Regions, once a minute: at the endpoint that answers for all, and where that is silent at the other one. An account without a
/// support plan has no such API; that is asked again every six hours, and said by the signal meanwhile.
package final class HealthSource: SignalSource {
    static let paceMilliseconds: Int64 = 60_000
    static let refusedMilliseconds: Int64 = 6 * 3_600_000

    package let name = "aws-health"
    private let clients: [ServiceClient]
    private let regions: [String]
    private let counts: RequestCounts
    private let wall: @Sendable () -> Int64

    /// `clients`: of AWS Health, in the order in which they are asked; with ``ConnectAPISource/retry`` and ``ConnectAPISource/timeouts``.
    package init(
        _ clients: [ServiceClient], regions: [String], counts: RequestCounts,
        wall: @escaping @Sendable () -> Int64 = { Timestamp.now.milliseconds }
    ) {
        self.clients = clients
        self.regions = regions
        self.counts = counts
        self.wall = wall
    }

    package func look(now: Int64) -> SignalLook {
        var (events, why, pace): ([Health.Event]?, String, Int64) = (nil, "no endpoint is set", HealthSource.paceMilliseconds)
        for client in clients {
            counts.count(client.service.name, client.region)
            do throws(AWSError) {
                // The newest hundred of two Regions are more than there are issues in an hour.
                events = try client.perform(Health.DescribeEvents(service: "CONNECT", regions: regions, isOpen: false)).events
            } catch {
                why = "\(error)"
                if error.health == .notSubscribed { pace = HealthSource.refusedMilliseconds }
                if case .silent = HeardAnswer(error) { continue }
            }
            break
        }
        let time = wall()
        let signals = regions.map { region in
            var signal = HealthNotices.signal(
                of: region, events?.filter { $0.region == region }.map(HealthSource.notice), why: why, asked: now, wall: time)
            // It stands until it is asked again.
            signal.keptMilliseconds = max(signal.keptMilliseconds, pace)
            return signal
        }
        return SignalLook(signals, nextAt: now + pace)
    }

    private static func notice(_ event: Health.Event) -> HealthNotices.Notice {
        HealthNotices.Notice(
            code: event.code, isOpen: event.status == .open, began: event.start?.milliseconds ?? 0,
            ended: event.end?.milliseconds)
    }
}
