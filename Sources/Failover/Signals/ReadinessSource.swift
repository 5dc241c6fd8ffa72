import AWS
import FailoverCore
import Synchronization

/// Looks whether a Region's instance is replicated without differences: one kind of resource every two minutes, so that it takes an hour to go round once, and only
/// where the quota has places to spare. It says whether a Region is ready, never whether it lives.
package final class ReadinessSource: SignalSource {
    static let paceMilliseconds: Int64 = 120_000
    /// Where the quota had no place.
    private static let againMilliseconds: Int64 = 11_000
    /// Places of the quota that are left to those who look whether the Region lives.
    private static let reserve = 1

    package let name: String
    private let client: ServiceClient
    private let instance: String
    private let path: SignalPath
    private let quota: ConnectQuota
    private let counts: RequestCounts
    private let state: Mutex<State>

    private struct State {
        var report = ReadinessReport(kinds: Connect.ListReplicationFindings.resourceTypes.count)
        var next = 0
    }

    /// `client`: as that of ``ConnectAPISource``.
    package init(_ client: ServiceClient, instance: String, isOwn: Bool, quota: ConnectQuota, counts: RequestCounts) {
        name = "replication-findings/\(client.region)"
        self.client = client
        self.instance = instance
        self.quota = quota
        self.counts = counts
        path = isOwn ? SignalPath(.ownEndpoint) : SignalPath(.between)
        state = Mutex(State())
    }

    /// Takes in what a description of the instance says of its replica.
    package func take(_ instance: Connect.Instance) {
        state.withLock { state in
            state.report.hasReplica = instance.replication != nil
            state.report.unfinished =
                instance.replication?.status.filter { $0.value != Connect.Replication.complete } ?? [:]
        }
    }

    /// As far as it has looked.
    package var report: ReadinessReport { state.withLock { $0.report } }

    package func look(now: Int64) -> SignalLook {
        let kinds = Connect.ListReplicationFindings.resourceTypes
        let (next, hasReplica) = state.withLock { ($0.next, $0.report.unfinished != nil && $0.report.hasReplica) }
        let hasPlace = hasReplica && quota.take(now, reserve: ReadinessSource.reserve)
        if hasPlace {
            let kind = kinds[next % kinds.count]
            counts.count(client.service.name, client.region)
            do throws(AWSError) {
                let output = try client.perform(Connect.ListReplicationFindings(instance: instance, type: kind))
                state.withLock { state in
                    state.report.drift[kind] = output.driftCount
                    state.report.problem = ""
                    state.next = (next + 1) % kinds.count
                }
            } catch {
                if error.connect == .unsent { quota.giveBack() }
                state.withLock { state in
                    state.report.problem = "\(error)"
                    // One kind that is refused does not keep the others from being looked at.
                    if error.connect == .invalid { state.next = (next + 1) % kinds.count }
                }
            }
        }
        return SignalLook(
            [report.signal(of: client.region, path, asked: now)],
            nextAt: now + (hasPlace ? ReadinessSource.paceMilliseconds : ReadinessSource.againMilliseconds))
    }
}
