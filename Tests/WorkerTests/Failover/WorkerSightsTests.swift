import ContactCenter
import EngineCore
import FailoverCore
import Lattice
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Failover
@testable import Storage
@testable import Worker

@Suite("what a worker sees of both Regions by itself", .limited)
struct WorkerSightsTests {
    private static let start: Int64 = 1_800_000_000_000

    /// A batch of one row; its registers are told by `tell`.
    private func batch(_ kind: EntityKind, _ id: String, _ tell: (inout EntityWriter, inout ByteBuffer, Stamp) -> Void)
        -> RowBatch
    {
        var key = ByteBuffer()
        var entity = ByteBuffer()
        var empty = ByteBuffer()
        key.append(kind.rawValue)
        key.append(id)
        empty.append("")
        let form = [UInt8]().withUnsafeBytes { EventID.pack($0, into: &empty) }
        let stamp = Stamp(
            time: Timestamp(milliseconds: Self.start), rank: 0, region: StaticString("us-west-2").view,
            id: EventID(form: form, bytes: empty.bytes))
        var writer = EntityWriter(&entity)
        tell(&writer, &entity, stamp)
        writer.finish(&entity)
        let batch = RowBatch()
        batch.append(key: key.bytes, entity: entity.bytes)
        return batch
    }

    private func agent(_ number: Int, seen: Int64, word: StaticString = "\"LOGIN\"") -> RowBatch {
        batch(.agent, "account/instance/\(number)") { writer, buffer, stamp in
            let region = StaticString("us-west-2").view
            writer.lastWriterWins(&buffer, "presence/", segment: region, stamp: stamp, value: word.view)
            writer.extremum(
                &buffer, "seen/", segment: region, rule: .max, measure: Self.start + seen, stamp: stamp,
                value: StaticString("null").view)
        }
    }

    private func contact(_ number: Int, origin: StaticString) -> RowBatch {
        batch(.contact, "contact-\(number)") { writer, buffer, stamp in
            writer.lastWriterWins(&buffer, "event/globalResiliency", stamp: stamp, value: origin.view)
        }
    }

    private final class Clock: Sendable {
        private let time = Mutex(Int64(0))
        var now: Int64 { time.withLock { $0 } }
        func set(_ now: Int64) { time.withLock { $0 = now } }
    }

    private func signals(
        _ sights: WorkerSights, _ clock: Clock, global: Bool = false, lag: Int64? = 0, _ links: [ReplicationLink] = []
    ) -> [SignalKind: Signal] {
        var settings = SignalSettings()
        settings.hasGlobalRouting = global
        let sources = sights.sources(settings, delay: 60_000, lag: { lag }, canary: { links }, tables: nil)
        let signals = sources.flatMap { $0.look(now: clock.now).signals }
        return Dictionary(uniqueKeysWithValues: signals.map { ($0.kind, $0) })
    }

    @Test("agents whose rows are written are heard of, and overdue when none is written any more")
    func agents() throws {
        let clock = Clock()
        let sights = WorkerSights(region: "us-west-2", peer: "us-east-1", now: { clock.now })
        let store = SightedStore(MemoryStore(), sights)
        #expect(signals(sights, clock)[.agents]?.state == .unknown)
        _ = try store.write(Flush(rows: (0..<10).map { agent($0, seen: 0) }, checkpoints: []))
        #expect(signals(sights, clock)[.agents]?.state == .healthy)
        clock.set(180_000 + 5_001)
        let silent = try #require(signals(sights, clock)[.agents])
        #expect(silent.state == .unhealthy && silent.region == "us-west-2")
        #expect(silent.evidence == "of 10 agents online, 10 are overdue with their heartbeat")
        #expect(signals(sights, clock, lag: nil)[.agents]?.state == .unknown)
        // They are heard of again, but for those who log out.
        _ = try store.write(
            Flush(rows: (0..<10).map { agent($0, seen: 185_000, word: $0 < 3 ? "\"LOGOUT\"" : "\"LOGIN\"") }, checkpoints: []))
        let heard = try #require(signals(sights, clock)[.agents])
        #expect(heard.state == .healthy)
        #expect(heard.evidence == "of 7 agents online, 0 are overdue with their heartbeat")
        #expect(sights.peerAgentsOnline == 0)
    }

    @Test("the canary's link from the other Region becomes its signal, the clocks' difference taken off")
    func canary() {
        let clock = Clock()
        let sights = WorkerSights(region: "us-west-2", peer: "us-east-1", now: { clock.now })
        func link(_ lag: Int64, from: String = "us-east-1") -> ReplicationLink {
            ReplicationLink(from: from, to: "us-west-2", lagMilliseconds: lag, clockOffsetMilliseconds: 299_000...300_000)
        }
        #expect(signals(sights, clock)[.replication]?.state == .unknown)
        #expect(signals(sights, clock, [link(300_900)])[.replication]?.state == .healthy)
        #expect(signals(sights, clock, [link(330_000)])[.replication]?.state == .unhealthy)
        #expect(signals(sights, clock, [link(330_000, from: "eu-west-1")])[.replication]?.state == .unknown)
    }

    @Test("contacts that began in the other Region are its events here, where the pair has global routing")
    func events() {
        let clock = Clock()
        let sights = WorkerSights(region: "us-west-2", peer: "us-east-1", now: { clock.now })
        let (there, here): (StaticString, StaticString) = (
            #"{"activeRegion":"us-west-2","originRegion":"us-east-1","trafficDistributionGroupId":null}"#,
            #"{"activeRegion":"us-west-2","originRegion":"us-west-2","trafficDistributionGroupId":null}"#
        )
        for minute in 0..<15 {
            clock.set(Int64(minute) * 60_000)
            for number in 0..<10 {
                sights.take([contact(number, origin: here)])
                if minute < 13 { sights.take([contact(100 + number, origin: there)]) }
            }
        }
        #expect(signals(sights, clock, global: false)[.events] == nil)
        #expect(signals(sights, clock, global: true)[.events]?.state == .healthy)
        clock.set(15 * 60_000)
        let silent = signals(sights, clock, global: true)[.events]
        #expect(silent?.state == .unhealthy, "\(String(describing: silent?.evidence))")
    }
}
