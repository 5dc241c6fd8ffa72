import EngineCore
import TestSupport
import Testing

@testable import Simulation

@Suite("the simulated consumer group", .limited)
struct GroupTests {
    /// A group and its surroundings, with workers that beat and claim every three seconds while they are about.
    private final class Scene {
        let agenda = Agenda(start: 1_000_000)
        let weather: Weather
        let stream: StreamLog
        let group: ConsumerGroup
        var claims: [Int: [ConsumerGroup.Claim]] = [:]
        var silent: Set<Int> = []
        /// Of the tables that are there.
        var epoch = "a"

        init(partitions: Int = 6, seed: UInt64 = 1, isFenced: Bool? = true, faults: [Fault] = []) {
            weather = Weather(agenda: agenda, random: SeededRandom(seed: seed))
            for fault in faults { weather.add(Weather.Front(fault: fault, region: 0, start: 0, end: .max)) }
            stream = StreamLog(name: "s", partitions: partitions)
            group = ConsumerGroup(
                stream: stream, region: 0, agenda: agenda, weather: weather, seed: seed, isFenced: isFenced)
        }

        func start(_ worker: Int, releases: Bool = true) {
            claims[worker] = []
            group.register(worker) { [unowned self] partition in
                guard releases, let claim = claims[worker]?.first(where: { $0.partition == partition }) else { return }
                group.release(claim)
            }
            beat(worker)
        }

        private func beat(_ worker: Int) {
            agenda.after(3_000) { [unowned self] in beat(worker) }
            guard !silent.contains(worker) else { return }
            group.heartbeat(worker)
            claims[worker]?.removeAll { !group.isHeld($0) }
            for partition in group.claimable(for: worker, where: { $0.epoch == epoch }) {
                claims[worker]?.removeAll { $0.partition == partition }
                if let claim = group.claim(partition, by: worker) { claims[worker]?.append(claim) }
            }
        }

        func run(_ milliseconds: Int64) {
            let end = agenda.now + milliseconds
            agenda.at(end) {}
            while let next = agenda.next, next <= end { _ = agenda.step() }
        }

        func held(_ worker: Int) -> [Int] { (claims[worker] ?? []).map(\.partition).sorted() }

        func end(_ partition: Int, by worker: Int) -> Bool {
            guard let claim = claims[worker]?.first(where: { $0.partition == partition }) else { return false }
            return group.commit(claim, ConsumerGroup.Commit(position: .beginning, ended: true, epoch: epoch))
        }
    }

    private func commit(_ place: Int, ended: Bool = false, epoch: String = "a") -> ConsumerGroup.Commit {
        ConsumerGroup.Commit(position: Position(offset: place, ordinal: place), ended: ended, epoch: epoch)
    }

    @Test(
        "the numbers of partitions of the workers differ by at most one, and every partition has one owner", arguments: 1...8,
        1...4)
    func balance(partitions: Int, workers: Int) {
        let scene = Scene(partitions: partitions, seed: UInt64(partitions))
        for worker in 0..<workers {
            scene.start(worker)
            scene.run(worker * 700 < 2_000 ? 700 : 100)
        }
        scene.run(120_000)
        let held = (0..<workers).map(scene.held)
        #expect(held.flatMap { $0 }.sorted() == Array(0..<partitions))
        let counts = held.map(\.count)
        #expect(counts.max().flatMap { most in counts.min().map { most - $0 <= 1 } } == true, "\(counts)")
    }

    @Test("a partition that is given up for another worker is claimed by that worker")
    func promise() {
        let scene = Scene(partitions: 4)
        scene.start(0)
        scene.run(500)
        scene.start(1)
        scene.run(60_200)
        #expect(scene.held(0).count == 2 && scene.held(1).count == 2)
        scene.start(2)
        scene.run(10_000)
        #expect(scene.held(2).count == 1)
    }

    @Test("leases of a silent worker move after ten seconds, and not earlier")
    func death() {
        let scene = Scene()
        scene.start(0)
        scene.start(1)
        scene.run(60_000)
        let left = scene.held(0)
        #expect(left.count == 3)
        scene.silent = [0]
        scene.run(9_000 - 3_000)
        #expect(scene.held(1).count == 3)
        scene.run(8_000)
        #expect(scene.held(1) == Array(0..<6))
        scene.silent = []
        scene.run(3_000)
        #expect(Set(scene.held(0)).isDisjoint(with: left), "it learns what it lost at its next heartbeat")
    }

    @Test("an owner that does not respond loses a revoked partition after ten seconds")
    func deafOwner() {
        let scene = Scene(partitions: 2)
        scene.start(0, releases: false)
        scene.run(1_000)
        scene.start(1)
        scene.run(9_000)
        #expect(scene.held(0).count == 2 && scene.held(1).isEmpty)
        scene.run(8_000)
        #expect(scene.held(0).count == 1 && scene.held(1).count == 1)
    }

    @Test(
        "after a theft two workers read the partition; the thief's commit counts, and the victim's only without fencing",
        arguments: [true, false])
    func theft(isFenced: Bool) throws {
        let scene = Scene(partitions: 4, isFenced: isFenced, faults: [.theft])
        scene.start(0)
        scene.start(1)
        var victims = 0
        var unaware = 0
        for _ in 0..<300 {
            scene.run(1_000)
            guard let partition = scene.held(0).first(where: { scene.held(1).contains($0) }),
                let thief = scene.group.owner(of: partition)
            else { continue }
            let claim = try #require(scene.claims[thief]?.first { $0.partition == partition })
            let stale = try #require(scene.claims[1 - thief]?.first { $0.partition == partition })
            #expect(claim.counter > stale.counter)
            if scene.group.isHeld(stale) { unaware += 1 }
            #expect(scene.group.commit(claim, commit(9)))
            #expect(scene.group.commit(stale, commit(5)) == !isFenced)
            #expect(scene.group.commits(of: partition).last == commit(isFenced ? 9 : 5))
            victims += 1
        }
        #expect(victims > 10 && unaware > 10)
        #expect(scene.group.refused == (isFenced ? victims : 0))
        scene.weather.heal()
        scene.run(130_000)
        #expect(Set(scene.held(0)).isDisjoint(with: scene.held(1)), "in the end the victims know")
        #expect((scene.held(0) + scene.held(1)).sorted() == Array(0..<4))
    }

    @Test("rebalances move partitions, and none is unread for long")
    func rebalance() {
        let scene = Scene(partitions: 4, faults: [.rebalance])
        scene.start(0)
        scene.start(1)
        var owners: Set<[Int]> = []
        for _ in 0..<200 {
            scene.run(3_000)
            owners.insert(scene.held(0))
        }
        #expect(owners.count > 3)
        scene.weather.heal()
        scene.run(40_000)
        #expect((scene.held(0) + scene.held(1)).sorted() == Array(0..<4))
    }

    @Test("a claim finds the last commit, or an older one or none during the fault for this")
    func staleCommit() throws {
        let scene = Scene(partitions: 1, faults: [.staleCommit])
        scene.start(0)
        for place in 1...5 { #expect(scene.group.commit(try #require(scene.claims[0]?.first), commit(place))) }
        var found: Set<Int> = []
        for _ in 0..<300 { found.insert(try #require(scene.group.claim(0, by: 0)).commit?.position.ordinal ?? 0) }
        #expect(found == Set(0...5))
        scene.weather.heal()
        for _ in 0..<50 { #expect(try #require(scene.group.claim(0, by: 0)).commit == commit(5)) }
    }

    @Test("children wait until every parent is committed as ended")
    func lineage() {
        let scene = Scene(partitions: 2)
        scene.start(0)
        #expect(scene.held(0) == [0, 1])
        #expect(scene.stream.merge(0, 1))
        scene.run(10_000)
        #expect(scene.held(0) == [0, 1])
        #expect(scene.end(0, by: 0))
        scene.run(10_000)
        #expect(scene.held(0) == [1])
        #expect(scene.end(1, by: 0))
        scene.run(10_000)
        #expect(scene.held(0) == [2])
        #expect(scene.group.commits(of: 0).last?.ended == true, "the finished lease is kept")
    }

    @Test("under another epoch everything is read again, parents first")
    func epoch() {
        let scene = Scene(partitions: 1)
        scene.start(0)
        #expect(scene.stream.split(0) && scene.end(0, by: 0))
        scene.run(4_000)
        #expect(scene.held(0) == [1, 2])
        scene.epoch = "b"
        for claim in scene.claims[0] ?? [] { scene.group.release(claim) }
        scene.run(4_000)
        #expect(scene.held(0) == [0])
        #expect(scene.end(0, by: 0))
        scene.run(4_000)
        #expect(scene.held(0) == [1, 2])
    }

    @Test("the seed decides whether a group is fenced; about one in four is not")
    func fences() {
        let unfenced = (0..<400).count { !Scene(seed: UInt64($0), isFenced: nil).group.isFenced }
        #expect((60...140).contains(unfenced))
    }

    @Test("equal seeds give equal assignments")
    func determinism() {
        func history(_ seed: UInt64) -> [[Int]] {
            let scene = Scene(seed: seed, isFenced: nil, faults: [.theft, .rebalance, .staleCommit])
            for worker in 0..<3 { scene.start(worker) }
            return (0..<200).flatMap { _ in
                scene.run(1_000)
                return (0..<3).map(scene.held)
            }
        }
        #expect(history(1) == history(1))
        #expect(history(1) != history(2))
    }
}
