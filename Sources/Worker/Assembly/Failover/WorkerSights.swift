import AWS
import ContactCenter
import EngineCore
import Failover
import FailoverCore
import HTTPClient
import Lattice
import Platform
import Storage

/// What a worker sees of both Regions by itself, for the signals of failover: its own rows as they are written, the other Region's agents as replication brings their rows, and
/// the replication canary. Without a worker (`isAlone`) it is what the tables of the Region tell: rows of both Regions' agents, and the canary.
///
///     let sights = WorkerSights(region: "us-west-2", peer: "us-east-1")
///     let store = WatchedStore(store) { sights.take($0) }
///     sources += sights.sources(..)
final class WorkerSights: Sendable {
    private let region: String
    private let peer: String
    /// Nobody writes rows here.
    let isAlone: Bool
    private let agents: AgentWatch
    private let events: EventWatch
    /// Contacts that begin in this Region.
    let landing: LandingFeed
    private let now: @Sendable () -> Int64

    /// `isAlone`: nobody writes rows here; the tables are read for those of this Region, too. `now`: the controller's clock.
    init(
        region: String, peer: String, isAlone: Bool = false, now: @escaping @Sendable () -> Int64 = { monotonicMilliseconds() }
    ) {
        self.region = region
        self.peer = peer
        self.isAlone = isAlone
        self.now = now
        agents = AgentWatch(regions: [region, peer])
        events = EventWatch(now: now())
        landing = LandingFeed(own: region, peer: peer)
    }

    /// Takes in rows that were written: what they tell of this Region's agents, and where the contacts began that they are of.
    ///
    /// Cost: a walk over the registers of each row of an agent or a contact, on the thread that writes rows; while a change lands, two of a contact's.
    func take(_ rows: [RowBatch]) {
        let time = now()
        var (own, other) = (0, 0)
        for batch in rows {
            for row in batch {
                let key = EntityKey(row.key)
                switch key.kind {
                case .agent: take(key, EntityView(row.entity), of: region, now: time)
                case .contact:
                    let contact = EntityView(row.entity)
                    if beganThere(contact) { other += 1 } else { own += 1 }
                    if landing.wantsContact(now: time) { start(contact) }
                default: break
                }
            }
        }
        if own + other > 0 { events.take(own: own, other: other, now: time) }
    }

    private func beganThere(_ contact: EntityView) -> Bool {
        var name = peer
        return name.withUTF8 { ContactOrigin.is(ByteView($0), of: contact) }
    }

    private func start(_ contact: EntityView) {
        var name = region
        guard let began = name.withUTF8({ ContactStart.time(of: contact, in: ByteView($0)) }) else { return }
        landing.start(at: began.milliseconds, wall: Timestamp.now.milliseconds)
    }

    private func take(_ key: EntityKey, _ entity: EntityView, of region: String, now: Int64) {
        var name = region
        guard let sight = name.withUTF8({ AgentSight(entity, region: ByteView($0)) }) else { return }
        agents.take(key.id.hash64, of: region, isOnline: sight.isOnline, seen: sight.seen.milliseconds, now: now)
    }

    /// What the other Region has to lose by its agents who were online when they were last heard of, as of then; nil: nobody was.
    var peerAgents: Volume? {
        let counts = agents.counts(of: peer, delay: 0, now: now())
        return counts.heardAt.map { Volume(starts: nil, agents: counts.online, observedAt: $0) }
    }

    /// Those agents.
    var peerAgentsKnown: Set<UInt64> { agents.online(in: peer, now: now()) }

    /// Looks through the agents' rows of both Regions: who is online there, who is available here, and when the newest event was that the other Region's rows tell of.
    func look(_ tables: DynamoDBReader) throws -> LandingWatch.Look {
        var found = LandingLook(own: region, peer: peer)
        try tables.scan([.agent]) { row, key, entity in found.take(EntityKey(key), EntityView(entity), of: row.region) }
        return found.look
    }

    /// `delay`: for how long a heartbeat may wait for its write, in either Region. `lag`: how old the oldest event is that is not written yet; nil where that is not known.
    /// `canary`: of the way from the other Region. `tables`: the DynamoDB reader of the state; nil: the other Region's agents are not looked at.
    func sources(
        _ settings: SignalSettings, delay: Int64, lag: @escaping @Sendable () -> Int64?,
        canary: @escaping @Sendable () -> [ReplicationLink], tables: DynamoDBReader?
    ) -> [any SignalSource] {
        let peer = peer
        let sight: @Sendable () -> CanarySight = {
            let link = canary().first { $0.from == peer }
            return CanarySight(lag: link?.lagMilliseconds, aheadMax: link?.clockOffsetMilliseconds?.upperBound)
        }
        var sources: [any SignalSource] = [ObservedSource.canary(of: peer, sight)]
        if !isAlone { sources.append(ObservedSource.ownAgents(of: region, agents, delay: delay, lag: lag)) }
        if settings.hasGlobalRouting, !isAlone { sources.append(ObservedSource.events(of: peer, events, lag: lag)) }
        if let tables, settings.readsPeerAgents {
            sources.append(
                PeerAgentsSource(
                    of: peer, agents, delay: delay, canary: sight, own: isAlone ? .init(region: region, lag: lag) : nil,
                    now: now
                ) { [self] _ in readAgents(tables) })
        }
        return sources
    }

    /// A reader of the tables for that: of one attempt, some seconds at most a page.
    static func reader(_ session: AWSSession, prefix: String) throws -> DynamoDBReader {
        let limit = Duration.seconds(5)
        let client = try session.client(
            .dynamoDB, retry: RetryOptions(attemptsMax: 1),
            timeouts: HTTPTimeouts(connect: .seconds(2), firstByte: limit, idle: limit, total: limit))
        return DynamoDBReader(client, prefix: prefix)
    }

    /// What went wrong; nil: nothing.
    private func readAgents(_ tables: DynamoDBReader) -> String? {
        do {
            try tables.scan([.agent]) { row, key, entity in
                guard row.region == peer || isAlone && row.region == region else { return }
                take(EntityKey(key), EntityView(entity), of: row.region, now: now())
            }
            return nil
        } catch {
            return "the other Region's agents cannot be read: \(error)"
        }
    }
}
