import ContactCenter
import Lattice
import TestSupport
import Testing

@testable import EngineCore
@testable import Platform

@Suite("refreshes", .limited)
struct RefreshTests {
    private let shard = Shard(index: 0, writer: 1, refreshInterval: 60_000)

    /// A register of one agent.
    private func told(_ path: StaticString, _ value: StaticString, at time: Int64, measure: Bool = false) -> [UInt8] {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        let stamp = Stamp(time: Timestamp(milliseconds: time))
        if measure {
            writer.extremum(&buffer, path, rule: .max, measure: time, stamp: stamp, value: value.view)
        } else {
            writer.lastWriterWins(&buffer, path, stamp: stamp, value: value.view)
        }
        writer.finish(&buffer)
        return buffer.array
    }

    private func merge(_ told: [UInt8], kind: EntityKind = .agent, id: String = "1") {
        let key = [kind.rawValue] + Array(id.utf8)
        key.withUnsafeBytes { key in told.withUnsafeBytes { _ = shard.merge(key, hash: key.hash64, EntityView($0)) } }
    }

    /// That a contact was started, by its hash.
    private func start(_ hash: UInt64, id: String = "east", in shard: Shard? = nil) {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        writer.sketch(
            &buffer, "starts/", segment: StaticString("05").view, stamp: Stamp(time: Timestamp(milliseconds: 0)), hash: hash)
        writer.finish(&buffer)
        let key = [EntityKind.volume.rawValue] + Array(id.utf8)
        key.withUnsafeBytes { _ = (shard ?? self.shard).merge($0, hash: $0.hash64, EntityView(buffer.bytes)) }
    }

    /// How many rows a flush that begins then writes.
    private func flush(at began: Int64, all: Bool = false) -> Int {
        let rows = RowBatch()
        shard.gather(began: began, all: all)
        shard.takeRows(into: rows)
        return rows.count
    }

    private func heartbeat(at time: Int64) {
        merge(told("seen/us-east-1", "null", at: time, measure: true))
        merge(told("snapshot/us-east-1", "{}", at: time))
    }

    @Test("any number of heartbeats in the interval costs one write")
    func waits() {
        heartbeat(at: 1)
        #expect(flush(at: 0) == 1)
        for time in 2..<40 { heartbeat(at: Int64(time)) }
        #expect(shard.refreshCount > 0 && shard.dirtyBytes == 0)
        #expect(flush(at: 1_000) == 0)
        heartbeat(at: 50)
        #expect(flush(at: 60_999) == 0)
        #expect(flush(at: 61_000) == 1 && shard.refreshCount == 0)
        #expect(flush(at: 200_000) == 0)
    }

    @Test("any other change, such as a new value, a new register or a smaller minimum, writes waiting refreshes with it")
    func carried() {
        heartbeat(at: 1)
        #expect(flush(at: 0) == 1)
        heartbeat(at: 2)
        #expect(flush(at: 0) == 0)
        merge(told("snapshot/us-east-1", "{\"a\":1}", at: 3))
        #expect(shard.refreshCount == 0 && flush(at: 0) == 1)
        merge(told("presence/us-east-1", "\"LOGOUT\"", at: 4))
        #expect(flush(at: 0) == 1)
        #expect(flush(at: 200_000) == 0, "what was refreshed before is written")
    }

    @Test(
        "entities that wait are counted, however often they are refreshed, and a row tells whether only refreshes are new in it"
    )
    func counted() {
        func seen(_ id: String, at time: Int64) {
            merge(told("seen/us-east-1", "null", at: time, measure: true), id: id)
        }
        func says(_ id: String, _ presence: StaticString, at time: Int64) {
            merge(told("presence/us-east-1", presence, at: time), id: id)
        }
        func taken(at began: Int64) -> [String: Bool] {
            let rows = RowBatch()
            shard.gather(began: began, all: false)
            shard.takeRows(into: rows)
            return rows.reduce(into: [:]) { $0[String(decoding: $1.key.dropFirst(), as: UTF8.self)] = $1.isRefresh }
        }
        for id in ["1", "2", "3"] { says(id, "\"LOGIN\"", at: 1) }
        #expect(taken(at: 0) == ["1": false, "2": false, "3": false])
        for time in 2..<5 { for id in ["1", "2", "3"] { seen(id, at: Int64(time)) } }
        #expect(shard.refreshCount == 3)
        says("2", "\"LOGOUT\"", at: 9)
        #expect(shard.refreshCount == 2, "one that changes waits no longer")
        #expect(taken(at: 1_000) == ["2": false] && shard.refreshCount == 2)
        #expect(taken(at: 61_000) == ["1": true, "3": true] && shard.refreshCount == 0)
        seen("1", at: 80)
        #expect(shard.refreshCount == 1 && taken(at: 130_000) == [:])
        says("3", "\"LOGOUT\"", at: 90)
        #expect(taken(at: 190_000) == ["1": true, "3": false])
        says("1", "\"LOGOUT\"", at: 100)
        #expect(taken(at: 190_001) == ["1": false] && shard.refreshCount == 0)
    }

    @Test("what a snapshot says of a contact waits, new or changed; a contact event is written at once and carries it")
    func contacts() {
        merge(told("seen/QUEUED", "null", at: 1, measure: true), kind: .contact)
        #expect(flush(at: 0) == 1)
        for (time, path, value) in [
            (2, "agent/1%2Fi%2Fann", "{}"), (3, "agent/1%2Fi%2Fann", "{\"state\":\"LEFT\"}"), (4, "agent/1%2Fi%2Fbob", "{}"),
        ] as [(Int64, StaticString, StaticString)] {
            merge(told(path, value, at: time), kind: .contact)
            #expect(flush(at: 0) == 0, "\(path) \(value)")
        }
        merge(told("connected/1%2Fi%2Fann", "null", at: 2, measure: true), kind: .contact)
        #expect(flush(at: 0) == 0 && shard.refreshCount > 0)
        merge(told("seen/QUEUED", "null", at: 2, measure: true), kind: .contact)
        #expect(flush(at: 0) == 1 && shard.refreshCount == 0)
        #expect(flush(at: 200_000) == 0, "it went with the event")
    }

    @Test("in every kind a newer stamp of a greatest time waits, and a later greatest time does not")
    func stamps() {
        func lastContact(at time: Int64, stamp: Int64) -> [UInt8] {
            var buffer = ByteBuffer()
            var writer = EntityWriter(&buffer)
            writer.extremum(
                &buffer, "lastContact/event", rule: .max, measure: time, stamp: Stamp(time: Timestamp(milliseconds: stamp)),
                value: StaticString("{}").view)
            writer.finish(&buffer)
            return buffer.array
        }
        merge(lastContact(at: 1, stamp: 1), kind: .customer)
        #expect(flush(at: 0) == 1)
        merge(lastContact(at: 1, stamp: 2), kind: .customer)
        #expect(flush(at: 0) == 0 && shard.refreshCount > 0)
        merge(lastContact(at: 2, stamp: 3), kind: .customer)
        #expect(flush(at: 0) == 1 && shard.refreshCount == 0)
    }

    @Test("starts of contacts wait ten seconds and no longer, all of them together, and the shard says until when")
    func shortly() {
        start(1 << 58)
        #expect(shard.refreshCount == 1 && shard.dirtyBytes == 0 && shard.shortWaitDue == nil, "no flush has left it waiting")
        #expect(flush(at: 1_000) == 0 && shard.shortWaitDue == 11_000)
        start(1 << 58, id: "west")
        for hash in 2..<20 { start(UInt64(hash) << 58) }
        heartbeat(at: 1)
        #expect(flush(at: 5_000) == 1, "the agent is new, and the volumes wait on")
        heartbeat(at: 2)
        #expect(flush(at: 10_999) == 0 && shard.refreshCount == 3)
        #expect(flush(at: 11_000) == 2 && shard.refreshCount == 1 && shard.shortWaitDue == nil)
        start(1 << 58)
        #expect(flush(at: 30_000) == 0 && shard.shortWaitDue == nil, "it was told before")
        start(30 << 58)
        #expect(flush(at: 40_000) == 0 && shard.shortWaitDue == 50_000)
        #expect(flush(at: 40_001, all: true) == 2 && shard.refreshCount == 0 && shard.shortWaitDue == nil)
        start(31 << 58)
        #expect(flush(at: 40_002) == 0 && flush(at: 50_001) == 0 && flush(at: 50_002) == 1)
    }

    @Test("where refreshes may wait less than ten seconds, so may starts")
    func shorter() {
        let shard = Shard(index: 0, writer: 1, refreshInterval: 2_000)
        start(1, in: shard)
        shard.gather(began: 100, all: false)
        shard.takeRows(into: RowBatch())
        #expect(shard.shortWaitDue == 2_100)
    }

    @Test("a contact that only snapshots have told of waits, and its row is read before it is written")
    func firstMention() {
        let shard = Shard(index: 0, storeMayHoldRows: true, writer: 1, refreshInterval: 60_000)
        let key = [EntityKind.contact.rawValue] + Array("1".utf8)
        func merge(_ told: [UInt8]) {
            key.withUnsafeBytes { key in told.withUnsafeBytes { _ = shard.merge(key, hash: key.hash64, EntityView($0)) } }
        }
        merge(told("agent/1%2Fi%2Fann", "{}", at: 1))
        #expect(shard.refreshCount > 0 && shard.dirtyBytes == 0)
        shard.gather(began: 0, all: false)
        #expect(shard.coldKeys == nil)
        shard.takeRows(into: RowBatch())
        merge(told("agent/1%2Fi%2Fann", "{\"state\":\"LEFT\"}", at: 2))
        shard.evict(to: 0)
        #expect(shard.entityCount == 1, "what waits is not evicted")

        shard.gather(began: 60_000, all: false)
        #expect(shard.coldKeys?.count == 1 && shard.refreshCount == 0)
        told("seen/QUEUED", "null", at: 1, measure: true).withUnsafeBytes {
            shard.load(0, $0, Revision(writer: 2, count: 7))
        }
        let rows = RowBatch()
        shard.takeRows(into: rows)
        #expect(rows.map(\.expected) == [Revision(writer: 2, count: 7)])
        #expect(rows.map { EntityView($0.entity).count } == [2])
    }

    @Test("a contact that only snapshots have told of is written at once when a contact event tells of it")
    func firstEvent() {
        merge(told("agent/1%2Fi%2Fann", "{}", at: 1), kind: .contact)
        #expect(flush(at: 0) == 0)
        merge(told("seen/QUEUED", "null", at: 1, measure: true), kind: .contact)
        #expect(flush(at: 1) == 1 && shard.refreshCount == 0 && flush(at: 200_000) == 0)
    }

    @Test("a line of a state file that tells of a new contact also what contact events say is written at once")
    func stateLine() {
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        let stamp = Stamp(time: Timestamp(milliseconds: 1))
        writer.lastWriterWins(&buffer, "agent/1%2Fi%2Fann", stamp: stamp, value: StaticString("{}").view)
        writer.lastWriterWins(&buffer, "event/channel", stamp: stamp, value: StaticString("\"VOICE\"").view)
        writer.finish(&buffer)
        merge(buffer.array, kind: .contact)
        #expect(flush(at: 0) == 1)
    }

    @Test("what was written otherwise and is refreshed again waits the whole interval anew, however often flushes start")
    func again() {
        heartbeat(at: 1)
        #expect(flush(at: 0) == 1)
        heartbeat(at: 2)
        #expect(flush(at: 0) == 0)
        merge(told("presence/us-east-1", "\"LOGIN\"", at: 3))
        #expect(flush(at: 30_000) == 1)
        heartbeat(at: 4)
        #expect(flush(at: 30_000) == 0)
        #expect(flush(at: 60_000) == 0 && shard.refreshCount > 0)
        #expect(flush(at: 90_000) == 1)
    }

    @Test("what waits at many flushes waits in few runs, and each of it little less than the interval, never more")
    func runs() {
        var written = 0
        let runsMax = Int(HeldCommits.partsOfInterval) + 1
        for number in 0..<10_000 {
            let time = Int64(number) * 20
            merge(told("agent/1%2Fi%2Fann", "{}", at: time), kind: .contact, id: "\(number)")
            written += flush(at: time)
            let dueBy = { (waited: Int64) in time < waited ? 0 : Int((time - waited) / 20) + 1 }
            #expect(shard.refreshes.count <= runsMax)
            #expect(written >= dueBy(60_000) && written <= dueBy(60_000 - 60_000 / HeldCommits.partsOfInterval))
        }
    }

    /// An event of an agent who talks, and whose status was told before.
    private func event(_ type: String, at time: String, id: Int) -> String {
        let instance = "arn:aws:connect:us-east-1:111122223333:instance/inst"
        return """
            {"AgentARN":"\(instance)/agent/ann","CurrentAgentSnapshot":{"AgentStatus":{"Name":"Available",\
            "StartTimestamp":"2026-03-02T09:00:00.000Z","Type":"ROUTABLE"},"Configuration":{"Username":"ann"},\
            "Contacts":[{"Channel":"VOICE","ConnectedToAgentTimestamp":"2026-03-02T13:58:00.000Z","ContactId":"c1",\
            "State":"CONNECTED","StateStartTimestamp":"2026-03-02T13:58:00.000Z"}]},"EventId":"e\(id)",\
            "EventTimestamp":"2026-03-02T\(time).000Z","EventType":"\(type)","InstanceARN":"\(instance)"}
            """
    }

    @Test(
        "a heartbeat that repeats status and contacts writes neither the agent nor a contact before the end of the interval"
    )
    func events() {
        let decoder = RecordDecoder()
        let batch = MutationBatch(sliceCount: 1)
        func tell(_ type: String, at time: String, id: Int) {
            batch.removeAll()
            Array(event(type, at: time, id: id).utf8).withUnsafeBytes {
                decoder.decode($0, arrival: nil, index: 0, into: batch)
            }
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { shard.apply(batch, changed: $0) }
        }
        tell("STATE_CHANGE", at: "13:58:00", id: 1)
        #expect(flush(at: 0) == 2, "the agent and the username; the contact waits")
        for beat in 0..<5 {
            tell("HEART_BEAT", at: "14:0\(beat * 2):00", id: 2 + beat)
            #expect(flush(at: Int64(beat)) == 0)
        }
        #expect(shard.refreshCount > 0 && flush(at: 60_004) == 2)
    }

    @Test("refreshes do not wait at the end, before a partition is released, or beyond their size limit")
    func all() {
        heartbeat(at: 1)
        #expect(flush(at: 0) == 1)
        heartbeat(at: 2)
        #expect(flush(at: 0, all: true) == 1)
    }

    @Test("an entity with a waiting refresh is not evicted")
    func evicted() {
        heartbeat(at: 1)
        #expect(flush(at: 0) == 1)
        heartbeat(at: 2)
        #expect(flush(at: 0) == 0)
        shard.evict(to: 1)
        #expect(shard.entityCount == 1 && flush(at: 60_000) == 1)
        shard.evict(to: 1)
        #expect(shard.entityCount == 0)
    }

    /// Reads a block of no records, and flushes. Returns what is committed then.
    private func commits(_ core: inout PipelineCore, block number: Int, isLast: Bool, now: Int64) -> [CheckpointLedger.Sealed] {
        guard case .read(let ticket) = core.pollShard(0, now: now).work else { return [] }
        let block = RecordBlock(capacity: 1)
        (block.partition, block.sequence, block.isLast) = (0, number, isLast)
        block.end = Position(offset: number, ordinal: 0)
        ticket.decode(block, with: RecordDecoder(), now: nil)
        _ = core.decoded(ticket)
        guard case .gather(let gathering) = core.pollShard(0, now: now).work else { return [] }
        let rows = RowBatch()
        shard.gather(began: gathering.began, all: gathering.all)
        shard.takeRows(into: rows)
        _ = core.gathered(shard, rows: rows)
        while true {
            let step = core.pollFlush(now: now) {
                Checkpoint(partition: Partition(source: "test", stream: "a"), position: $0.position, ended: $0.ended)
            }
            switch step.work {
            case .secure: _ = core.secured()
            case .write: _ = core.wrote(refused: nil, now: now)
            case .wait, .done: return commit(&core, now: now)
            }
        }
    }

    /// What the commit that is due commits.
    private func commit(_ core: inout PipelineCore, now: Int64) -> [CheckpointLedger.Sealed] {
        var committed: [CheckpointLedger.Sealed] = []
        while true {
            switch core.pollCommit(now: now).work {
            case .confirm: _ = core.confirmed(epoch: "first", now: now)
            case .commit(let sealed, _):
                committed = sealed
                _ = core.committed(now: now)
            case .wait, .done: return committed
            }
        }
    }

    @Test("positions behind a contact that only a snapshot has told of are committed once it is written")
    func mention() {
        let options = PipelineOptions(shards: 1, planner: FlushPlanner(flushInterval: 100), refreshInterval: 60_000)
        var core = PipelineCore(options: options, flushes: true)
        merge(told("agent/1%2Fi%2Fann", "{}", at: 1), kind: .contact)
        #expect(commits(&core, block: 0, isLast: false, now: 1_000).isEmpty)
        #expect(commits(&core, block: 1, isLast: false, now: 60_999).isEmpty && shard.refreshCount > 0)
        #expect(commits(&core, now: 61_100)?.map(\.position.offset) == [1])
        #expect(shard.refreshCount == 0)
    }

    @Test(
        "starts of contacts are written ten seconds later, though nothing else happens, and their positions committed with them"
    )
    func startsAlone() {
        let options = PipelineOptions(shards: 1, planner: FlushPlanner(flushInterval: 100), refreshInterval: 60_000)
        var core = PipelineCore(options: options, flushes: true)
        start(1)
        #expect(commits(&core, block: 0, isLast: false, now: 1_000).isEmpty && shard.shortWaitDue == 11_000)
        #expect(core.due == 11_000 && shard.refreshCount == 1)
        #expect(commits(&core, now: 11_000)?.map(\.position.offset) == [0])
        #expect(shard.refreshCount == 0 && core.isClean)
    }

    @Test("the end of a partition does not wait for refreshes: the first flush after it commits it and all delayed positions")
    func end() {
        let options = PipelineOptions(shards: 1, planner: FlushPlanner(flushInterval: 100), refreshInterval: 60_000)
        var core = PipelineCore(options: options, flushes: true, epoch: "first")
        heartbeat(at: 1)
        #expect(commits(&core, block: 0, isLast: false, now: 1_000).map(\.position) == [Position(offset: 0, ordinal: 0)])
        heartbeat(at: 2)
        #expect(commits(&core, block: 1, isLast: false, now: 2_000).isEmpty)
        heartbeat(at: 3)
        let last = CheckpointLedger.Sealed(partition: 0, position: Position(offset: 2, ordinal: 0), ended: true)
        #expect(commits(&core, block: 2, isLast: true, now: 3_000) == [last])
        #expect(core.isClean && shard.refreshCount == 0)
    }

    @Test("delayed positions are released in order, the latest of each partition, and never of a dropped partition")
    func held() {
        var held = HeldCommits()
        func sealed(_ partition: Int, _ offset: Int) -> CheckpointLedger.Sealed {
            .init(partition: partition, position: Position(offset: offset, ordinal: 0), ended: false)
        }
        held.hold([sealed(1, 10), sealed(2, 10)], began: 100, interval: 60)
        held.hold([sealed(1, 20)], began: 200, interval: 60)
        held.hold([sealed(3, 5)], began: 300, interval: 60)
        #expect(held.due(after: 60) == 160 && held.contains(partition: 3))
        #expect(held.release(beganBy: 99).isEmpty)
        #expect(held.release(beganBy: 200) == [sealed(1, 20), sealed(2, 10)])
        held.drop(partition: 3)
        #expect(held.isEmpty)
        for time in 0..<10_000 { held.hold([sealed(time % 3, time)], began: Int64(time), interval: 60) }
        #expect(held.release(beganBy: .max) == [sealed(0, 9_999), sealed(1, 9_997), sealed(2, 9_998)])
    }

    @Test(
        "delayed positions are released soon after the interval, however often flushes start",
        arguments: [1, 2, 20, 100, 130, 500, 7_000] as [Int64])
    func heldLittleLonger(flushInterval: Int64) {
        var held = HeldCommits()
        var last = 0
        var (shortest, longest) = (Int.max, 0)
        for began in stride(from: 0, through: 200_000, by: Int(flushInterval)) {
            let sealed = CheckpointLedger.Sealed(partition: 0, position: Position(offset: began, ordinal: 0), ended: false)
            held.hold([sealed], began: Int64(began), interval: 60_000)
            if let released = held.release(beganBy: Int64(began) - 60_000).last {
                last = released.position.offset
                shortest = min(shortest, began - last)
            }
            longest = max(longest, began - last)
        }
        #expect(shortest >= 60_000)
        #expect(longest <= 60_000 + 60_000 / Int(HeldCommits.partsOfInterval) + 2 * Int(flushInterval))
    }

    @Test("the flush at the end of a partition writes all waiting refreshes")
    func ended() {
        heartbeat(at: 1)
        #expect(flush(at: 0) == 1)
        heartbeat(at: 2)
        let options = PipelineOptions(shards: 1, planner: FlushPlanner(flushInterval: 100), refreshInterval: 60_000)
        var core = PipelineCore(options: options, flushes: true)
        guard case .read(let ticket) = core.pollShard(0, now: 0).work else {
            Issue.record("does not read")
            return
        }
        let block = RecordBlock()
        block.isLast = true
        ticket.decode(block, with: RecordDecoder())
        _ = core.decoded(ticket)
        #expect(commits(&core, now: 1_000) == [.init(partition: 0, position: .beginning, ended: true)])
        #expect(core.isClean && shard.refreshCount == 0)
    }

    /// What the flush that is due commits.
    private func commits(_ core: inout PipelineCore, now: Int64) -> [CheckpointLedger.Sealed]? {
        guard case .gather(let gathering) = core.pollShard(0, now: now).work else { return nil }
        let rows = RowBatch()
        shard.gather(began: gathering.began, all: gathering.all)
        shard.takeRows(into: rows)
        _ = core.gathered(shard, rows: rows)
        while true {
            let step = core.pollFlush(now: now) {
                Checkpoint(
                    partition: Partition(source: "kinesis", stream: "s"), position: $0.position, ended: $0.ended)
            }
            switch step.work {
            case .secure: _ = core.secured()
            case .write: _ = core.wrote(refused: nil, now: now)
            case .wait, .done: return commit(&core, now: now)
            }
        }
    }
}
