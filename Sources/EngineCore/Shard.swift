import CIntrinsics
public import ContactCenter
public import Lattice
import Observability
public import Platform

/// One slice of the state: the entities whose keys hash here, and which of them a flush has yet to write.
///
/// Sans-I/O: mutations go in, rows come out. Not thread-safe: a shard belongs to one thread at a time.
public final class Shard: @unchecked Sendable {
    /// What joining mutations has come to.
    public struct Counts: Sendable {
        public var won = 0
        public var lost = 0
        public var ties = 0

        public static func += (a: inout Counts, b: Counts) {
            a.won += b.won
            a.lost += b.lost
            a.ties += b.ties
        }
    }

    public let index: Int
    package var table = EntityTable()
    /// Entries that changed since a flush took them. One that has lost its flag was taken out of turn.
    package var dirty: [Int] = []
    /// Entries that the flush being gathered is to write.
    package var gathered: [Int] = []
    /// Of those, the ones that have to be read from the store first, in the order of ``coldKeys``.
    package var cold: [Int] = []
    /// Entries that were only refreshed, since a flush last looked at them. One that has lost its flag was written otherwise.
    package var refreshed: [Int] = []
    /// Those of earlier flushes.
    package var refreshes: [RefreshRun] = []
    /// Entries that were only refreshed and may wait but shortly (``DeferredFacts/shortWait``), and when the first flush began that left
    /// them waiting. There are a few of each Region and channel, so they are written all at once.
    package var shortlyRefreshed: [Int] = []
    package var shortlyWaitingSince: Int64?
    /// Keys and encodings of entities that were only refreshed, in bytes.
    package var refreshedBytes = 0
    /// Entities whose refreshes wait and are in no flush.
    public internal(set) var refreshCount = 0
    package var plan = JoinPlan()
    public internal(set) var counts = Counts()
    /// Keys and encodings that the next flush would write, in bytes.
    public internal(set) var dirtyBytes = 0
    /// Whether a key that is not resident may have a row in the store.
    package var storeMayHoldRows: Bool
    /// What this worker's writes are called by (``Revision``).
    package let writer: UInt64
    /// The greatest count that this shard has given to a write.
    package var writes: UInt64 = 0
    /// For how many milliseconds at most a change that only refreshes an entity may wait for its write, so that heartbeats do not cost a
    /// write each. Nil: not at all.
    package let refreshInterval: Int64?
    /// Above so many bytes refreshes wait no longer.
    package static let refreshedBytesMax = 32 << 20

    /// Entries that were only refreshed before flushes that began within a ``HeldCommits/partsOfInterval``th of the interval. One that has
    /// another number, or has lost its flag, was written otherwise. So there are never many more runs than parts.
    package struct RefreshRun {
        package let number: UInt8
        /// When the first of its flushes began.
        package let began: Int64
        package var entries: [Int]
    }

    public init(index: Int, storeMayHoldRows: Bool = false, writer: UInt64 = 0, refreshInterval: Int64? = nil) {
        self.index = index
        self.storeMayHoldRows = storeMayHoldRows
        self.writer = writer
        self.refreshInterval = refreshInterval
    }

    public var entityCount: Int { table.count }
    /// When refreshes that wait but shortly are due, as of the last flush; nil where none waits.
    public var shortWaitDue: Int64? { shortlyWaitingSince.flatMap { since in shortWait.map { since + $0 } } }
    package var shortWait: Int64? { refreshInterval.map { min($0, DeferredFacts.shortWait) } }
    /// Entities that the next flush would write, at most.
    public var dirtyCount: Int { dirty.count }
    public var residentBytes: Int { table.residentBytes }

    /// Joins this shard's slice of a batch into the state. `changed` has a byte for each event of the batch; that of an event
    /// that changed something becomes 1. Cost: about 0.2 us a mutation.
    public func apply(_ batch: MutationBatch, changed: UnsafeMutableBufferPointer<UInt8>) {
        let mutations = batch.mutations(ofSlice: index)
        let count = mutations.count
        for at in 0..<count {
            // What is looked up a few mutations from now is on its way to the cache meanwhile.
            if at &+ 24 < count { table.prefetchBucket(mutations.hash(at &+ 24)) }
            if at &+ 16 < count { table.prefetchEntry(mutations.hash(at &+ 16)) }
            if at &+ 8 < count { table.prefetchMemory(mutations.hash(at &+ 8)) }
            // Another thread may have written these.
            if at &+ 4 < count { for line in 0..<4 { converge_prefetch(mutations.address(at &+ 4) + line &* 64) } }
            if at &+ 3 < count { table.prefetchRegister(mutations.hash(at &+ 3)) }
            let mutation = mutations[at]
            if merge(mutation.key, hash: mutation.hash, mutation.entity) { changed[mutation.event] = 1 }
        }
    }

    /// Joins one entity into the state; returns whether that changed it.
    @inline(__always)
    @discardableResult
    public func merge(_ key: ByteView, hash: UInt64, _ entity: EntityView) -> Bool {
        guard let at = table.find(key, hash: hash) else {
            insert(key, hash: hash, entity)
            counts.won += entity.count
            return true
        }
        table.entries[at].flags.insert(.touched)
        let outcome = plan.make(table.entries[at].entity, entity)
        counts.won += outcome.won
        counts.lost += outcome.lost
        counts.ties += outcome.ties
        guard outcome.changed else { return false }
        if refreshInterval != nil, applyRefresh(to: at) { return true }
        let before = table.entries[at].byteCount
        table.apply(plan, to: at)
        if table.entries[at].flags.contains(.dirty) {
            dirtyBytes += table.entries[at].byteCount - before
        } else {
            table.entries[at].flags.insert(.dirty)
            dirty.append(at)
            dirtyBytes += table.entries[at].byteCount
        }
        return true
    }

    /// Adds an entity that is not resident. One of which nothing is told but what may wait is a refresh of the row that it may have.
    @inline(__always)
    private func insert(_ key: ByteView, hash: UInt64, _ entity: EntityView) {
        let waits = refreshInterval != nil && isDeferred(EntityKey(key), entity)
        var flags: EntityTable.Flags = waits ? .refreshed : .dirty
        if !storeMayHoldRows { flags.insert(.loaded) }
        let at = table.insert(key, hash: hash, entity: entity.bytes, flags: flags)
        if waits {
            startWaiting(at, shortly: EntityKey(key).kind.map { DeferredFacts.of($0).waitsShortly } ?? false)
            refreshedBytes += table.entries[at].byteCount
            refreshCount += 1
        } else {
            dirty.append(at)
            dirtyBytes += table.entries[at].byteCount
        }
    }

    private func isDeferred(_ key: EntityKey, _ entity: EntityView) -> Bool {
        guard let deferred = key.kind.map(DeferredFacts.of) else { return false }
        for register in entity where !deferred.covers(register) { return false }
        return true
    }

    /// Applies the planned join if it only refreshes the entity and the entity is not to be written anyway. False: it is to be applied
    /// as any other.
    private func applyRefresh(to at: Int) -> Bool {
        let flags = table.entries[at].flags
        let bytes = table.entries[at].byteCount
        guard !flags.contains(.dirty), let deferred = EntityKey(table.entries[at].key).kind.map(DeferredFacts.of),
            plan.isRefresh(of: table.entries[at].entity, mayWait: deferred.covers)
        else {
            if table.entries[at].flags.remove(.refreshed) != nil {
                refreshedBytes -= bytes
                refreshCount -= 1
            }
            return false
        }
        table.apply(plan, to: at)
        refreshedBytes += table.entries[at].byteCount - (flags.contains(.refreshed) ? bytes : 0)
        if table.entries[at].flags.insert(.refreshed).inserted {
            startWaiting(at, shortly: deferred.waitsShortly)
            refreshCount += 1
        }
        assert(refreshedBytes >= table.entries[at].byteCount, "bytes that wait are counted short")
        return true
    }

    private func startWaiting(_ at: Int, shortly: Bool) {
        if shortly { shortlyRefreshed.append(at) } else { refreshed.append(at) }
    }

    /// Lets go of the coldest entities until those that stay take no more than `bytesMax`; they are read back when touched. Only
    /// right after the rows of a flush were taken, when the store holds everything or is about to. Should a row be refused, the
    /// flush still has it.
    public func evict(to bytesMax: Int) {
        assert(dirty.isEmpty && gathered.isEmpty, "evicting what the store does not hold")
        guard table.residentBytes > bytesMax else { return }
        table.evict(to: bytesMax)
        storeMayHoldRows = true
    }

    /// Calls `body` with every resident entity, in no particular order. The views are valid until the shard changes.
    public func forEach(_ body: (_ key: ByteView, _ entity: ByteView) throws -> Void) rethrows {
        for at in 0..<table.slotCount where table.isEntry(at) {
            try body(table.entries[at].key, table.entries[at].entity.bytes)
        }
    }
}
