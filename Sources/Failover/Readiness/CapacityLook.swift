import AWS
import FailoverCore
import HTTPClient
import Platform

/// Whether the target could take all calls: asked of it now, each figure by itself.
///
/// Cost: two requests to Amazon Connect and one more for each hundred routing profiles, a second apart; one to Service Quotas and one to CloudWatch a Region.
extension Preflight {
    /// Of Service Quotas: concurrent active calls of an instance.
    private static let callsQuotaCode = "L-12AB7C57"
    /// Routing profiles that are counted over.
    private static let profilesMax = 2_000

    /// `calls`: at a time, as a person forecasts them; nil: the greatest hour of the last week in both Regions together. Waits for the deadline of its bounds at most.
    package func capacity(calls: Int?) -> CapacityReport {
        let deadline = monotonicMilliseconds() + plan.bounds.deadlineMilliseconds
        let figures = Asked { try current(deadline) }
        let quota = Asked { try callsQuota() }
        let forecast = calls == nil ? Asked { try busiest() } : nil
        var report = CapacityReport()
        switch figures.wait(deadline) {
        case .known(let values):
            report.agentsOnline = values[.agentsOnline].map { Int($0) }
            report.agentsAvailable = values[.agentsAvailable].map { Int($0) }
            report.contactsInQueue = values[.contactsInQueue].map { Int($0) }
            if plan.signals.hasGlobalRouting {
                report.remarks.append("with global routing agents and queues are those of both Regions together")
            }
            if report.agentsOnline == nil { report.remarks.append("Amazon Connect tells no number of agents") }
        case .unknown(let why): report.remarks.append("agents and queues are not known: \(why)")
        }
        switch quota.wait(deadline) {
        case .known(let value?): report.callsQuota = value
        case .known(nil):
            report.remarks.append(
                "Service Quotas tells no quota of concurrent calls (\(Preflight.callsQuotaCode)) in \(plan.target)")
        case .unknown(let why): report.remarks.append("the quota of concurrent calls is not known: \(why)")
        }
        if let calls {
            (report.callsForecast, report.forecastSource) = (calls, "given")
        }
        switch forecast?.wait(deadline) {
        case .known(let value?):
            (report.callsForecast, report.forecastSource) = (
                value, "the greatest hour of the last seven days, both Regions together"
            )
        case .known(nil): report.remarks.append("CloudWatch counted no call in the last seven days")
        case .unknown(let why): report.remarks.append("calls of the last seven days are not known: \(why)")
        case nil: break
        }
        return report
    }

    /// A question on a thread of its own.
    private struct Asked<Value: Sendable>: Sendable {
        private let answer = Awaited<PreflightItem.Heard<Value>>()

        init(_ ask: @escaping @Sendable () throws -> Value) {
            let answer = answer
            let isStarted = SystemThread.detached {
                do { answer.bring(.known(try ask())) } catch { answer.bring(.unknown("\(error)")) }
            }
            if !isStarted { answer.bring(.unknown("the system has no thread left to ask with")) }
        }

        func wait(_ deadline: Int64) -> PreflightItem.Heard<Value> {
            answer.wait(until: deadline) ?? .unknown("no answer in time")
        }
    }

    private func current(_ deadline: Int64) throws -> [Connect.GetCurrentMetricData.Metric: Double] {
        let client = try client(.connect, plan.target)
        var profiles: [String] = []
        var token: String?
        repeat {
            let page = try ask(client, Connect.ListRoutingProfiles(instance: plan.instance, token: token), deadline)
            profiles += page.elements
            token = page.nextToken
        } while token != nil && profiles.count < Preflight.profilesMax
        var values: [Connect.GetCurrentMetricData.Metric: Double] = [:]
        while !profiles.isEmpty {
            let some = Array(profiles.prefix(Connect.GetCurrentMetricData.filterMax))
            profiles.removeFirst(some.count)
            let output = try ask(
                client, Connect.GetCurrentMetricData(instance: plan.instance, routingProfiles: some), deadline)
            for (metric, value) in output.values { values[metric, default: 0] += value }
        }
        return values
    }

    /// That of the instance before that of the account.
    private func callsQuota() throws -> Int? {
        let quotas = try quotas(plan.target).filter { $0.code == Preflight.callsQuotaCode }
        return (quotas.first(where: \.isOfInstance) ?? quotas.first).map { Int($0.value) }
    }

    private func busiest() throws -> Int? {
        let now = Timestamp.now.milliseconds
        var hours: [Int64: Double] = [:]
        for region in [plan.target, plan.peer] {
            for point in try self.calls("ConcurrentCalls", "Maximum", of: region, to: now) {
                hours[point.time.milliseconds, default: 0] += point.value
            }
        }
        return hours.values.max().map { Int($0.rounded(.up)) }
    }
}
