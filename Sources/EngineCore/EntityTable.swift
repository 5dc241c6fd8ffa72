import CIntrinsics
import func Glibc.free
import func Glibc.malloc
import func Glibc.realloc
import Lattice
import Observability
import Platform

/// The resident entities of one shard: a hash table whose values are the canonical encodings themselves.
///
/// One allocation an entity, key and encoding together, with some slack for growth; 40 bytes of entry and 8 to 16 of
/// bucket beside it. Not thread-safe: a shard belongs to one thread.
///
/// Invariants: `buckets` is a power of two and at most three quarters full; a bucket holds the upper half of a key's hash and
/// the entry's index plus one, 0 when free, and lies as near behind its home, which the lower half of the hash names, as those
/// before it allow; a slot holds an entry or is free. An entry owns `memory`: `keyLength` bytes of key, then `entityLength`
/// of encoding, within `capacity`.
package struct EntityTable: ~Copyable {
    package struct Entry {
        package var memory: UnsafeMutableRawPointer
        package var keyLength: UInt16
        package var flags: Flags
        /// Of an entry that was only refreshed: the number of the run that it waits in (``Shard/refreshes``).
        package var refreshRun: UInt8 = 0
        package var entityLength: UInt32
        package var capacity: UInt32
        /// The lower half of the key's hash.
        package let hash: UInt32
        /// The write that left, or is about to leave, the row in the store.
        package var revision = Revision.none

        @inline(__always) package var key: ByteView { ByteView(start: memory, count: Int(keyLength)) }
        @inline(__always) package var entity: EntityView {
            EntityView(ByteView(start: memory + Int(keyLength), count: Int(entityLength)))
        }
        @inline(__always) package var byteCount: Int { Int(keyLength) + Int(entityLength) }
    }

    package struct Flags: OptionSet {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Changed since the last flush took it.
        package static let dirty = Flags(rawValue: 1)
        /// Holds what the store holds, too: its row was read, or is known not to be.
        package static let loaded = Flags(rawValue: 2)
        /// Part of the flush that is being gathered.
        package static let gathered = Flags(rawValue: 4)
        /// Told of again since the hand of ``EntityTable/evict(to:)`` went by.
        package static let touched = Flags(rawValue: 8)
        /// Refreshed since the last flush took it, and nothing else (``Shard/refreshInterval``).
        package static let refreshed = Flags(rawValue: 32)
        /// Part of the flush that is being gathered for its refreshes alone.
        package static let repeats = Flags(rawValue: 64)
        /// No entry: a slot for the next one. Its capacity is the number of the free slot after it.
        package static let free = Flags(rawValue: 16)
    }

    /// What an entry takes beside its memory: itself, its share of the buckets, and malloc's word.
    package static let overhead = MemoryLayout<Entry>.stride + 16 + 8

    package private(set) var entries: UnsafeMutablePointer<Entry>
    package private(set) var count = 0
    /// Entries and free slots between them.
    package private(set) var slotCount = 0
    /// The index of a free slot plus one, 0 where there is none.
    private var firstFree = 0
    private var entryCapacity: Int
    private var buckets: UnsafeMutablePointer<UInt64>
    private var bucketMask: Int
    /// Bytes that the entries take, all told.
    package private(set) var residentBytes = 0
    /// Where ``evict(to:)`` goes on.
    private var hand = 0

    package init(capacity: Int = 1024) {
        var size = 16
        while size * 3 / 4 < capacity { size *= 2 }
        entryCapacity = size * 3 / 4
        entries = .allocate(capacity: entryCapacity)
        buckets = .allocate(capacity: size)
        buckets.initialize(repeating: 0, count: size)
        bucketMask = size - 1
    }

    deinit {
        for index in 0..<slotCount where isEntry(index) { free(entries[index].memory) }
        entries.deallocate()
        buckets.deallocate()
    }

    @inline(__always)
    private func bucket(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & bucketMask }

    /// The index of a key's entry, nil where there is none.
    @inline(__always)
    package func find(_ key: ByteView, hash: UInt64) -> Int? {
        let high = hash >> 32
        var at = bucket(hash)
        while true {
            let bucket = buckets[at]
            if bucket == 0 { return nil }
            if bucket >> 32 == high {
                let index = Int(bucket & 0xFFFF_FFFF) &- 1
                if entries[index].key.equals(key) { return index }
            }
            at = (at &+ 1) & bucketMask
        }
    }

    // A look-up waits for cache misses, one after the other: bucket, entry, memory, what lies further back in it. These ask for each
    // of them ahead of time, for a key that will be looked up a little later; each step needs the one before to have arrived.

    @inline(__always)
    package func prefetchBucket(_ hash: UInt64) { converge_prefetch(buckets + bucket(hash)) }

    @inline(__always)
    package func prefetchEntry(_ hash: UInt64) {
        if let index = probableIndex(hash) { converge_prefetch(entries + index) }
    }

    @inline(__always)
    package func prefetchMemory(_ hash: UInt64) {
        guard let index = probableIndex(hash) else { return }
        let memory = entries[index].memory
        let length = entries[index].byteCount
        for line in 0..<min(EntityTable.linesAhead, length / 64 + 2) { converge_prefetch(memory + line * 64) }
        guard length > EntityTable.linesAhead * 64 else { return }
        // A join looks at the head of every register. Those behind the long ones, as an agent's snapshots are, stand at the end.
        for line in 0..<4 { converge_prefetch(memory + length - 1 - line * 64) }
    }

    /// The head of the first register that lies behind what ``prefetchMemory(_:)`` has asked for.
    @inline(__always)
    func prefetchRegister(_ hash: UInt64) {
        guard let index = probableIndex(hash) else { return }
        let ahead = EntityTable.linesAhead * 64 - Int(entries[index].keyLength)
        guard let register = entries[index].entity.firstRegister(atOrBehind: ahead) else { return }
        converge_prefetch(register)
        converge_prefetch(register + 64)
    }

    /// Cache lines of an entry's memory that are asked for ahead of time.
    private static let linesAhead = 6

    /// The entry whose bucket has this hash's upper half: the key's own in all but one of four billion cases.
    @inline(__always)
    private func probableIndex(_ hash: UInt64) -> Int? {
        var at = bucket(hash)
        while true {
            let bucket = buckets[at]
            if bucket == 0 { return nil }
            if bucket >> 32 == hash >> 32 { return Int(bucket & 0xFFFF_FFFF) &- 1 }
            at = (at &+ 1) & bucketMask
        }
    }

    /// Adds an entry for a key that has none.
    package mutating func insert(_ key: ByteView, hash: UInt64, entity: ByteView, flags: Flags) -> Int {
        assert(find(key, hash: hash) == nil, "a key has two entries")
        assert(key.count <= Int(UInt16.max) && !key.isEmpty)
        if firstFree == 0, slotCount == entryCapacity { grow() }
        let capacity = EntityTable.capacity(for: key.count + entity.count)
        guard let memory = malloc(capacity) else { preconditionFailure("out of memory") }
        if let from = key.baseAddress { memory.copyMemory(from: from, byteCount: key.count) }
        if let from = entity.baseAddress { (memory + key.count).copyMemory(from: from, byteCount: entity.count) }
        residentBytes += capacity + EntityTable.overhead
        let index = takeSlot()
        (entries + index).initialize(
            to: Entry(
                memory: memory, keyLength: UInt16(key.count), flags: flags, entityLength: UInt32(entity.count),
                capacity: UInt32(capacity), hash: UInt32(truncatingIfNeeded: hash)))
        place((hash & ~0xFFFF_FFFF) | UInt64(index + 1), at: bucket(hash))
        return index
    }

    private mutating func takeSlot() -> Int {
        count += 1
        guard firstFree > 0 else {
            slotCount += 1
            return slotCount - 1
        }
        let index = firstFree - 1
        firstFree = Int(entries[index].capacity)
        return index
    }

    /// Whether the slot holds an entry.
    @inline(__always)
    package func isEntry(_ index: Int) -> Bool { !entries[index].flags.contains(.free) }

    /// Applies a join that was planned for this entry.
    @inline(__always)
    package mutating func apply(_ plan: borrowing JoinPlan, to index: Int) {
        let keyLength = Int(entries[index].keyLength)
        let length = Int(entries[index].entityLength)
        let needed = keyLength + length + plan.roomNeeded
        if needed > Int(entries[index].capacity) { enlarge(index, to: needed) }
        let joined = plan.apply(to: entries[index].memory + keyLength, length: length)
        assert(keyLength + joined <= Int(entries[index].capacity), "a join wrote behind its entry")
        entries[index].entityLength = UInt32(joined)
    }

    // MARK: - Letting go

    /// Lets go of clean entries until those that stay take no more than `bytesMax`, or none is clean.
    ///
    /// The coldest go first, by second chance: a hand goes round the slots and spares once what was told of again since it last went
    /// by. New entries come into the slots that it has just freed, so that it comes to them last. Cost: a look at each slot that
    /// the hand passes, at most twice round; an entry that goes moves up the buckets behind its own.
    package mutating func evict(to bytesMax: Int) {
        var looks = 2 * slotCount
        while residentBytes > bytesMax, looks > 0 {
            looks -= 1
            if hand >= slotCount { hand = 0 }
            let flags = entries[hand].flags
            if flags.contains(.touched) {
                entries[hand].flags.remove(.touched)
            } else if flags.isDisjoint(with: [.dirty, .refreshed, .gathered, .free]) {
                remove(hand)
            }
            hand += 1
        }
    }

    private mutating func remove(_ index: Int) {
        assert(
            entries[index].flags.isDisjoint(with: [.dirty, .refreshed, .gathered, .free]),
            "what the store does not hold is let go")
        vacate(slot(of: index))
        free(entries[index].memory)
        residentBytes -= Int(entries[index].capacity) + EntityTable.overhead
        entries[index].flags = .free
        entries[index].capacity = UInt32(firstFree)
        firstFree = index + 1
        count -= 1
        assert(count >= 0 && residentBytes >= 0)
    }

    /// The bucket of an entry.
    private func slot(of index: Int) -> Int {
        var at = home(index)
        while Int(buckets[at] & 0xFFFF_FFFF) != index + 1 { at = (at &+ 1) & bucketMask }
        return at
    }

    /// Frees a bucket and moves up those behind that would no longer be found.
    private mutating func vacate(_ slot: Int) {
        var hole = slot
        var at = (slot &+ 1) & bucketMask
        while buckets[at] != 0 {
            let home = home(Int(buckets[at] & 0xFFFF_FFFF) - 1)
            if (at &- home) & bucketMask >= (at &- hole) & bucketMask {
                buckets[hole] = buckets[at]
                hole = at
            }
            at = (at &+ 1) & bucketMask
        }
        buckets[hole] = 0
    }

    // MARK: - Room

    /// Entities grow with every new register, so there is room for some, and for more once one has grown: a share of their size, of
    /// large ones two or three registers at least. With malloc's word before it, what it hands out in any case.
    private static func capacity(for size: Int, share: Int = 8) -> Int {
        let room = max(min(size / share, 512), size / 16)
        return ((size + room + 23) & ~15) | 8
    }

    @inline(never)
    private mutating func enlarge(_ index: Int, to size: Int) {
        let capacity = EntityTable.capacity(for: size, share: 3)
        guard let memory = realloc(entries[index].memory, capacity) else { preconditionFailure("out of memory") }
        residentBytes += capacity - Int(entries[index].capacity)
        entries[index].memory = memory
        entries[index].capacity = UInt32(capacity)
    }

    private func place(_ bucket: UInt64, at home: Int) {
        var at = home
        while buckets[at] != 0 { at = (at &+ 1) & bucketMask }
        buckets[at] = bucket
    }

    @inline(__always)
    private func home(_ index: Int) -> Int { Int(entries[index].hash) & bucketMask }

    @inline(never)
    private mutating func grow() {
        let (before, size) = (buckets, bucketMask + 1)
        let moved = UnsafeMutablePointer<Entry>.allocate(capacity: size * 2 * 3 / 4)
        moved.moveInitialize(from: entries, count: slotCount)
        entries.deallocate()
        entries = moved
        entryCapacity = size * 2 * 3 / 4
        buckets = .allocate(capacity: size * 2)
        buckets.initialize(repeating: 0, count: size * 2)
        bucketMask = size * 2 - 1
        for slot in 0..<size where before[slot] != 0 {
            place(before[slot], at: home(Int(before[slot] & 0xFFFF_FFFF) - 1))
        }
        before.deallocate()
    }
}
