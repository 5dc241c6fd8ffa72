import CRocksDB
public import EngineCore
import Glibc
import Lattice

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
    public init?(accepting path: String, threads: Int) throws {
        let directory = StateDirectory(path: path)
        let mark = try StateMark.read(of: directory)
        do {
            _ = try StateCheck(path: path, threads: threads)
            return nil
        } catch let error as StoreError where error.reason == .corrupt {
            reason = error.message
        }
        way = try StateLoss.mend(directory)
        let store = try EmbeddedStore(path: path, mode: .createOrOpen)
        let lost = StateDirectory(path: StateLoss.place(path))
        if way == .rebuilt { try StateLoss.joinTables(of: lost, into: store) }
        files = try lost.list().sorted()
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
        defer { StateDirectory.unlock(lock) }
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

    /// Joins what can be read of the tables that RocksDB left out: a table that was ingested bears no order of its own, so it cannot be one of
    /// several, but rows are joined in any order. One that was read whole goes.
    private static func joinTables(of lost: StateDirectory, into store: EmbeddedStore) throws {
        for name in try lost.list().sorted() where name.hasSuffix(".sst") {
            let scratch = StateDirectory(path: "\(lost.path)/scratch")
            defer {
                for name in (try? scratch.list()) ?? [] { unlink("\(scratch.path)/\(name)") }
                rmdir(scratch.path)
            }
            var isWhole = false
            do {
                let table = try RocksDB(path: scratch.path, mode: .create)
                try table.ingest(copyOf: "\(lost.path)/\(name)")
                isWhole = try join(RocksDB.Cursor(table, space: KeySpace.rows), into: store)
            } catch let error as RocksDBError where error.kind != .noSpace {
                // A table of another kind, or one of which nothing can be read, stays where it is.
                continue
            }
            if isWhole { unlink("\(lost.path)/\(name)") }
        }
    }

    /// Whether all could be read. Memory: some thousand rows.
    private static func join(_ rows: consuming RocksDB.Cursor, into store: EmbeddedStore) throws -> Bool {
        var rows = rows
        var isWhole = true
        var isOver = false
        while !isOver {
            let shard = Shard(index: 0)
            let keys = RowBatch()
            var copies: [[UInt8]] = []
            while keys.count < EmbeddedStore.lookupCountMax, !isOver {
                do throws(RocksDBError) { isOver = try !rows.next() } catch { (isOver, isWhole) = (true, false) }
                if isOver { break }
                let key = rows.key
                guard let entity = try? RowCoding.entity(of: rows.value, key: key, at: "") else {
                    isWhole = false
                    continue
                }
                shard.merge(key, hash: key.hash64, EntityView(entity))
                keys.append(key: key)
                copies.append(Array(key))
            }
            try store.read(keys) { index, entity, _ in
                copies[index].withUnsafeBytes { key in
                    _ = shard.merge(key, hash: key.hash64, EntityView(entity))
                }
            }
            let joined = RowBatch()
            shard.forEach { joined.append(key: $0, entity: $1) }
            try store.write(Flush(rows: [joined], checkpoints: []))
        }
        return isWhole
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
