import EngineCore
import Leases

/// Worlds in which partitions are shared out by leases.
extension World {
    /// How long after all faults every shard has an owner and the shares are even, in seconds of a worker with pace 1.
    private static let shareSeconds: Int64 = 180
    /// How long leases then have to stay where they are.
    private static let calmSeconds: Int64 = 30

    func leaseTable(of stream: StreamLog, in region: Int, seed: UInt64) -> SimulatedLeaseTable {
        let table = SimulatedLeaseTable(
            stream: stream, region: region, agenda: agenda, weather: weather, seed: seed, mutant: mutant)
        table.onCommit = { [unowned self] worker, partition, commit in
            let partition = Partition(source: "kinesis", stream: stream.name, name: stream.shards[partition].name)
            committed(partition, commit, by: Int(worker.dropFirst()) ?? 0, in: region, isTaken: true)
        }
        table.onViolation = { [unowned self] in witness.violated($0) }
        return table
    }

    func leaseConsumer(of id: Int, in region: Int, _ epoch: String, seed: UInt64) -> Consumer {
        let consumer = LeaseConsumer(
            worker: id, tables: leaseTables[region], epoch: mutant == .ignoreEpoch ? nil : epoch, pace: plan.leasePace,
            region: region, agenda: agenda, weather: weather, seed: seed, mutant: mutant)
        consumer.onViolation = { [unowned self] in witness.violated($0) }
        consumer.onChange = { [unowned self] what in trace(.worker(id), what()) }
        return consumer
    }

    /// A lease table of the Region is deleted and made anew.
    func loseLeases(in region: Int) {
        guard !leaseTables[region].isEmpty else { return }
        let table = leaseTables[region][random.below(leaseTables[region].count)]
        trace(.world, "has the lease table of \(table.stream.name) recreated")
        table.empty()
    }

    // MARK: - The end

    /// With all faults over, every shard has an owner within a bound, the shares are even, and then nothing moves.
    func settleLeases() {
        let second = Int64(plan.leasePace) * 1_000
        // A worker that finds only now that its table is another one is replaced, and leases move once more.
        for _ in 0..<20 {
            let deadline = agenda.now + World.shareSeconds * second
            while let what = unshared {
                guard agenda.now < deadline else {
                    return witness.violated(
                        "\(what) \(World.shareSeconds * Int64(plan.leasePace)) s after all faults were over")
                }
                guard pass(second) else { return }
            }
            guard pass(10 * second) else { return }
            let (made, moved) = (workersMade, leaseMoves)
            guard pass(World.calmSeconds * second) else { return }
            guard workersMade == made else { continue }
            if leaseMoves != moved { witness.violated("leases still move between workers although nothing changes") }
            return
        }
        witness.violated("workers are still replaced although nothing changes")
    }

    /// Lets time pass; false where something was wrong meanwhile.
    private func pass(_ milliseconds: Int64) -> Bool {
        let end = agenda.now + milliseconds
        agenda.at(end) {}
        while let next = agenda.next, next <= end, witness.violations.isEmpty, agenda.step() {}
        return witness.violations.isEmpty
    }

    private var leaseMoves: Int { leaseTables.joined().reduce(0) { $0 + $1.moves } }

    /// What is not shared out as it should be; nil where all is.
    private var unshared: String? {
        for region in survivors {
            if let what = unowned(in: region) ?? unbalanced(in: region) { return what }
        }
        return nil
    }

    /// The leases of a Region's workers that are alive.
    private func holders(in region: Int) -> [LeaseConsumer] {
        workers.filter { $0.region == region && !$0.isDead }.compactMap { $0.consumer as? LeaseConsumer }
    }

    private func unowned(in region: Int) -> String? {
        let epoch = table.currentEpoch(of: region)
        let holders = holders(in: region)
        for (index, table) in leaseTables[region].enumerated() where table.stream.isReachable {
            for (partition, shard) in table.stream.shards.enumerated() where !table.hasEnded(partition, epoch: epoch) {
                let owners = holders.filter { $0.book.isHeld(LeaseBook.Key(stream: index, shard: shard.name)) }
                let owner = table.rows[shard.name]?.owner
                guard owners.count == 1, owners.first?.name == owner else {
                    return "\(table.stream.name)/\(shard.name) has \(owners.count) owners in \(WorldPlan.regionNames[region])"
                }
            }
        }
        return nil
    }

    /// Where a Region is lost whose streams are read elsewhere, a worker that never saw their shards counts without them.
    private func unbalanced(in region: Int) -> String? {
        guard leaseTables[region].allSatisfy(\.stream.isReachable) else { return nil }
        let counts = holders(in: region).map(\.book.heldCount)
        guard let least = counts.min(), let most = counts.max(), most > least + 1 else { return nil }
        return "workers of \(WorldPlan.regionNames[region]) own \(counts) leases"
    }
}
