import Engine
public import EngineCore
import Glibc
import Synchronization

/// The rows of one worker in a directory of its own, in RocksDB.
///
///     let store = try EmbeddedStore(path: "/var/lib/converge", mode: .createOrOpen)
///     try store.write(Flush(rows: [batch], checkpoints: [checkpoint]))
///
/// A write is durable when it returns, and whole or absent after a crash at any moment, kill -9 and power loss included.
/// Safe from any thread; writes wait for each other. The directory is locked against other processes until the last reference
/// goes away; readers (``Mode/readOnly``) take no lock and disturb nobody.
///
/// Memory is bounded to about 200 MB beside the flush itself (64 MB block cache, 64 MB write buffers, compaction), 40 bytes for
/// each row of a large flush, and while a read is under way the blocks of at most ``lookupCountMax`` rows.
public final class EmbeddedStore: Store {
    public enum Mode: Sendable {
        /// Opens the state, or creates it with its directory (mode 0700; its parent must be there).
        case createOrOpen
        /// Opens what is there for reading, as it is at that moment, even beside a running worker. Writes fail.
        case readOnly
    }

    /// Keys looked up together.
    static let lookupCountMax = 1024
    /// From how many bytes on a flush is written as a table file. Below it the write-ahead log is faster (one sync instead of
    /// five) and spares compaction small files; above it the table file is (it skips the log and the memtable).
    static let ingestByteCountMin = 4 << 20

    public let path: String
    let mode: Mode
    let expiry: Expiry?
    let directory: StateDirectory
    let database: RocksDB
    /// Held during a write: there is one place for the table file.
    let writing: Mutex<WriteState>
    /// What keeps other writers out; -1 of a store for reading.
    private let lock: Int32
    /// As they were found; nil of a new state.
    let found: StateFiles?

    /// `expiry`: which rows are there for nobody any more, and leave the disk within a day; nil: every row stays.
    /// Cost: some milliseconds, and up to a second where a crash left a full write-ahead log (64 MB) to recover.
    public init(path: String, mode: Mode, expiry: Expiry? = nil) throws(StoreError) {
        self.path = path
        self.mode = mode
        self.expiry = expiry
        directory = StateDirectory(path: path)
        switch mode {
        case .createOrOpen:
            let isNew = try directory.prepare() == .new
            lock = try directory.lock()
            do throws(StoreError) {
                found = isNew ? nil : try StateFiles(directory, StateMark.read(of: directory))
                var marker = try StateMarker(directory, found)
                do throws(RocksDBError) {
                    database = try RocksDB(path: path, mode: isNew ? .create : .open, expiry: expiry)
                } catch {
                    throw error.storeError("open", at: path)
                }
                directory.removeLeftovers()
                marker.manifestGrew()
                marker.wrote(database.sequence)
                writing = Mutex(WriteState(marker: marker))
            } catch {
                StateDirectory.unlock(lock)
                throw error
            }
        case .readOnly:
            try directory.require()
            lock = -1
            writing = Mutex(WriteState(marker: nil))
            (database, found) = try EmbeddedStore.openReading(directory)
        }
    }

    deinit {
        seal()
        if lock >= 0 { StateDirectory.unlock(lock) }
    }

    /// Ends the writing: marks the state as ended well, with every file and its size, so that whatever is missing later is noticed. Reads go on.
    /// Where a write failed it does nothing: what is there has to be looked at. Again does nothing.
    ///
    /// `digest`: of all rows, where it is known; it is held against what `converge check` finds.
    public func seal(digest: String? = nil) {
        writing.withLock { state in
            guard let marker = state.marker else { return }
            state.marker = nil
            guard !state.hasFailed else { return marker.end(nil) }
            database.stopBackgroundWork()
            // What cannot be marked now is looked at with less to hold it against when it is opened again: no reason to fail.
            do throws(StoreError) {
                var files = try StateFiles(directory, nil, readsLogs: false)
                files.sequence = database.sequence
                marker.end(files.closedMark(digest: digest))
            } catch {
                marker.end(nil)
            }
        }
    }

    /// A worker that compacts just now may delete files between our reading of their names and opening them.
    private static func openReading(_ directory: StateDirectory) throws(StoreError) -> (RocksDB, StateFiles) {
        var attempts = 0
        while true {
            attempts += 1
            let found: StateFiles
            do throws(StoreError) {
                found = try StateFiles(directory, StateMark.read(of: directory))
            } catch {
                guard error.reason == .corrupt, attempts < 5 else { throw error }
                continue
            }
            do throws(RocksDBError) {
                return (try RocksDB(path: directory.path, mode: .readOnly), found)
            } catch {
                let vanished = error.text.contains("No such file or directory")
                guard vanished, attempts < 5 else { throw error.storeError("open", at: directory.path) }
            }
        }
    }

    /// The digest of all rows, expired ones included, where the tables and logs have no more than so many bytes; else nil. Cost: some
    /// 10 us a row.
    public func digest(ofAtMost bytes: Int) -> String? {
        guard let files = try? StateFiles(directory, nil, readsLogs: false), files.byteCount <= bytes else { return nil }
        return try? StateExport.run(threads: 1) { emit in
            var cursor = RocksDB.Cursor(database, space: KeySpace.rows)
            while try cursor.next() {
                let key = cursor.key
                try emit(key, RowCoding.entity(of: cursor.value, key: key, at: path))
            }
        }.digest
    }

    /// What writes share.
    struct WriteState: ~Copyable {
        /// Nil once nothing is written any more.
        var marker: StateMarker?
        var hasFailed = false
    }

    /// Runs a call on the database; `doing` completes "cannot ... the state" in the error.
    func attempt<Result: ~Copyable>(
        _ doing: String, _ call: () throws(RocksDBError) -> Result
    ) throws(StoreError) -> Result {
        do throws(RocksDBError) { return try call() } catch { throw error.storeError(doing, at: path) }
    }
}
