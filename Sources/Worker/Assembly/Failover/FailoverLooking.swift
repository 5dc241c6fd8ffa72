import AWS
import Failover
import FailoverCore
import HTTPClient
import Synchronization

/// What a controller asks of AWS and of others to see how both Regions are.
final class FailoverLooking: Sendable {
    let sources: [any SignalSource]
    let counts = RequestCounts()
    /// What the own Region says of the replication of the instance.
    let readiness: ReadinessSource
    private let region: String
    private let peer: String
    private let ownQuota = ConnectQuota(isOwn: true)
    private let peerQuota = ConnectQuota(isOwn: false)
    private let groupCount: Int
    private let ownControllers = Atomic(1)

    init(_ access: FailoverAccess, session: AWSSession) throws {
        region = access.region
        peer = access.peer
        groupCount = access.settings.groups.count
        let instance = access.settings.instance
        var sources: [any SignalSource] = []
        func client(_ region: String) throws -> ServiceClient {
            try session.client(.connect, region: region, retry: ConnectAPISource.retry, timeouts: ConnectAPISource.timeouts)
        }
        let ownReadiness = ReadinessSource(try client(region), instance: instance, isOwn: true, quota: ownQuota, counts: counts)
        readiness = ownReadiness
        for (region, isOwn, quota) in [(region, true, ownQuota), (peer, false, peerQuota)] {
            let client = try client(region)
            let readiness =
                isOwn
                ? ownReadiness
                : ReadinessSource(client, instance: instance, isOwn: false, quota: quota, counts: counts)
            sources.append(
                ConnectAPISource(client, instance: instance, isOwn: isOwn, quota: quota, counts: counts) { readiness.take($0) })
            sources.append(readiness)
        }
        self.sources =
            try sources
            + access.settings.signals.sources(session, instance: instance, regions: [region, peer], counts: counts)
    }

    /// How often everything else is asked of Connect.
    var upkeep: ConnectUpkeep { ConnectUpkeep(groups: groupCount, controllers: ownControllers.load(ordering: .relaxed)) }

    /// The account's rate is shared among the controllers that live.
    func share(_ controllers: [String: Int]) {
        ownControllers.store(controllers[region] ?? 1, ordering: .relaxed)
        let (own, others) = (max(controllers[region] ?? 1, 1), max(controllers[peer] ?? 1, 1))
        ownQuota.share(own: own, peers: others)
        peerQuota.share(own: others, peers: own)
    }
}
