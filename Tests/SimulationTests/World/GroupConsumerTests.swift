import EngineCore
import TestSupport
import Testing

@testable import Simulation

@Suite("a consumer of the simulated group", .limited)
struct GroupConsumerTests {
    /// Two streams under appends and resharding, and workers that read, commit, die and are started again.
    private final class Scene {
        struct Reader {
            let consumer: GroupConsumer
            /// What each claim handed over, by index: the ordinals, and how it ended.
            var read: [Int: [Int]] = [:]
            var sequences: [Int: Int] = [:]
            var ends: [Int: Position] = [:]
            var dropped: Set<Int> = []
        }

        let agenda = Agenda(start: 1_000_000)
        let weather: Weather
        var random: SeededRandom
        let streams: [StreamLog]
        let groups: [ConsumerGroup]
        private(set) var readers: [Reader] = []
        var alive: [Int] = []
        /// Stream, partition and ordinal of everything that was handed over.
        private(set) var delivered: Set<[Int]> = []
        private(set) var deliveries = 0
        private(set) var polls = 0
        /// What happened, in order.
        private(set) var log: [String] = []
        private let block = RecordBlock(capacity: 256)

        init(seed: UInt64, faults: [Fault] = Fault.allCases, isFenced: Bool? = nil) {
            weather = Weather(agenda: agenda, random: SeededRandom(seed: seed))
            for fault in faults { weather.add(Weather.Front(fault: fault, region: 0, start: 0, end: .max)) }
            random = SeededRandom(seed: seed + 1)
            streams = ["us-east-1/agent-events", "us-west-2/agent-events"].enumerated().map {
                StreamLog(name: $1, partitions: 2 + $0)
            }
            groups = streams.enumerated().map { [agenda, weather] in
                ConsumerGroup(
                    stream: $1, region: 0, agenda: agenda, weather: weather, seed: seed + UInt64($0) + 2, isFenced: isFenced)
            }
        }

        func start() {
            let number = readers.count
            let consumer = GroupConsumer(
                worker: number, groups: groups, region: 0, agenda: agenda, weather: weather, seed: random.next(),
                start: { $0?.position ?? .beginning })
            readers.append(Reader(consumer: consumer))
            alive.append(number)
            consumer.onRecords = { [unowned self] in drain(number) }
            consumer.onDrop = { [unowned self] in
                log.append("\(number) drops \($0)")
                readers[number].dropped.insert($0)
            }
            consumer.onRevoke = { [unowned self] index in
                commit(number, index)
                consumer.release(index)
            }
            beat(number)
        }

        private func beat(_ number: Int) {
            guard !readers[number].consumer.isClosed else { return }
            // A worker that is stopped for a while beats late.
            agenda.after(random.chance(0.03) ? Int64(random.between(5_000, 40_000)) : 3_000) { [unowned self] in beat(number) }
            readers[number].consumer.heartbeat()
        }

        func kill(inGoodOrder: Bool) {
            let number = alive.remove(at: random.below(alive.count))
            readers[number].consumer.close(inGoodOrder: inGoodOrder)
        }

        private func drain(_ number: Int) {
            let consumer = readers[number].consumer
            polls += 1
            while consumer.poll(into: block, maxRecords: 20) == .records {
                polls += 1
                take(number)
                if random.chance(0.3) || block.isLast { commit(number, block.partition) }
            }
        }

        private func take(_ number: Int) {
            let index = block.partition
            let partition = readers[number].consumer.partitions[index]
            let stream = streams.firstIndex { $0.name == partition.stream } ?? -1
            let shard = streams[stream].shards.firstIndex { $0.name == partition.name } ?? -1
            #expect(!readers[number].dropped.contains(index))
            #expect(block.sequence == readers[number].sequences[index, default: 0])
            readers[number].sequences[index] = block.sequence + 1
            var last = readers[number].ends[index]?.ordinal
            for record in block.records {
                #expect(last == nil || record.ordinal == (last ?? 0) + 1, "positions ascend without a gap")
                last = record.ordinal
                let bytes = [UInt8](block.bytes(of: record))
                #expect(streams[stream].record(shard, record.ordinal - 1).bytes == bytes)
                delivered.insert([stream, shard, record.ordinal])
                deliveries += 1
            }
            if let last { #expect(block.end.ordinal == last) }
            #expect(block.end >= readers[number].ends[index] ?? .beginning)
            if block.isLast { #expect(block.end.ordinal == streams[stream].shards[shard].records.count) }
            readers[number].ends[index] = block.end
            readers[number].read[index, default: []] += block.records.map(\.ordinal)
            log.append("\(number) \(index) \(partition.name) \(block.sequence) \(block.end.ordinal) \(block.isLast)")
        }

        private func commit(_ number: Int, _ index: Int) {
            guard let end = readers[number].ends[index] else { return }
            let isLast = block.partition == index && block.isLast && block.end == end
            let done = readers[number].consumer.commit(
                index, ConsumerGroup.Commit(position: end, ended: isLast, epoch: ""))
            log.append("\(number) commits \(index) \(end.ordinal) \(isLast) \(done)")
        }

        func feed(_ count: Int, every: Int64) {
            for number in 0..<count {
                agenda.after(Int64(number) * every) { [unowned self] in
                    let stream = streams[random.below(2)]
                    stream.append(
                        key: Array("\(random.below(100))".utf8), bytes: Array(repeating: 7, count: random.between(1, 90)),
                        arrival: agenda.now)
                    if random.chance(0.01) { stream.reshard(&random) }
                    if random.chance(0.003) {
                        stream.isReachable = false
                        agenda.after(5_000) { stream.isReachable = true }
                    }
                }
            }
        }

        func run(_ milliseconds: Int64) {
            let end = agenda.now + milliseconds
            agenda.at(end) {}
            while let next = agenda.next, next <= end { _ = agenda.step() }
        }

        /// Records that nobody was handed.
        var missing: [[Int]] {
            streams.enumerated().flatMap { place, stream in
                stream.shards.enumerated().flatMap { index, shard in
                    shard.records.indices.map { [place, index, $0 + 1] }.filter { !delivered.contains($0) }
                }
            }
        }
    }

    /// A run of ten minutes with deaths, and then time to recover.
    private func history(seed: UInt64) -> Scene {
        let scene = Scene(seed: seed)
        for _ in 0..<3 { scene.start() }
        scene.feed(3_000, every: 200)
        for _ in 0..<20 {
            scene.run(30_000)
            if scene.random.chance(0.5) {
                scene.kill(inGoodOrder: scene.random.chance(0.5))
                scene.start()
            }
        }
        scene.weather.heal()
        scene.run(400_000)
        return scene
    }

    @Test(
        "under all faults every record is delivered, and positions ascend within a claim",
        arguments: 1...12 as ClosedRange<UInt64>)
    func atLeastOnce(seed: UInt64) {
        let scene = history(seed: seed)
        #expect(scene.missing.isEmpty, "\(scene.missing.prefix(5))")
        #expect(scene.deliveries > scene.delivered.count, "some were delivered again")
        #expect(scene.streams.allSatisfy { $0.shards.count > 5 && $0.count > 1_000 })
    }

    @Test("equal seeds give equal histories")
    func determinism() {
        #expect(history(seed: 3).log == history(seed: 3).log)
        #expect(history(seed: 3).log != history(seed: 4).log)
    }

    @Test("without faults every record is delivered once, without delay")
    func exactlyOnce() {
        let scene = Scene(seed: 5, faults: [])
        scene.start()
        scene.run(10_000)
        for number in 0..<500 {
            scene.streams[number % 2].append(key: Array("\(number)".utf8), bytes: [1], arrival: scene.agenda.now)
            scene.run(0)
            #expect(scene.deliveries == number + 1)
        }
        #expect(scene.missing.isEmpty)
    }

    @Test(
        "delayed records are delivered even if nothing new arrives", arguments: [Fault.stall, .emptyPoll],
        1...6 as ClosedRange<UInt64>)
    func wakes(fault: Fault, seed: UInt64) {
        let scene = Scene(seed: seed, faults: [fault])
        for number in 0..<2_000 {
            scene.streams[number % 2].append(key: Array("\(number)".utf8), bytes: [1], arrival: scene.agenda.now)
        }
        scene.start()
        scene.run(1_800_000)
        #expect(scene.missing.isEmpty)
    }

    @Test("an idle hour needs no events except heartbeats")
    func idle() {
        let scene = Scene(seed: 6, faults: [])
        scene.start()
        scene.feed(100, every: 10)
        scene.run(60_000)
        let (polls, steps) = (scene.polls, scene.agenda.steps)
        scene.run(3_600_000)
        #expect(scene.polls == polls)
        #expect(scene.agenda.steps - steps <= 1_202)
    }

    @Test("after a commit that is not valid, reading starts at the beginning, of the parents too")
    func voidCommit() {
        let agenda = Agenda(start: 0)
        let weather = Weather(agenda: agenda, random: SeededRandom(seed: 1))
        let stream = StreamLog(name: "s", partitions: 1)
        let group = ConsumerGroup(stream: stream, region: 0, agenda: agenda, weather: weather, seed: 1, isFenced: true)
        stream.append(key: [1], bytes: [1], arrival: 0)
        #expect(stream.split(0))
        stream.append(key: [1], bytes: [2], arrival: 0)
        func read(_ worker: Int, epoch: String) -> [String] {
            let consumer = GroupConsumer(
                worker: worker, groups: [group], region: 0, agenda: agenda, weather: weather, seed: 1,
                start: { found in
                    guard let found else { return .beginning }
                    return found.epoch == epoch ? found.position : nil
                })
            let block = RecordBlock()
            var read: [String] = []
            for _ in 0..<3 {
                consumer.heartbeat()
                while consumer.poll(into: block, maxRecords: 10) == .records {
                    read += Array(repeating: consumer.partitions[block.partition].name, count: block.records.count)
                    let commit = ConsumerGroup.Commit(position: block.end, ended: block.isLast, epoch: epoch)
                    #expect(consumer.commit(block.partition, commit))
                }
            }
            consumer.close(inGoodOrder: true)
            return read
        }
        let all = read(1, epoch: "a")
        #expect(all.count == 2 && all.first == "shardId-000000000000")
        #expect(read(2, epoch: "a").isEmpty)
        #expect(read(3, epoch: "b") == all)
    }
}
