import ContactCenter
import EngineCore
import Failover
import FailoverCore
import Lattice
import Platform
import Storage
import Synchronization

/// Contact starts of both Regions against what is expected of them (``TrafficWatch``), out of the rows that workers of both Regions write.
///
/// It reads the hours that an expectation needs once, ``readsMax`` rows a look, and from then on those that may still grow. Cost: some 400 reads when it begins, and a
/// few a look after that.
final class StartsSource: SignalSource {
    /// Rows that one look reads.
    static let readsMax = 64
    /// An hour that is over for so long does not grow any more.
    private static let settledMilliseconds: Int64 = 900_000

    private struct State {
        var history = StartHistory()
        /// Hours that are over and were read, whether or not there was a row.
        var settled: Set<VolumeID> = []
    }

    let name = "contact-starts"
    private let region: String
    private let peer: String
    private let reader: DynamoDBReader
    private let replication: @Sendable () -> Int64
    private let lag: @Sendable () -> Int64?
    private let shares: @Sendable () -> (telephony: [String: Int], changedAt: Int64?)?
    private let tell: @Sendable (Volume) -> Void
    private let wall: @Sendable () -> Int64
    private let state = Mutex(State())

    /// Who is further behind says nothing of anybody's silence.
    static let lagMax: Int64 = 60_000

    /// `replication`: how old the newest row of the peer is by this machine's clock, in milliseconds. `lag`: how old the oldest event is that this worker has not written yet; nil where that is not known. `shares`: those of telephony that are in force, nil where they are not known. `tell` is given how much the
    /// peer has to lose.
    init(
        _ reader: DynamoDBReader, region: String, peer: String, replication: @escaping @Sendable () -> Int64,
        lag: @escaping @Sendable () -> Int64?,
        shares: @escaping @Sendable () -> (telephony: [String: Int], changedAt: Int64?)?,
        wall: @escaping @Sendable () -> Int64 = { Timestamp.now.milliseconds }, tell: @escaping @Sendable (Volume) -> Void
    ) {
        self.region = region
        self.peer = peer
        self.reader = reader
        self.replication = replication
        self.lag = lag
        self.shares = shares
        self.wall = wall
        self.tell = tell
    }

    /// As it was last read.
    func minutes(_ range: Range<Int64>) -> [Landing.Minute] {
        state.withLock { $0.history }.minutes(gaining: region, losing: peer, in: range)
    }

    func look(now: Int64) -> SignalLook {
        let time = wall()
        let next = now + TrafficWatch.paceMilliseconds
        do throws(StoreError) {
            try read(at: time)
        } catch {
            return SignalLook(both { unknown($0, "\(error)", now) }, nextAt: next)
        }
        let history = state.withLock { $0.history }
        let shares = shares()
        let watches = [region, peer].map { each in
            TrafficWatch(
                of: each, peer: each == region ? peer : region, history,
                share: shares.flatMap { found in
                    found.telephony[each].map { TrafficWatch.Share(percent: $0, changed: found.changedAt) }
                }, delay: each == peer ? TrafficWatch.delay(ofPeer: replication()) : TrafficWatch.countedMilliseconds,
                wall: time)
        }
        if let starts = watches[1].startsExpected { tell(Volume(starts: starts, agents: nil, observedAt: now)) }
        var signals = zip([region, peer], watches).map { $1.signal(of: $0, isOwn: $0 == region, now: now) }
        if !isUpToDate { signals[0] = unknown(region, "this worker is behind, or it is not known how far", now) }
        return SignalLook(signals, nextAt: next)
    }

    private var isUpToDate: Bool { lag().map { $0 <= StartsSource.lagMax } ?? false }

    private func both(_ body: (String) -> Signal) -> [Signal] { [region, peer].map(body) }

    private func unknown(_ region: String, _ why: String, _ now: Int64) -> Signal {
        Signal(
            source: region == self.region ? "contact-starts" : "contact-starts-replicated", kind: .traffic, region: region,
            state: .unknown, path: region == self.region ? SignalPath(.ownStreams) : SignalPath(.counted), observedAt: now,
            evidence: why)
    }

    /// The hours that are needed and not known for good, the newest first.
    private func read(at time: Int64) throws(StoreError) {
        let hours = TrafficExpectation.hoursNeeded(at: time).reversed()
        let wanted = state.withLock { state in
            hours.flatMap { hour in
                [region, peer].map { VolumeID(region: $0, channel: TrafficWatch.channel, at: Timestamp(milliseconds: hour)) }
            }.filter { !state.settled.contains($0) }
        }
        for id in wanted.prefix(StartsSource.readsMax) {
            var minutes: [Int]?
            try reader.read(.volume, id.text) { _, entity in minutes = VolumeState.minutes(entity) }
            let isOver = time - id.hour.milliseconds > VolumeID.millisecondsAnHour + StartsSource.settledMilliseconds
            state.withLock { state in
                if let minutes { state.history.take(region: id.region, hour: id.hour.milliseconds, minutes: minutes) }
                if isOver {
                    if state.settled.count > StartHistory.hoursMax { state.settled.removeAll() }
                    state.settled.insert(id)
                }
            }
        }
    }
}
