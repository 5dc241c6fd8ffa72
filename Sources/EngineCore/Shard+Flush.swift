import Lattice
public import Platform

/// How a shard's changes become rows: ``gather(refused:)``, ``load(_:_:_:)`` for each of the ``coldKeys`` that has a row, then
/// ``takeRows(into:)``. Reading is the caller's, so that no shard waits for I/O.
extension Shard {
    /// Chooses what the flush writes: everything that changed or, where the store refused rows of this flush, those again.
    ///
    /// A refused row was overtaken by another writer, or may have been: it has to be read before it is written again. It is
    /// joined into the shard, which may have let the entity go meanwhile. To gather again what could not be read does no harm.
    ///
    /// `began`: when the flush began, in milliseconds; refreshes that are due by then go along, with `all` every one.
    public func gather(refused: RowBatch? = nil, began: Int64 = 0, all: Bool = true) {
        // What was read before the reading failed, and needs no writing, is not read again unless it is refused.
        gathered.removeAll { !table.entries[$0].flags.contains(.gathered) }
        if let refused {
            for row in refused { takeBack(row) }
        } else {
            for at in dirty where table.entries[at].flags.contains(.dirty) { choose(at) }
            dirty.removeAll(keepingCapacity: true)
            dirtyBytes = 0
            if let refreshInterval { chooseRefreshes(began, refreshInterval, all: all) }
        }
        assert(
            gathered.allSatisfy { table.entries[$0].flags.isDisjoint(with: [.dirty, .refreshed, .free]) },
            "gathered and to be gathered")
        assert(
            dirtyBytes >= 0 && refreshedBytes >= 0 && (refreshedBytes > 0) == (refreshCount > 0),
            "bytes that wait are counted short")
        cold = gathered.filter { table.entries[$0].flags.isDisjoint(with: .loaded) }
        for at in cold { table.entries[at].revision = .none }
    }

    private func chooseRefreshes(_ began: Int64, _ interval: Int64, all: Bool) {
        if !refreshed.isEmpty { startWaiting(began, interval) }
        let all = all || refreshedBytes > Shard.refreshedBytesMax
        let due = all ? refreshes.count : refreshes.firstIndex { $0.began + interval > began } ?? refreshes.count
        for run in refreshes.prefix(due) {
            for at in run.entries
            where table.entries[at].flags.contains(.refreshed) && table.entries[at].refreshRun == run.number {
                choose(at, forRefresh: true)
            }
        }
        refreshes.removeFirst(due)
        chooseShortlyRefreshed(began, all: all)
        assert(!refreshes.isEmpty || !shortlyRefreshed.isEmpty || refreshedBytes == 0, "a refresh waits in no run")
    }

    private func chooseShortlyRefreshed(_ began: Int64, all: Bool) {
        guard !shortlyRefreshed.isEmpty else { return }
        if shortlyWaitingSince == nil { shortlyWaitingSince = began }
        guard all || shortWaitDue.map({ $0 <= began }) ?? true else { return }
        for at in shortlyRefreshed where table.entries[at].flags.contains(.refreshed) { choose(at, forRefresh: true) }
        shortlyRefreshed.removeAll(keepingCapacity: true)
        shortlyWaitingSince = nil
    }

    private func startWaiting(_ began: Int64, _ interval: Int64) {
        if refreshes.last.map({ began - $0.began >= max(1, interval / HeldCommits.partsOfInterval) }) ?? true {
            refreshes.append(RefreshRun(number: (refreshes.last?.number ?? 0) &+ 1, began: began, entries: []))
            assert(refreshes.count <= Int(UInt8.max), "two runs have one number")
        }
        let last = refreshes.count - 1
        for at in refreshed where table.entries[at].flags.contains(.refreshed) {
            table.entries[at].refreshRun = refreshes[last].number
            refreshes[last].entries.append(at)
        }
        refreshed.removeAll(keepingCapacity: true)
    }

    private func takeBack(_ row: RowBatch.Row) {
        let hash = row.key.hash64
        // No telling of an event, so it counts for none.
        let counts = self.counts
        merge(row.key, hash: hash, EntityView(row.entity))
        self.counts = counts
        guard let at = table.find(row.key, hash: hash) else { return }
        table.entries[at].flags.remove(.loaded)
        // It goes out now with all that changed since, and not again in its turn.
        if table.entries[at].flags.contains(.dirty) {
            dirtyBytes -= table.entries[at].byteCount
        }
        choose(at)
    }

    /// `forRefresh`: nothing else of it is to be written.
    private func choose(_ at: Int, forRefresh: Bool = false) {
        var flags = table.entries[at].flags
        if flags.contains(.refreshed) {
            refreshedBytes -= table.entries[at].byteCount
            refreshCount -= 1
        }
        let isGathered = flags.contains(.gathered)
        flags.remove([.dirty, .refreshed])
        if forRefresh, !isGathered { flags.insert(.repeats) }
        if !forRefresh { flags.remove(.repeats) }
        flags.insert(.gathered)
        table.entries[at].flags = flags
        guard !isGathered else { return }
        gathered.append(at)
    }

    /// Gathered keys whose rows have to be read first: a row is written whole, so what it held before must be in it. Nil: none.
    public var coldKeys: RowBatch? {
        guard !cold.isEmpty else { return nil }
        let keys = RowBatch()
        for at in cold { keys.append(key: table.entries[at].key) }
        return keys
    }

    /// Joins the row that was found for cold key `number`. An entity that holds no more than its row need not be written.
    public func load(_ number: Int, _ row: ByteView, _ revision: Revision) {
        let at = cold[number]
        assert(table.entries[at].flags.isDisjoint(with: .loaded), "a row is read again")
        assert(EntityView.isValid(row), "a row was read that is no entity")
        if plan.make(table.entries[at].entity, EntityView(row)).changed { table.apply(plan, to: at) }
        table.entries[at].revision = revision
        if table.entries[at].entity.bytes.equals(row) { table.entries[at].flags.remove(.gathered) }
    }

    /// Hands over what was gathered, once every cold row that exists was loaded, and takes it for written. It is joined on
    /// meanwhile: the batch holds copies.
    public func takeRows(into rows: RowBatch) {
        for at in cold { table.entries[at].flags.insert(.loaded) }
        for at in gathered where table.entries[at].flags.contains(.gathered) {
            table.entries[at].flags.remove(.gathered)
            assert(table.entries[at].flags.contains(.loaded), "a row is written over what nobody has read")
            assert(EntityView.isValid(table.entries[at].entity.bytes), "what is written is no entity")
            let expected = table.entries[at].revision
            let revision = expected.next(by: writer, after: &writes)
            assert(
                revision.count > expected.count || revision.writer != expected.writer, "a write is called as the one before it")
            table.entries[at].revision = revision
            rows.append(
                key: table.entries[at].key, entity: table.entries[at].entity.bytes, expected: expected, revision: revision,
                isRefresh: table.entries[at].flags.contains(.repeats))
        }
        gathered.removeAll(keepingCapacity: true)
        cold.removeAll(keepingCapacity: true)
    }

    /// All three steps with a store that answers at once. Returns what could not be read there, each with why
    /// (``RowBatch/refusals``): it is not written, for that would overwrite what nobody has read. Nil: nothing.
    @discardableResult
    public func takeRows(
        into rows: RowBatch, refused: RowBatch? = nil, began: Int64 = 0, all: Bool = true, from store: any Store
    ) throws(StoreError) -> RowBatch? {
        gather(refused: refused, began: began, all: all)
        var unreadable: [(at: Int, why: String)] = []
        while let keys = coldKeys {
            do throws(StoreError) {
                try store.read(keys) { load($0, $1, $2) }
                break
            } catch {
                // Nothing is final before all others are read: until then the whole gathering may be done again.
                guard let number = error.row else { throw error }
                unreadable.append((cold.remove(at: number), error.message))
            }
        }
        let setAside = unreadable.isEmpty ? nil : RowBatch()
        for (at, why) in unreadable {
            table.entries[at].flags.remove(.gathered)
            setAside?.append(
                RowBatch.Row(
                    key: table.entries[at].key, entity: table.entries[at].entity.bytes, expected: .none, revision: .none,
                    isRefresh: false),
                refusal: why)
        }
        takeRows(into: rows)
        return setAside
    }
}
