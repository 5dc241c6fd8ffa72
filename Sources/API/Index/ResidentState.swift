import ContactCenter
import EngineCore
import FeedCore
import Lattice
import Platform

/// The entities that a process has in memory: what lists are answered from, and who wants one entity with the age that it has here.
///
/// Who follows the feed fills it from one thread at a time: a scan, and every batch. Any thread reads. Bound: bytes (``FeedView``).
///
/// One lock for all, under which any number of threads look at a time. Who takes in a batch has it for one entity at a time: a reader never
/// waits for a batch.
public final class ResidentState: Sendable {
    /// How old what is here may be, in milliseconds, for who asks for one entity; beyond that the store is asked.
    package static let ageMax: Int64 = 5_000
    /// A time so far ahead is one of a clock that was set back: nobody knows how old it is.
    private static let aheadMax: Int64 = 1_000

    struct State {
        var view: FeedView
        /// Up to when all is in it, in milliseconds since 1970; nil before the first scan ended.
        var asOf: Int64?
    }

    let state: SharedLock<State>
    /// Whether an entity's time is over: it may be here still, and is nobody's any more.
    let hasPassed: @Sendable (EntityKey, EntityView) -> Bool

    /// `hasPassed`: as the store has it, where entities expire.
    package init(bytesMax: Int, hasPassed: @escaping @Sendable (EntityKey, EntityView) -> Bool = { _, _ in false }) {
        state = SharedLock(State(view: FeedView(bytesMax: bytesMax), asOf: nil))
        self.hasPassed = hasPassed
    }

    // MARK: What comes in

    package func beginScan() { state.withLock { $0.view.beginScan() } }

    package func found(_ key: ByteView, row: String, _ entity: ByteView) {
        state.withLock { $0.view.found(key, row: row, entity) }
    }

    package func endScan() { state.withLock { $0.view.endScan() } }

    package func take(_ batch: FeedBatch) {
        for entry in batch.entries { state.withLock { $0.view.take(entry) } }
    }

    /// All that was durable at a time is here: milliseconds since 1970. To be called again and again: what nobody says grows old.
    package func isCurrent(asOf time: Int64) { state.withLock { $0.asOf = max(time, $0.asOf ?? time) } }

    /// The joined registers of an entity; nil where it is not here.
    package func entity(_ key: [UInt8]) -> [UInt8]? { state.look { $0.view.entity(key) } }

    // MARK: What is read

    /// An entity as it is here.
    package struct Found: Sendable {
        package let entity: [UInt8]
        /// Two of one ``ResidentState`` with equal versions have equal bytes.
        package let version: UInt64
        /// Up to when everything is known that it may have: milliseconds since 1970.
        package let asOf: Int64
    }

    /// An entity to be shown at a time; nil where the store has to be asked: it is not here, its time is over, or what is here is older than
    /// ``ageMax``. Cost: a look-up under the lock, and of kinds that expire a walk over the registers' headers.
    package func found(_ key: [UInt8], now: Int64) -> Found? {
        let found = state.look { state -> Found? in
            guard let asOf = state.asOf, now - asOf <= ResidentState.ageMax, asOf - now <= ResidentState.aheadMax,
                let (entity, version) = state.view.resident(key)
            else { return nil }
            return Found(entity: entity, version: version, asOf: asOf)
        }
        guard let found else { return nil }
        let isOver = key.withUnsafeBytes { key in
            found.entity.withUnsafeBytes { hasPassed(EntityKey(key), EntityView($0)) }
        }
        return isOver ? nil : found
    }

    /// What it takes of memory, about, and of how many entities.
    package var size: (bytes: Int, entities: Int) { state.withLock { ($0.view.bytes, $0.view.count) } }

    /// How much of a kind is here.
    public struct Extent: Sendable, Equatable {
        /// Up to when everything is here; nil: nobody knows, and nothing may be answered.
        public var asOf: Timestamp?
        /// Whether no entity of the kind had to leave.
        public var isWhole: Bool
    }

    package func extent(of kind: EntityKind) -> Extent {
        state.look { state in
            Extent(asOf: state.asOf.map { Timestamp(milliseconds: $0) }, isWhole: state.view.isWhole(kind))
        }
    }
}
