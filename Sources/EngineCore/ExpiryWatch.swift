public import ContactCenter
import Lattice
public import Platform
import Synchronization

/// Counts the rows that expire, and tells of the first one that was past its time already when it was written: whoever feeds a worker old events
/// would otherwise see them merged and find nothing.
public final class ExpiryWatch: Sendable {
    private let writtenCount = Atomic<Int>(0)
    private let removedCount = Atomic<Int>(0)
    private let tell: @Sendable (_ kind: EntityKind, _ id: String, _ latest: Timestamp) -> Void

    /// `tell` is called once, with the first such row, on the thread that writes.
    public init(tell: @escaping @Sendable (_ kind: EntityKind, _ id: String, _ latest: Timestamp) -> Void) { self.tell = tell }

    /// Rows that were written past their time; one that is written again counts again.
    public var written: Int { writtenCount.load(ordering: .relaxed) }
    /// Rows that left an embedded store or memory. DynamoDB removes its own.
    public var removed: Int { removedCount.load(ordering: .relaxed) }

    func wrote(_ key: ByteView, _ entity: ByteView) {
        guard writtenCount.add(1, ordering: .relaxed).newValue == 1 else { return }
        guard let kind = EntityKey(key).kind, let latest = EntityView(entity).latest else { return }
        tell(kind, EntityKey(key).id.text, latest)
    }

    package func remove(_ count: Int = 1) { removedCount.add(count, ordering: .relaxed) }
}
