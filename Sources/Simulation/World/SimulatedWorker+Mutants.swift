import EngineCore
import Lattice

/// Where mutants get between a worker's core and its world; without one everything passes as it is.
extension SimulatedWorker {
    /// A block as the source hands it over.
    func mutate(_ block: RecordBlock) {
        switch world.mutant {
        case .loseLastBlock:
            let isPartial = block.records.count < recordsMax
            if block.isLast || (isPartial && random.chance(0.05)) { block.records.removeAll() }
        case .arrivalStamp:
            restamp(block)
        default: break
        }
    }

    /// Every event happened when it is read.
    private func restamp(_ block: RecordBlock) {
        let records = block.records
        let texts = records.map { record in
            var text = [UInt8](block.bytes(of: record))
            let late = world.agenda.now - (record.arrival?.milliseconds ?? world.agenda.now)
            ClockShift.apply(seconds: (late + 999) / 1000, to: &text)
            return text
        }
        block.text.removeAll()
        block.records.removeAll()
        for (record, text) in zip(records, texts) {
            let offset = block.text.count
            text.withUnsafeBytes { block.text.append($0) }
            block.records.append(
                .init(offset: offset, length: text.count, ordinal: record.ordinal, arrival: record.arrival))
        }
    }

    /// A row as it goes to the table.
    func mutated(_ row: RowBatch.Row) -> RowWrite {
        var write = RowWrite(
            key: Array(row.key), entity: Array(row.entity), expected: row.expected, revision: row.revision,
            dictionary: dictionary)
        switch world.mutant {
        case .forgetTombstone: write.entity = withoutTombstones(EntityView(row.entity))
        case .bareCounter:
            write.expected = countOf[row.expected] ?? row.expected
            write.revision = Revision(writer: 0, count: write.expected.count + 1)
            countOf[row.revision] = write.revision
        case .blindFirstWrite where row.expected == .none:
            write.expected = world.table.row(write.key, writer: region, in: region)?.revision ?? .none
        default: break
        }
        return write
    }

    private func withoutTombstones(_ entity: EntityView) -> [UInt8] {
        let kept = entity.filter { !$0.isTombstone }
        var bytes: [UInt8] = Array(EntityView.emptyEncoding.prefix(4))
        withUnsafeBytes(of: UInt32(kept.count).littleEndian) { bytes += $0 }
        for register in kept { bytes += Array(register.bytes) }
        return bytes
    }

    /// What a commit covers.
    func mutated(_ positions: [CheckpointLedger.Sealed]) -> [CheckpointLedger.Sealed] {
        var latest = Dictionary(positions.map { ($0.partition, $0) }) { $1 }
        switch world.mutant {
        case .commitUnconfirmed:
            for sealed in core.pendingCommits { latest[sealed.partition] = sealed }
        case .commitRefreshes:
            let settled = core.status(now: world.agenda.now).settled
            for partition in latest.keys { latest[partition]?.position = settled[partition] ?? .beginning }
        default: return positions
        }
        return latest.values.sorted { $0.partition < $1.partition }
    }

    /// A position as it goes to the group.
    func mutated(_ sealed: CheckpointLedger.Sealed) -> CheckpointLedger.Sealed {
        var sealed = sealed
        guard let held = consumer.held.first(where: { $0.index == sealed.partition }) else { return sealed }
        switch world.mutant {
        case .autoCommit: sealed.position = Position(offset: held.place, ordinal: held.place)
        case .endEarly:
            let stream = consumer.streams[held.stream]
            sealed.ended = sealed.ended || stream.shards[held.partition].isClosed
        default: break
        }
        return sealed
    }
}
