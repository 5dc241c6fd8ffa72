import ContactCenter
import EngineCore
import Lattice
import Platform
import Synchronization

/// Events that this endpoint has put into the stream, laid over what is read until the tables have them: a writer reads its own writes.
///
/// At most ``countMax`` events for ``keptMilliseconds`` each; at a bound the oldest is no longer laid over, and is read a little later, as
/// everybody else's is.
final class PendingWrites: Sendable {
    static let countMax = 4096
    static let keptMilliseconds: Int64 = 60_000

    private struct Entry {
        var key: [UInt8]
        var entity: [UInt8]
        var at: Int64
    }

    /// Under the lock: a decoder serves one thread.
    private struct State {
        let decoder = RecordDecoder()
        let batch = MutationBatch(sliceCount: 1)
        /// Oldest first, from `first` on.
        var entries: [Entry] = []
        var first = 0
        /// How many there are of an entity.
        var counts: [[UInt8]: Int] = [:]
    }

    private let state: Mutex<State>
    private let clock: @Sendable () -> Timestamp

    init(clock: @escaping @Sendable () -> Timestamp) {
        self.clock = clock
        state = Mutex(State())
    }

    func add(_ event: AcceptedEvent) {
        let (now, told) = (clock().milliseconds, mutations(of: event))
        state.withLock { state in
            for mutation in told {
                state.entries.append(Entry(key: mutation.key, entity: mutation.entity, at: now))
                state.counts[mutation.key, default: 0] += 1
            }
            PendingWrites.forget(&state, now)
        }
    }

    /// Whether a worker can merge it.
    func isMergeable(_ event: AcceptedEvent) -> Bool { !mutations(of: event).isEmpty }

    /// Whether `read` shows all that the event says.
    func isReadable(_ event: AcceptedEvent, through read: EntityReading) throws(StoreError) -> Bool {
        let wanted = mutations(of: event)
        var isThere = false
        try read(event.kind, event.subject) { key, entity in
            isThere = wanted.allSatisfy { mutation in
                guard mutation.key.elementsEqual(key.bytes) else { return true }
                return mutation.entity.withUnsafeBytes { bytes in
                    var joined = ByteBuffer(capacity: 0)
                    return !Join.join(entity, EntityView(bytes), into: &joined).changed
                }
            }
        }
        return isThere
    }

    private func mutations(of event: AcceptedEvent) -> [(key: [UInt8], entity: [UInt8])] {
        state.withLock { state in
            event.bytes.withUnsafeBytes { bytes in
                state.batch.removeAll()
                state.decoder.decode(bytes, arrival: nil, index: 0, into: state.batch)
                let mutations = state.batch.mutations(ofSlice: 0)
                return (0..<mutations.count).map { (Array(mutations[$0].key), Array(mutations[$0].entity.bytes)) }
            }
        }
    }

    /// `read`, with what is pending laid over it.
    func laid(over read: @escaping EntityReading) -> EntityReading {
        { kind, id, found throws(StoreError) in
            let key = EntityKey.bytes(kind, id)
            let pending = self.mutations(of: key)
            guard !pending.isEmpty else { return try read(kind, id, found) }
            var entity: [UInt8]?
            try read(kind, id) { _, view in entity = Array(view.bytes) }
            for mutation in pending { entity = entity.map { PendingWrites.join($0, mutation) } ?? mutation }
            key.withUnsafeBytes { key in entity?.withUnsafeBytes { found(EntityKey(key), EntityView($0)) } }
        }
    }

    /// An entity with what is pending of it; nil where nothing is.
    func laid(over entity: [UInt8], _ key: [UInt8]) -> [UInt8]? {
        let pending = mutations(of: key)
        return pending.isEmpty ? nil : pending.reduce(entity) { PendingWrites.join($0, $1) }
    }

    /// Whether anything may be pending of an entity. Cost: a look-up under the lock.
    func mayHave(_ key: [UInt8]) -> Bool { state.withLock { $0.counts[key] != nil } }

    private static func join(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        a.withUnsafeBytes { left in
            b.withUnsafeBytes { right in
                var joined = ByteBuffer(capacity: left.count + right.count)
                return Join.join(EntityView(left), EntityView(right), into: &joined).changed ? joined.array : a
            }
        }
    }

    private func mutations(of key: [UInt8]) -> [[UInt8]] {
        let now = clock().milliseconds
        return state.withLock { state in
            PendingWrites.forget(&state, now)
            guard state.counts[key] != nil else { return [] }
            return state.entries[state.first...].filter { $0.key == key }.map(\.entity)
        }
    }

    private static func forget(_ state: inout State, _ now: Int64) {
        while state.first < state.entries.count,
            state.entries.count - state.first > countMax || now - state.entries[state.first].at > keptMilliseconds
        {
            let key = state.entries[state.first].key
            let left = (state.counts[key] ?? 1) - 1
            state.counts[key] = left > 0 ? left : nil
            state.first += 1
        }
        if state.first > countMax / 4 {
            state.entries.removeFirst(state.first)
            state.first = 0
        }
    }
}
