/// Tables that take the place of the table: made from a backup, or from nothing.
///
/// A restore makes a new table (docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_RestoreTableFromBackup.html),
/// and its group of replicas is made anew. Replication of the old group ends with it; requests in flight reach whatever
/// table bears the name.
extension GlobalTable {
    /// What a Region held at some time.
    struct Backup {
        var region: Int
        var time: Int64
        var items: [Item?]
        var epoch: EpochRow?
        var dictionaries: Set<Int>
        var named: Int?
    }

    func takeBackup(of region: Int) {
        let replica = replicas[region]
        backups.append(
            Backup(
                region: region, time: agenda.now, items: replica.items, epoch: replica.epoch,
                dictionaries: replica.dictionaries, named: replica.named))
    }

    func hasBackup(of region: Int, takenAtOrBefore time: Int64) -> Bool {
        backups.contains { $0.region == region && $0.time <= time }
    }

    /// All replicas become the newest backup of `region` that is no newer than `time`; empty, if there is none.
    func restore(from region: Int, takenAtOrBefore time: Int64) {
        let backup = backups.last { $0.region == region && $0.time <= time }
        replace(items: backup?.items ?? [], dictionaries: backup?.dictionaries ?? []) {
            $0 == region ? (backup?.epoch, backup?.named) : (nil, nil)
        }
    }

    /// All replicas become new tables without rows.
    func empty() { replace(items: [], dictionaries: []) { _ in (nil, nil) } }

    /// The epoch rows of other Regions are left out: whether they are there or not, they are of other tables. So are the rows that name a
    /// dictionary there: without one the old format is written.
    private func replace(
        items: [Item?], dictionaries: Set<Int>, own: (Int) -> (epoch: EpochRow?, named: Int?)
    ) {
        generation += 1
        travelling = 0
        for link in links.indices { links[link].waiting = [] }
        let before = replicas.map(\.items)
        for region in replicas.indices {
            identities += 1
            replicas[region] = Replica(
                items: items, identity: identities, epoch: own(region).epoch, dictionaries: dictionaries,
                named: own(region).named, isAway: replicas[region].isAway)
        }
        let slots = slotsByKey()
        for region in replicas.indices {
            for slot in slots {
                let old = slot < before[region].count ? before[region][slot]?.row : nil
                let new = slot < items.count ? items[slot]?.row : nil
                if old != new { tell(region, slot, old, new) }
            }
        }
    }
}
