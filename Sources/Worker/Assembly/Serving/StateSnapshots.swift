import EmbeddedStorage
import EngineCore
import Platform
import Synchronization

/// The state of a directory that another process writes: as it was when it was opened last. ``renew()`` opens it again.
///
/// Reads never wait for that: they have the view before until the next one is there.
final class StateSnapshots: Store {
    private let path: String
    private let expiry: Expiry
    private let current: Mutex<EmbeddedStore>

    init(path: String, expiry: Expiry) throws(StoreError) {
        self.path = path
        self.expiry = expiry
        current = Mutex(try EmbeddedStore(path: path, mode: .readOnly, expiry: expiry))
    }

    private var view: EmbeddedStore { current.withLock { $0 } }

    /// Cost: some milliseconds, and up to a second where the writer's log is full (64 MB).
    func renew() throws(StoreError) {
        let next = try EmbeddedStore(path: path, mode: .readOnly, expiry: expiry)
        // The one before is closed by its last reader, and not under the lock.
        let before = current.withLock { current in
            defer { current = next }
            return current
        }
        withExtendedLifetime(before) {}
    }

    func read(_ keys: RowBatch, _ found: (Int, ByteView, Revision) -> Void) throws(StoreError) { try view.read(keys, found) }

    func write(_ flush: Flush) throws(StoreError) -> RowBatch? { try view.write(flush) }

    func checkpoints() throws(StoreError) -> [Checkpoint] { try view.checkpoints() }

    func scan(from first: ByteView, _ body: (_ key: ByteView, _ entity: ByteView) throws -> Bool) throws {
        try view.scan(from: first, body)
    }

    func metadata(_ name: String) throws(StoreError) -> String? { try view.metadata(name) }

    func setMetadata(_ name: String, _ value: String) throws(StoreError) { try view.setMetadata(name, value) }
}
