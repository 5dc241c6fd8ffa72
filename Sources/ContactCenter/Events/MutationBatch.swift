public import Lattice
public import Platform

/// What a batch of records tells: mutations by shard, counts, and what was refused.
///
/// A mutation is an entity holding the registers of one event (``Lattice/EntityView``), written where the shard will read it.
/// A slice is the mutations of one shard, end to end:
///
///     u32 entity length   u32 key length   key   entity
///
/// Beside it lies, end to end as well, where each starts, so that a shard can ask ahead for those to come:
///
///     u64 key hash   u64 start   u32 event
///
/// The event is its number in this batch; a shard says by it which events changed something. Reused: memory is kept.
public final class MutationBatch: @unchecked Sendable {
    static let headerSize = 8
    private static let headSize = 20

    /// How many shards there are.
    public let sliceCount: Int
    private let slices: UnsafeMutablePointer<ByteBuffer>
    /// By slice, of each of its mutations where it starts.
    private let heads: UnsafeMutablePointer<ByteBuffer>

    /// Events decoded so far, by ``EventType``.
    public private(set) var events = [Int](repeating: 0, count: EventType.allCases.count)
    /// Events decoded so far, of all types.
    public private(set) var eventCount = 0
    /// When events say that they happened, in order, for lags; those that carry no time are left out.
    public private(set) var times: [Timestamp] = []
    /// JSON objects of no known shape.
    public internal(set) var unknown = 0
    /// The same by kind, with a sample of each.
    public internal(set) var unknownObjects = UnknownObjects()
    /// Phone numbers, e-mail addresses and chat identities that have no normal form, and so no alias.
    public private(set) var withoutAlias = 0
    /// What was refused, in order; bounded by ``RecordDecoder/rejectionsMax`` a record.
    public internal(set) var rejections: [Rejection] = []
    /// Whether the event that is being written tells an entity more than it can hold (``Lattice/RegisterBounds``).
    private(set) var isOversized = false
    /// Of the event that is being written: its type, and how many times there were before it.
    private var lastType = 0
    private var timesBefore = 0
    private var withoutAliasBefore = 0

    public init(sliceCount: Int) {
        precondition(sliceCount > 0)
        self.sliceCount = sliceCount
        slices = .allocate(capacity: sliceCount)
        heads = .allocate(capacity: sliceCount)
        for slice in 0..<sliceCount {
            (slices + slice).initialize(to: ByteBuffer(capacity: 1 << 16))
            (heads + slice).initialize(to: ByteBuffer(capacity: 1 << 12))
        }
    }

    deinit {
        slices.deinitialize(count: sliceCount)
        slices.deallocate()
        heads.deinitialize(count: sliceCount)
        heads.deallocate()
    }

    /// Forgets everything and keeps the memory.
    public func removeAll() {
        for slice in 0..<sliceCount {
            slices[slice].removeAll()
            heads[slice].removeAll()
        }
        for type in events.indices { events[type] = 0 }
        eventCount = 0
        times.removeAll(keepingCapacity: true)
        unknown = 0
        withoutAlias = 0
        unknownObjects.removeAll()
        isOversized = false
        rejections.removeAll(keepingCapacity: true)
    }

    /// Puts the sample of a kind of unknown objects, by its index, among the rejections. True where there is one.
    public func refuseSample(ofKind kind: Int) -> Bool {
        guard let sample = unknownObjects.kinds[kind].sample else { return false }
        rejections.append(sample)
        return true
    }

    /// Counts an event; what is written until the next call belongs to it.
    @inline(__always)
    func begin(_ type: EventType, at time: Timestamp? = nil) {
        events[type.rawValue] &+= 1
        eventCount &+= 1
        lastType = type.rawValue
        timesBefore = times.count
        withoutAliasBefore = withoutAlias
        if let time { times.append(time) }
    }

    /// Counts an identity that has no alias.
    func countWithoutAlias() { withoutAlias &+= 1 }

    /// Writes a mutation of one entity: `body` writes its registers. One without registers is dropped.
    @inline(__always)
    func mutate(_ kind: EntityKind, _ id: ByteView, _ body: (inout ByteBuffer, inout EntityWriter) -> Void) {
        // The key is hashed where it ends up being one piece: on the stack, which also decides the slice.
        withUnsafeTemporaryAllocation(byteCount: id.count + 1, alignment: 8) { key in
            key[0] = kind.rawValue
            if let from = id.baseAddress { (key.baseAddress.unsafelyUnwrapped + 1).copyMemory(from: from, byteCount: id.count) }
            write(ByteView(key), body)
        }
    }

    @inline(__always)
    private func write(_ key: ByteView, _ body: (inout ByteBuffer, inout EntityWriter) -> Void) {
        let hash = key.hash64
        let number = MutationBatch.slice(of: hash, among: sliceCount)
        let slice = slices + number
        let start = slice.pointee.count
        slice.pointee.reserve(MutationBatch.headerSize + key.count + 1024)
        slice.pointee.appendInteger(UInt32(0))
        slice.pointee.appendInteger(UInt32(truncatingIfNeeded: key.count))
        slice.pointee.append(key)
        let entity = slice.pointee.count
        var writer = EntityWriter(&slice.pointee)
        body(&slice.pointee, &writer)
        if writer.isEmpty {
            slice.pointee.truncate(to: start)
            return
        }
        writer.finish(&slice.pointee)
        let length = slice.pointee.count &- entity
        slice.pointee.store(UInt32(truncatingIfNeeded: length), at: start)
        let head = heads + number
        head.pointee.reserve(MutationBatch.headSize)
        head.pointee.appendInteger(hash)
        head.pointee.appendInteger(UInt64(start))
        head.pointee.appendInteger(UInt32(truncatingIfNeeded: eventCount &- 1))
        if length > RegisterBounds.bytesMin { look(at: EntityView(slice.pointee.bytes.slice(entity, length))) }
    }

    @inline(never)
    private func look(at entity: EntityView) {
        if !entity.isWithinBounds { isOversized = true }
    }

    /// Forgets the last event that was begun, and all that it wrote.
    func takeBackEvent() {
        isOversized = false
        eventCount -= 1
        events[lastType] -= 1
        times.removeLast(times.count - timesBefore)
        withoutAlias = withoutAliasBefore
        for slice in 0..<sliceCount {
            while let last = mutations(ofSlice: slice).last, last.event == UInt32(truncatingIfNeeded: eventCount) {
                slices[slice].truncate(to: last.start)
                heads[slice].truncate(to: heads[slice].count - MutationBatch.headSize)
            }
        }
    }

    /// The shard that owns a key.
    @inline(__always)
    public static func slice(of hash: UInt64, among count: Int) -> Int {
        Int(truncatingIfNeeded: hash.multipliedFullWidth(by: UInt64(truncatingIfNeeded: count)).high)
    }

    /// What one event tells of one entity.
    public struct Mutation {
        /// The event's number in the batch.
        public let event: Int
        /// Of the key; it decided the slice.
        public let hash: UInt64
        /// The entity's key (``EntityKey``).
        public let key: ByteView
        /// The registers that the event tells.
        public let entity: EntityView
    }

    /// The mutations of a slice, in order of writing.
    public struct Mutations {
        fileprivate let heads: ByteView
        fileprivate let bytes: ByteView

        @inline(__always) public var count: Int { heads.count / MutationBatch.headSize }

        /// The hash of a mutation's key.
        @inline(__always)
        public func hash(_ index: Int) -> UInt64 { heads.integer(at: index &* MutationBatch.headSize, as: UInt64.self) }

        /// Where a mutation's key lies, and its registers behind it.
        @inline(__always)
        public func address(_ index: Int) -> UnsafeRawPointer { bytes.baseAddress.unsafelyUnwrapped + start(index) }

        @inline(__always)
        public subscript(index: Int) -> Mutation {
            let header = bytes.slice(start(index), MutationBatch.headerSize)
            let entityLength = Int(header.integer(at: 0, as: UInt32.self))
            let keyLength = Int(header.integer(at: 4, as: UInt32.self))
            let key = start(index) &+ MutationBatch.headerSize
            return Mutation(
                event: Int(event(index)), hash: hash(index), key: bytes.slice(key, keyLength),
                entity: EntityView(bytes.slice(key &+ keyLength, entityLength)))
        }

        fileprivate var last: (start: Int, event: UInt32)? { count == 0 ? nil : (start(count - 1), event(count - 1)) }

        @inline(__always)
        private func start(_ index: Int) -> Int {
            Int(truncatingIfNeeded: heads.integer(at: index &* MutationBatch.headSize &+ 8, as: UInt64.self))
        }

        @inline(__always)
        private func event(_ index: Int) -> UInt32 {
            heads.integer(at: index &* MutationBatch.headSize &+ 16, as: UInt32.self)
        }
    }

    /// The mutations of a slice. Valid until the batch changes.
    @inline(__always)
    public func mutations(ofSlice slice: Int) -> Mutations { Mutations(heads: heads[slice].bytes, bytes: slices[slice].bytes) }

    /// Calls `body` with each mutation of a slice, in order of writing. The views are valid until the batch changes.
    @inline(__always)
    public func forEachMutation(ofSlice slice: Int, _ body: (Mutation) -> Void) {
        let mutations = mutations(ofSlice: slice)
        for index in 0..<mutations.count { body(mutations[index]) }
    }

    /// Whether a shard has nothing to apply.
    public func isEmpty(slice: Int) -> Bool { slices[slice].count == 0 }
}
