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
        let store = WatchedStore(MemoryStore()) { sights.take($0) }
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
        #expect(sights.peerAgents == nil)
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

    /// A customer's call that began in the west at `at`, as often as it is written.
    private func call(_ number: Int, at: Int64, told region: StaticString = "us-west-2") -> RowBatch {
        batch(.contact, "call-\(number)") { writer, buffer, stamp in
            var stamp = stamp
            stamp.region = region.view
            writer.lastWriterWins(&buffer, "event/channel", stamp: stamp, value: StaticString("\"VOICE\"").view)
            writer.lastWriterWins(&buffer, "event/initiationMethod", stamp: stamp, value: StaticString("\"INBOUND\"").view)
            writer.extremum(
                &buffer, "milestone/INITIATED", rule: .max, measure: at, stamp: stamp, value: StaticString("null").view)
        }
    }

    @Test("a contact that began in this Region is the newest that was heard of, one of the other Region is not")
    func newestContact() throws {
        let clock = Clock()
        let sights = WorkerSights(region: "us-west-2", peer: "us-east-1", now: { clock.now })
        let store = WatchedStore(MemoryStore()) { sights.take($0) }
        let wall = Timestamp.now.milliseconds
        #expect(sights.landing.newestStart == nil)
        _ = try store.write(Flush(rows: [call(1, at: wall - 5_000, told: "us-east-1")], checkpoints: []))
        #expect(sights.landing.newestStart == nil)
        // One is looked at each second.
        clock.set(1_000)
        _ = try store.write(Flush(rows: [call(2, at: wall - 9_000), call(3, at: wall - 4_000)], checkpoints: []))
        #expect(sights.landing.newestStart == wall - 9_000)
        clock.set(2_000)
        for _ in 0..<2 { _ = try store.write(Flush(rows: [call(4, at: wall - 4_000)], checkpoints: [])) }
        #expect(sights.landing.newestStart == wall - 4_000)
    }

    @Test("the rows of both Regions say who is online there, who is available here, and how new the newest of theirs is")
    func landingLook() {
        func agent(_ number: Int, _ region: StaticString, seen: Int64, status: StaticString) -> RowBatch {
            batch(.agent, "account/instance/\(number)") { writer, buffer, stamp in
                writer.lastWriterWins(
                    &buffer, "presence/", segment: region.view, stamp: stamp,
                    value: ("\(status)" == "OFFLINE" ? StaticString("\"LOGOUT\"") : "\"LOGIN\"").view)
                writer.extremum(
                    &buffer, "seen/", segment: region.view, rule: .max, measure: Self.start + seen, stamp: stamp,
                    value: StaticString("null").view)
                var snapshot = ByteBuffer()
                snapshot.append("{\"AgentStatus\":{\"Type\":\"\(status)\"}}")
                writer.lastWriterWins(&buffer, "snapshot/", segment: region.view, stamp: stamp, value: snapshot.bytes)
            }
        }
        var look = LandingLook(own: "us-west-2", peer: "us-east-1")
        let rows: [(StaticString, Int, Int64, StaticString)] = [
            ("us-east-1", 1, 9_000, "ROUTABLE"), ("us-east-1", 2, 4_000, "CUSTOM"),
            // Went home without a word.
            ("us-east-1", 3, -1_900_000, "ROUTABLE"), ("us-east-1", 5, 8_000, "OFFLINE"),
            ("us-west-2", 1, 70_000, "ROUTABLE"), ("us-west-2", 2, 80_000, "CUSTOM"), ("eu-west-2", 4, 90_000, "ROUTABLE"),
        ]
        var ids: [Int: UInt64] = [:]
        for (region, number, seen, status) in rows {
            for row in agent(number, region, seen: seen, status: status) {
                ids[number] = EntityKey(row.key).id.hash64
                look.take(EntityKey(row.key), EntityView(row.entity), of: "\(region)")
            }
        }
        let found = look.look
        #expect(found.newestFact == Self.start + 9_000)
        #expect(found.online == Set([ids[1], ids[2]].compactMap { $0 }))
        #expect(found.left == ids[5].map { [$0: Self.start] })
        #expect(found.available.map(\.agent) == [ids[1]].compactMap { $0 })
        #expect(found.available.map(\.since) == [Self.start])
    }
}
