import CRocksDB
public import Engine
import Glibc

/// Goes on without what is lost of a damaged state, once a person has said so.
public struct StateLoss: Sendable {
    public enum Way: String, Sendable {
        /// The write-ahead log ends before its damage; positions are those of that moment, so what came later is read again as far as it is
        /// still there.
        case cut
        /// Tables are gone or were put together anew. Positions say nothing any more and are forgotten: partitions are read from their
        /// beginning, which changes nothing that is there and brings back whatever is still to be had.
        case rebuilt
    }

    public private(set) var way: Way
    /// The damage.
    public private(set) var reason: String
    /// Writes that were durable and are no longer; nil where nothing tells.
    public private(set) var writesLost: UInt64?
    /// Files that were taken out, in the directory `lost` within the state.
    public private(set) var files: [String] = []
    /// The positions that were forgotten, as they were found.
    public private(set) var positions: [Checkpoint] = []

    /// Nil where nothing is damaged. The state must not be in use. Cost: that of ``StateCheck``, and where tables are put together anew twice that.
    /// Throws what there is that cannot be gone on from.
    public init?(accepting path: String, workers: Int) throws {
        let directory = StateDirectory(path: path)
        let mark = try StateMark.read(of: directory)
        do {
            _ = try StateCheck(path: path, workers: workers)
            return nil
        } catch let error as StoreError where error.reason == .corrupt {
            reason = error.message
        }
        way = try StateLoss.mend(directory)
        files = try StateDirectory(path: StateLoss.place(path)).list().sorted()
        let store = try EmbeddedStore(path: path, mode: .createOrOpen)
        if let mark, mark.sequence > store.database.sequence { writesLost = mark.sequence - store.database.sequence }
        if way == .rebuilt {
            positions = try store.checkpoints()
            try store.forget(positions)
        }
        store.seal()
    }

    private static func place(_ path: String) -> String { "\(path)/lost" }

    private static func mend(_ directory: StateDirectory) throws(StoreError) -> Way {
        let lock = try directory.lock()
        defer { close(lock) }
        let lost = StateDirectory(path: place(directory.path))
        guard mkdir(lost.path, 0o700) == 0 || errno == EEXIST else { throw directory.unwritable("lost", errno) }
        var way = Way.rebuilt
        // Logs alone, where manifest and tables are in order.
        if let files = try? StateFiles(directory, nil, readsLogs: false), try cut(files.logs, directory, lost) {
            way = .cut
        } else {
            try rebuild(directory)
        }
        unlink("\(directory.path)/\(StateMark.name)")
        return way
    }

    /// Cuts the first log that is not whole and takes out those behind it. False where all are whole.
    private static func cut(
        _ logs: [StateMark.Entry], _ directory: StateDirectory, _ lost: StateDirectory
    ) throws(StoreError) -> Bool {
        var isCut = false
        for log in logs {
            guard let file = try StateFile(log.name, of: directory) else { throw directory.damaged(log.name, "is missing") }
            let isWhole = try LogRecords(file, of: directory, keep: 0, isLenient: true) { _ in }.end == .whole
            guard isCut || !isWhole else { continue }
            guard rename("\(directory.path)/\(log.name)", "\(lost.path)/\(log.name)") == 0 else {
                throw directory.unwritable(log.name, errno)
            }
            if !isCut { try StateBackup.bring(log.name, lost, directory, isGrowing: true, isLenient: true) }
            isCut = true
        }
        return isCut
    }

    /// Makes a new manifest of the tables and logs that are there; RocksDB puts what it cannot read into `lost`.
    private static func rebuild(_ directory: StateDirectory) throws(StoreError) {
        let options = RocksDBOptions.make(create: false, readOnly: false)
        defer { rocksdb_options_destroy(options) }
        do throws(RocksDBError) {
            try RocksDB.check { rocksdb_repair_db(options, directory.path, &$0) }
        } catch {
            throw error.storeError("rebuild", at: directory.path)
        }
    }
}
