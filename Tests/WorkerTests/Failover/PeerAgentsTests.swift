import AWS
import ContactCenter
import EngineCore
import FailoverCore
import Lattice
import Platform
import Servers
import Synchronization
import TestSupport
import Testing

@testable import Failover
@testable import Storage
@testable import Worker

@Suite("the other Region's agents, out of the tables", .waiting(minutes: 5))
struct PeerAgentsTests {
    private func row(_ number: Int, region: StaticString, seen: Int64, of kind: EntityKind = .agent) -> RowBatch {
        var key = ByteBuffer()
        var entity = ByteBuffer()
        key.append(kind.rawValue)
        key.append("account/instance/\(number)")
        let stamp = Stamp(time: Timestamp(milliseconds: seen))
        var writer = EntityWriter(&entity)
        writer.lastWriterWins(
            &entity, "presence/", segment: region.view, stamp: stamp, value: StaticString("\"LOGIN\"").view)
        writer.extremum(
            &entity, "seen/", segment: region.view, rule: .max, measure: seen, stamp: stamp,
            value: StaticString("null").view)
        writer.finish(&entity)
        let batch = RowBatch()
        batch.append(
            key: key.bytes, entity: entity.bytes, revision: Revision(writer: 1, count: 1))
        return batch
    }

    @Test("rows that the other Region's workers wrote tell of its agents; a table that is not there tells of nothing")
    func read() throws {
        let emulator = try Emulator()
        let session = try AWSSession(Environment(emulator.environment(region: "us-east-1")))
        let client = try session.client(.dynamoDB)
        for kind in EntityKind.allCases {
            try client.perform(
                DynamoDB.CreateTable(
                    DynamoDBStore.table(kind, prefix: "test"), [.keys(partition: "pk", sort: "sk"), .onDemand]))
        }
        let store = try DynamoDBStore(session, prefix: "test")
        let start: Int64 = 1_800_000_000_000
        let rows = (0..<12).map { row($0, region: "us-east-1", seen: start + ($0 < 7 ? 0 : 400_000)) }
        #expect(try store.write(Flush(rows: rows, checkpoints: [])) == nil)

        func signal(peer: String, prefix: String) throws -> (Signal, Volume?) {
            let sights = WorkerSights(region: "us-west-2", peer: peer, now: { 1_000 })
            let link = ReplicationLink(from: peer, to: "us-west-2", lagMilliseconds: 500, clockOffsetMilliseconds: 0...100)
            let sources = sights.sources(
                SignalSettings(), delay: 60_000, lag: { 0 }, canary: { [link] },
                tables: try WorkerSights.reader(session, prefix: prefix))
            let source = try #require(sources.last)
            #expect(source.name == "heartbeats/\(peer)")
            return (try #require(source.look(now: 1_000).signals.first), sights.peerAgents)
        }
        let (silent, online) = try signal(peer: "us-east-1", prefix: "test")
        #expect(silent.state == .unhealthy)
        #expect(silent.evidence == "of 12 agents online, 7 are overdue with their heartbeat")
        #expect(silent.region == "us-east-1" && silent.path == SignalPath(.counted))
        #expect(online == Volume(starts: nil, agents: 12, observedAt: 1_000))
        // Rows of other Regions are passed over.
        let (others, none) = try signal(peer: "eu-west-1", prefix: "test")
        #expect(others.state == .unknown && none == nil)
        // Without a worker the same rows tell of the own Region, as far as its workers are known to be up to date.
        for (lag, expected) in [(nil, .unknown), (70_000, .unknown), (0, .unhealthy)] as [(Int64?, SignalState)] {
            let sights = WorkerSights(region: "us-east-1", peer: "us-west-2", isAlone: true, now: { 1_000 })
            let sources = sights.sources(
                SignalSettings(), delay: 60_000, lag: { lag }, canary: { [] },
                tables: try WorkerSights.reader(session, prefix: "test"))
            #expect(sources.map(\.name) == ["canary", "heartbeats/us-west-2"])
            let signals = try #require(sources.last?.look(now: 1_000).signals)
            #expect(signals.map(\.region) == ["us-west-2", "us-east-1"])
            #expect(signals.map(\.state) == [.unknown, expected], "\(signals)")
            #expect(signals[1].path == SignalPath(.ownStreams))
        }
        let (missing, _) = try signal(peer: "us-east-1", prefix: "absent")
        #expect(missing.state == .unknown)
        #expect(missing.evidence.hasPrefix("the other Region's agents cannot be read: "))
    }
}
