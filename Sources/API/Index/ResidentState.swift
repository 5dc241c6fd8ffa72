import ContactCenter
import EngineCore
import FeedCore
import Lattice
import Platform
import Synchronization

/// The entities that a process has in memory: what lists are answered from, and who wants one entity with the age that it has here.
///
/// Who follows the feed fills it from one thread at a time: a scan, and every batch. Any thread reads. Bound: bytes (``FeedView``).
public final class ResidentState: Sendable {
    private struct State {
        var view: FeedView
        /// Up to when all is in it, in milliseconds since 1970; nil before the first scan ended.
        var asOf: Int64?
    }

    private let state: Mutex<State>

    package init(bytesMax: Int) { state = Mutex(State(view: FeedView(bytesMax: bytesMax), asOf: nil)) }

    // MARK: What comes in

    package func beginScan() { state.withLock { $0.view.beginScan() } }

    package func found(_ key: ByteView, row: String, _ entity: ByteView) {
        state.withLock { $0.view.found(key, row: row, entity) }
    }

    package func endScan() { state.withLock { $0.view.endScan() } }

    package func take(_ batch: FeedBatch) { state.withLock { $0.view.take(batch) } }

    /// All that was durable at a time is here: milliseconds since 1970. To be called again and again: what nobody says grows old.
    package func isCurrent(asOf time: Int64) { state.withLock { $0.asOf = max(time, $0.asOf ?? time) } }

    /// The joined registers of an entity; nil where it is not here.
    package func entity(_ key: [UInt8]) -> [UInt8]? { state.withLock { $0.view.entity(key) } }

    // MARK: What is read

    /// How much of a kind is here.
    public struct Extent: Sendable, Equatable {
        /// Up to when everything is here; nil: nobody knows, and nothing may be answered.
        public var asOf: Timestamp?
        /// Whether no entity of the kind had to leave.
        public var isWhole: Bool
    }

    package func extent(of kind: EntityKind) -> Extent {
        state.withLock { state in
            Extent(asOf: state.asOf.map { Timestamp(milliseconds: $0) }, isWhole: state.view.isWhole(kind))
        }
    }

    /// Calls `body` with entities of a kind in ascending order of the bytes of their ids, behind `id`, until it says false. What follows
    /// the feed waits meanwhile: a caller bounds what it looks at.
    package func page(_ kind: EntityKind, after id: [UInt8]?, _ body: (EntityKey, EntityView) -> Bool) {
        state.withLock { $0.view.page(kind, after: id, body) }
    }
}
