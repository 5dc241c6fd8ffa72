import ContactCenter
import EngineCore

/// The world of one seed: Regions with streams, workers and a table replica each, the weather over them, and the witness.
final class World {
    private static let hour: Int64 = 3_600_000

    let plan: WorldPlan
    let design: GlobalTable.Design
    let mutant: Mutant?
    let agenda: Agenda
    let weather: Weather
    let trace: Trace
    let witness: Witness
    let table: GlobalTable
    /// By Region, then stream.
    private(set) var streams: [[StreamLog]] = []
    /// By reading Region: what its workers read. The one or the other is empty.
    private(set) var groups: [[ConsumerGroup]] = []
    var leaseTables: [[SimulatedLeaseTable]] = []
    private(set) var workers: [SimulatedWorker] = []
    private var letterBoxes: [LetterBox]
    private var feed: Feed
    var random: SeededRandom
    /// What becomes of answers to an operator's command.
    var losses = SeededRandom(seed: 0)
    private(set) var workersMade = 0
    private(set) var delivered = 0
    /// Regions that are away now, or for good.
    private var isAway: [Bool]
    private var isLost: [Bool]
    private var isFeeding = true

    init(_ plan: WorldPlan, design: GlobalTable.Design, mutant: Mutant? = nil, trace listener: ((String) -> Void)? = nil) {
        self.plan = plan
        self.design = design
        self.mutant = mutant
        var random = plan.random
        let agenda = Agenda(start: plan.traffic.start)
        let weather = Weather(agenda: agenda, random: SeededRandom(seed: random.next()))
        self.agenda = agenda
        self.weather = weather
        for front in plan.fronts { weather.add(front) }
        trace = Trace(agenda: agenda, listener: listener)
        witness = Witness(regions: plan.regions, decoder: DecoderOptions(), agenda: agenda, weather: weather, trace: trace)
        let clocks = FeedClock(seed: random.next(), weather: weather)
        table = GlobalTable(
            regions: plan.regions, design: mutant == .shareRow ? .itemPerEntity : design, agenda: agenda, weather: weather,
            random: SeededRandom(seed: random.next())
        ) { clocks.offset(region: $0, at: agenda.now) }
        if mutant == .shareRow { table.isConditional = true }
        feed = Feed(plan.traffic, seed: random.next(), weather: weather)
        letterBoxes = (0..<plan.regions).map { _ in LetterBox() }
        isAway = Array(repeating: false, count: plan.regions)
        isLost = isAway
        self.random = random
        connect()
    }

    /// Whether the checks are made; the naive design would fail them all the time.
    private var isChecked: Bool { design == .rowPerRegion }

    /// Whether partitions are shared out by leases; what is only compared with has the model.
    var isLeased: Bool { plan.isLeased && isChecked }

    private func connect() {
        for region in 0..<plan.regions {
            streams.append(
                plan.partitions.enumerated().map { number, partitions in
                    StreamLog(name: "\(WorldPlan.regionNames[region])/stream-\(number)", partitions: partitions)
                })
        }
        for region in 0..<plan.regions {
            let read = plan.readsAll ? streams.flatMap { $0 } : streams[region]
            let seeds = read.map { _ in random.next() }
            groups.append(
                isLeased
                    ? []
                    : zip(read, seeds).map {
                        ConsumerGroup(stream: $0, region: region, agenda: agenda, weather: weather, seed: $1)
                    })
            leaseTables.append(isLeased ? zip(read, seeds).map { leaseTable(of: $0, in: region, seed: $1) } : [])
            letterBoxes[region].onDurable = { [unowned self] stream, partition, position in
                witness.buried(in: region, stream: stream, partition: partition, position: position)
            }
            letterBoxes[region].onDurableRow = { [unowned self] in witness.buried(row: $0, in: region) }
        }
        let isShared = table.design == .itemPerEntity
        witness.ownWriter = { isShared ? 0 : $0 }
        witness.epochOf = { [unowned table] in table.currentEpoch(of: $0) }
        guard isChecked else { return }
        witness.canRead = { [unowned table] in table.canRead($0, in: $1) }
        table.onDictionary = { [unowned witness] in witness.dictionaryCame(to: $0) }
        witness.rowOf = { [unowned table] in table.row($0, writer: $1, in: $2) }
        table.onChange = { [unowned witness] in witness.changed($0, $1, $2, $3, $4) }
        table.onNamed = { [unowned self] in checkNamed($0, in: $1) }
        table.onHaste = { [unowned witness] in witness.violated("worker \($0) does not wait although it is throttled") }
        table.onRefusal = { [unowned witness] in witness.refused(in: $0, $1, $2) }
    }

    // MARK: - The story

    /// Runs until all traffic has come, every fault is over, and everything has settled, or until it is clear that it never will.
    func run() {
        schedule()
        deliverNext()
        let end = agenda.now + plan.span
        while witness.violations.isEmpty, isFeeding || agenda.now < end, agenda.step() {}
        guard witness.violations.isEmpty else { return finish() }
        heal()
        settle()
        if isLeased, witness.violations.isEmpty { settleLeases() }
        finish()
    }

    private func finish() {
        for worker in workers { worker.kill() }
        table.onChange = { _, _, _, _, _ in }
        table.onDictionary = { _ in }
        table.onNamed = { _, _ in }
        agenda.clear()
    }

    private func deliverNext() {
        guard let arrival = feed.next() else {
            isFeeding = false
            return
        }
        // The last copies of records come days later: the world does not wait for them.
        agenda.at(min(arrival.arrival, plan.traffic.start + plan.span * 2)) { [unowned self] in
            deliver(arrival)
            deliverNext()
        }
    }

    private func deliver(_ arrival: FeedArrival) {
        let stream = streams[arrival.region][plan.streamOfKind[arrival.kind.rawValue]]
        guard let place = stream.append(key: arrival.key, bytes: arrival.bytes, arrival: agenda.now) else { return }
        delivered += 1
        witness.delivered(
            arrival.bytes, stream: stream.name, partition: stream.shards[place.partition].name, ordinal: place.ordinal,
            origin: arrival.region, consumers: plan.readsAll ? Array(0..<plan.regions) : [arrival.region])
    }

    private func schedule() {
        for region in 0..<plan.regions {
            for _ in 0..<plan.workers[region] { startWorker(in: region, after: random.between(0, 5_000)) }
        }
        for front in plan.fronts {
            let length = front.end == .max ? 0 : front.end - front.start
            agenda.at(front.start) { [unowned self] in strike(front, length) }
        }
        takeBackups()
        scheduleDictionaries()
    }

    private func takeBackups() {
        guard plan.fronts.contains(where: { $0.fault == .restore }) else { return }
        for region in 0..<plan.regions where !isAway[region] { table.takeBackup(of: region) }
        agenda.after(600_000) { [unowned self] in takeBackups() }
    }

    private func strike(_ front: Weather.Front, _ length: Int64) {
        let name = WorldPlan.regionNames[front.region]
        trace(.world, "has \(front.fault.rawValue) in \(name) for \(length / 1000) s")
        switch front.fault {
        case .kill: killSome(front)
        case .pause: pauseSome(front)
        case .rebalance: deploy(front)
        case .reshard: reshardSome(front)
        case .restore: restore(front.region)
        case .newLeaseTable: loseLeases(in: front.region)
        // One row for all Regions, of which the naive design and a mutant make use, has no size that could be compared.
        case .smallItems where table.design == .rowPerRegion: table.itemBytesMax[front.region] = smallItemBytes(front)
        case .fewUnits: table.unitsPerSecond[front.region] = unitsPerSecond(front)
        case .regionLoss, .regionOutage:
            guard isAway.count(where: { !$0 }) > 1 else { return }
            leave(front.region)
            if front.fault == .regionLoss {
                isLost[front.region] = true
            } else {
                agenda.at(front.end) { [unowned self] in comeBack(front.region) }
            }
        default: break
        }
    }

    /// While the front lasts, workers are killed now and then; another one is started for each.
    private func killSome(_ front: Weather.Front) {
        guard weather.isActive(.kill, in: front.region), !isAway[front.region] else { return }
        let alive = workers.filter { $0.region == front.region && !$0.isDead }
        if !alive.isEmpty {
            let victim = alive[random.below(alive.count)]
            trace(.worker(victim.id), "is killed")
            victim.kill()
            startWorker(in: front.region, after: random.between(0, 60_000))
        }
        let pause = max((front.end - front.start) / 4, 1_000)
        agenda.after(Int64(random.between(1, Int(pause)))) { [unowned self] in killSome(front) }
    }

    /// Workers are told to stop in good order, and others are started.
    private func deploy(_ front: Weather.Front) {
        for worker in workers where worker.region == front.region && !worker.isDead && random.chance(0.5) {
            trace(.worker(worker.id), "is told to stop")
            worker.drain()
        }
    }

    private func pauseSome(_ front: Weather.Front) {
        for worker in workers where worker.region == front.region && !worker.isDead && random.chance(0.5) {
            let end = agenda.now + Int64(random.between(1_000, min(max(Int(front.end - front.start), 1_001), 600_000)))
            trace(.worker(worker.id), "stops for \((end - agenda.now) / 1000) s")
            worker.pause(until: end)
        }
    }

    private func reshardSome(_ front: Weather.Front) {
        guard weather.isActive(.reshard, in: front.region) else { return }
        let stream = streams[front.region][random.below(streams[front.region].count)]
        if stream.reshard(&random) { trace(.world, "reshards \(stream.name) to \(stream.openPartitions.count) partitions") }
        let pause = max((front.end - front.start) / 4, 1_000)
        agenda.after(Int64(random.between(1, Int(pause)))) { [unowned self] in reshardSome(front) }
    }

    /// Above most agents and below most contacts with a record. Drawn from the front, so that other faults strike as they did.
    private func smallItemBytes(_ front: Weather.Front) -> Int {
        var random = SeededRandom(seed: plan.seed ^ UInt64(bitPattern: front.start))
        return random.between(1_500, 4_000)
    }

    /// Enough for the traffic of most seeds, and not for what a new worker finds.
    private func unitsPerSecond(_ front: Weather.Front) -> Int {
        var random = SeededRandom(seed: plan.seed ^ UInt64(bitPattern: front.start))
        return random.between(2, 20)
    }

    private func restore(_ region: Int) {
        let time = agenda.now - World.hour
        let isEmptied = random.chance(0.3) || !table.hasBackup(of: region, takenAtOrBefore: time)
        trace(.world, isEmptied ? "has its table emptied" : "has its table restored from a backup")
        witness.restoring({ [unowned table] in table.rows(in: $0) }) {
            if isEmptied {
                table.empty()
            } else {
                table.restore(from: region, takenAtOrBefore: time)
            }
        }
    }

    private func leave(_ region: Int) {
        isAway[region] = true
        for worker in workers where worker.region == region && !worker.isDead { worker.kill() }
        for stream in streams[region] { stream.isReachable = false }
        table.lose(region)
    }

    private func comeBack(_ region: Int) {
        guard isAway[region], !isLost[region] else { return }
        trace(.world, "has \(WorldPlan.regionNames[region]) back")
        isAway[region] = false
        for stream in streams[region] { stream.isReachable = true }
        table.comeBack(region)
        for _ in 0..<plan.workers[region] { startWorker(in: region, after: random.between(0, 5_000)) }
    }

    // MARK: - Workers

    private func startWorker(in region: Int, after delay: Int) {
        let options = workerOptions(in: region)
        let recordsMax = random.between(1, random.chance(0.5) ? 10 : 100)
        let seed = random.next()
        agenda.after(Int64(delay)) { [unowned self] in openWorker(in: region, options, recordsMax, seed) }
    }

    /// The epoch comes first: it decides which commits count.
    private func openWorker(in region: Int, _ options: PipelineOptions, _ recordsMax: Int, _ seed: UInt64) {
        guard !isAway[region] else { return }
        table.epoch(in: region) { [unowned self] epoch in
            guard !isAway[region] else { return }
            guard let epoch else {
                return agenda.after(1_000) { [unowned self] in openWorker(in: region, options, recordsMax, seed) }
            }
            table.named(in: region) { [unowned self] answer in
                guard !isAway[region] else { return }
                guard case .dictionary(let dictionary) = answer else {
                    return agenda.after(1_000) { [unowned self] in openWorker(in: region, options, recordsMax, seed) }
                }
                makeWorker(in: region, options, recordsMax, seed, epoch, dictionary)
            }
        }
    }

    private func makeWorker(
        in region: Int, _ options: PipelineOptions, _ recordsMax: Int, _ seed: UInt64, _ epoch: String, _ dictionary: Int?
    ) {
        workersMade += 1
        let id = workersMade
        var random = SeededRandom(seed: seed)
        let consumer =
            isLeased
            ? leaseConsumer(of: id, in: region, epoch, seed: random.next())
            : groupConsumer(of: id, in: region, epoch, seed: random.next())
        let worker = SimulatedWorker(
            id: id, region: region, options: options, epoch: epoch, dictionary: dictionary, recordsMax: recordsMax,
            consumer: consumer,
            world: SimulatedWorker.Surroundings(
                agenda: agenda, weather: weather, table: table, letters: letterBoxes[region],
                witness: isChecked ? witness : nil, mutant: mutant, trace: trace),
            random: random)
        worker.onFailure = { [unowned self, unowned worker] in
            trace(.worker(id), "gives up")
            workers.removeAll { $0 === worker }
            startWorker(in: region, after: 1_000)
        }
        worker.onLeave = { [unowned self] in
            trace(.worker(id), "has stopped cleanly")
            startWorker(in: region, after: 1_000)
        }
        workers.removeAll { $0.isDead }
        workers.append(worker)
        trace(.worker(id), "starts in \(WorldPlan.regionNames[region])")
        worker.start()
    }

    private func groupConsumer(of id: Int, in region: Int, _ epoch: String, seed: UInt64) -> Consumer {
        let ignoresEpoch = mutant == .ignoreEpoch
        let consumer = GroupConsumer(
            worker: id, groups: groups[region], region: region, agenda: agenda, weather: weather, seed: seed
        ) { commit in
            guard let commit else { return .beginning }
            return commit.epoch == epoch || ignoresEpoch ? commit.position : nil
        }
        consumer.onCommit = { [unowned self, unowned consumer] index, commit, isTaken in
            committed(consumer.partitions[index], commit, by: id, in: region, isTaken: isTaken)
        }
        return consumer
    }

    /// A commit was taken or refused.
    func committed(_ partition: Partition, _ commit: ConsumerGroup.Commit, by id: Int, in region: Int, isTaken: Bool) {
        trace(
            .worker(id),
            "commits \(partition.stream)/\(partition.name) at \(commit.position.ordinal)\(isTaken ? "" : ": refused")")
        guard isTaken, isChecked else { return }
        witness.committed(
            in: region, stream: partition.stream, partition: partition.name, to: commit.position.ordinal, ended: commit.ended,
            epoch: commit.epoch)
    }

    private func workerOptions(in region: Int) -> PipelineOptions {
        let isTight = plan.fronts.contains { $0.fault == .memory && $0.region == region }
        let flushBytes = isTight ? random.between(500, 8_000) : random.between(2_000, 500_000)
        var planner = FlushPlanner(
            flushBytes: flushBytes, readBytesMax: random.between(10_000, 1_000_000),
            dirtyBytesMax: flushBytes * random.between(1, 4),
            flushInterval: Int64(random.between(20, random.chance(0.5) ? 1_000 : 10_000)))
        if design == .itemPerEntity { planner.flushInterval = 200 }
        let commitInterval = Int64(random.chance(0.2) ? 0 : random.between(20, random.chance(0.7) ? 1_000 : 10_000))
        planner.positionInterval = max(planner.flushInterval ?? 0, commitInterval)
        // What stands for a function without memory reads each item again for every batch.
        let residentMax = design == .itemPerEntity || isTight ? 1 : random.chance(0.3) ? random.between(1, 100_000) : 1 << 30
        return PipelineOptions(
            shards: random.between(1, 3), planner: planner, residentBytesMax: residentMax, retries: true,
            refreshInterval: random.chance(0.5) ? Int64(random.between(500, 90_000)) : nil, commitInterval: commitInterval,
            idleInterval: 60_000, writer: random.next() | 1)
    }

    // MARK: - The end

    /// Nothing goes wrong any more, and who was away is back.
    private func heal() {
        trace(.world, "heals")
        weather.heal()
        for region in 0..<plan.regions where isAway[region] && !isLost[region] { comeBack(region) }
        for region in 0..<plan.regions where !isLost[region] {
            let alive = workers.contains { $0.region == region && !$0.isDead }
            if !alive { startWorker(in: region, after: 0) }
        }
    }

    /// With all faults off everything is written, committed and replicated within a bounded time.
    private func settle() {
        let deadline = agenda.now + World.hour
        let steps = agenda.steps + 3_000_000
        while !isSettled {
            guard agenda.now < deadline, agenda.steps < steps else {
                return witness.violated("no progress: \(unsettled) an hour after all faults were over")
            }
            let until = agenda.now + 1_000
            while let next = agenda.next, next <= until, witness.violations.isEmpty, agenda.step() {}
            if agenda.now < until { agenda.at(until) {}; _ = agenda.step() }
            guard witness.violations.isEmpty else { return }
        }
    }

    private var isSettled: Bool {
        workers.allSatisfy { $0.isClean } && table.isQuiet && survivors.allSatisfy { isCommitted($0) }
    }

    /// Regions that are there in the end.
    var survivors: [Int] { (0..<plan.regions).filter { !isLost[$0] } }

    private func isCommitted(_ region: Int) -> Bool { uncommitted(in: region) == nil }

    /// A partition that has not been committed to its end under the epoch that holds. A commit that went back again later, where
    /// a group allows it, has been.
    private func uncommitted(in region: Int) -> String? {
        let epoch = table.currentEpoch(of: region)
        let logs = groups[region].map { ($0.stream, $0.commits) } + leaseTables[region].map { ($0.stream, $0.commits) }
        for (stream, commits) in logs where stream.isReachable {
            for (partition, shard) in stream.shards.enumerated() {
                if shard.records.isEmpty, !shard.isClosed { continue }
                let isDone = commits(partition).contains {
                    $0.epoch == epoch && $0.position.ordinal >= shard.records.count && ($0.ended || !shard.isClosed)
                }
                if !isDone { return "\(stream.name)/\(shard.name)" }
            }
        }
        return nil
    }

    private var unsettled: String {
        for region in survivors {
            if let partition = uncommitted(in: region) {
                return "\(partition) is not committed to its end in \(WorldPlan.regionNames[region])"
            }
        }
        if let worker = workers.first(where: { !$0.isClean }) { return "worker \(worker.id) is not done" }
        return "the table is not quiet"
    }
}
