import AWS
import FailoverCore
import HTTPClient
import Platform
import Synchronization

/// Reads CloudWatch's `AWS/Connect` of a Region, at that Region's endpoint: once a minute, and every 15 s while it complains.
///
/// Cost: a cent for each thousand metrics that are asked for (https://aws.amazon.com/cloudwatch/pricing/): four and one a flow each time, so five dollars a month for two Regions and
/// one flow.
package final class MetricsSource: SignalSource {
    static let paceMilliseconds: Int64 = 60_000
    static let complainingMilliseconds: Int64 = 15_000
    /// Flows whose fatal errors are watched.
    package static let flowsMax = 10
    /// CloudWatch has figures a minute or two late.
    private static let minutesAsked: Int64 = 8

    private enum Figure { case calls, misdirected, overQuota, fatalErrors }

    package let name: String
    private let client: ServiceClient
    private let queries: [(figure: Figure, query: CloudWatch.GetMetricData.Query)]
    private let counts: RequestCounts
    private let wall: @Sendable () -> Int64

    /// `client`: CloudWatch's in the Region, with ``ConnectAPISource/retry`` and ``ConnectAPISource/timeouts``. `flows`: names, ``flowsMax`` at most.
    package init(
        _ client: ServiceClient, instance: String, flows: [String], counts: RequestCounts,
        wall: @escaping @Sendable () -> Int64 = { Timestamp.now.milliseconds }
    ) {
        name = "cloudwatch/\(client.region)"
        self.client = client
        self.counts = counts
        self.wall = wall
        func query(_ metric: String, _ group: String, flow: String? = nil) -> CloudWatch.GetMetricData.Query {
            var dimensions = ["InstanceId": instance, "MetricGroup": group]
            if let flow { dimensions["ContactFlowName"] = flow }
            return CloudWatch.GetMetricData.Query(
                namespace: "AWS/Connect", metric: metric, dimensions: dimensions, statistic: "Sum")
        }
        // Names and dimensions: Amazon Connect administrator guide, monitoring-cloudwatch.
        queries =
            [
                (.calls, query("CallsPerInterval", "VoiceCalls")),
                (.misdirected, query("MisconfiguredPhoneNumbers", "VoiceCalls")),
                (.overQuota, query("ThrottledCalls", "VoiceCalls")),
                (.overQuota, query("CallsBreachingConcurrencyQuota", "VoiceCalls")),
            ]
            + flows.prefix(MetricsSource.flowsMax).map {
                (.fatalErrors, query("ContactFlowFatalErrors", "ContactFlow", flow: $0))
            }
    }

    package func look(now: Int64) -> SignalLook {
        let time = wall()
        let end = time - time % 60_000 + 60_000
        let operation = CloudWatch.GetMetricData(
            queries.map(\.query), from: Timestamp(milliseconds: end - MetricsSource.minutesAsked * 60_000),
            to: Timestamp(milliseconds: end))
        counts.count(client.service.name, client.region)
        var (minutes, why): ([ConnectMetrics.Minute]?, String) = (nil, "")
        do throws(AWSError) {
            let output = try client.perform(operation)
            minutes = self.minutes(output.series)
            // What is counted in part only complains too soon.
            if output.hasMore || output.series.contains(where: { !$0.isComplete }) {
                (minutes, why) = (nil, "CloudWatch has not all of what was asked")
            }
        } catch {
            why = "\(error)"
        }
        let signal = ConnectMetrics.signal(of: client.region, minutes, why: why, asked: now, wall: time)
        let pace =
            signal.state == .unhealthy ? MetricsSource.complainingMilliseconds : MetricsSource.paceMilliseconds
        return SignalLook([signal], nextAt: now + pace)
    }

    /// The series' points, minute by minute.
    private func minutes(_ series: [CloudWatch.GetMetricData.Series]) -> [ConnectMetrics.Minute] {
        var minutes: [Int64: ConnectMetrics.Minute] = [:]
        for (entry, series) in zip(queries, series) {
            for point in series.points {
                let start = point.time.milliseconds
                var minute = minutes[start] ?? ConnectMetrics.Minute(start: start)
                switch entry.figure {
                case .calls: minute.calls = (minute.calls ?? 0) + point.value
                case .misdirected: minute.misdirected = (minute.misdirected ?? 0) + point.value
                case .overQuota: minute.overQuota = (minute.overQuota ?? 0) + point.value
                case .fatalErrors: minute.fatalErrors = (minute.fatalErrors ?? 0) + point.value
                }
                minutes[start] = minute
            }
        }
        return Array(minutes.values)
    }
}
