import AWS
import Failover
import Observability
import Platform
import Storage

/// What a controller without a worker sees: the tables of its Region, which it only reads.
///
/// Cost, in read units of DynamoDB: half a unit a second for the workers' canary rows (up to 4 KB of them, some sixteen workers); four a look for the contact starts of the hours that may still grow, six looks a minute,
/// and some 400 once when it begins and 30 an hour after that; and once a minute one for each 4 KB of the agents' table (``FailoverCore``'s `failover.without-agents` turns that off).
struct TablesSeen {
    let canary: ReplicationCanary
    let workers: WorkerBeside

    init(_ tables: FailoverSettings.Tables, _ failover: FailoverSettings, _ log: Log) throws {
        let session = try AWSSession()
        let (own, peer) = try failover.pair(own: session.configuredRegion)
        let canary = ReplicationCanary(
            try WorkerStore.canaryClient(session), prefix: tables.prefix, worker: nil
        ) { log.warning("replication.canary", $0) }
        self.canary = canary
        workers = WorkerBeside(
            sights: WorkerSights(region: own, peer: peer, isAlone: true), delay: tables.heartbeatMilliseconds,
            prefix: tables.prefix, links: { canary.links }, lag: { canary.ownLag })
    }
}
