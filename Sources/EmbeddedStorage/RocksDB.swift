import CRocksDB
import EngineCore
import Platform

/// RocksDB with typed errors and owned memory: the only type that its C interface is known to.
///
/// `@unchecked Sendable`: every stored property is a constant, and RocksDB's own calls are safe from any thread. The deinit
/// closes the database; cursors and values hold a reference, so it outlives them.
final class RocksDB: @unchecked Sendable {
    let handle: OpaquePointer
    let options: OpaquePointer?
    private let family: OpaquePointer
    private let syncedWrite: OpaquePointer?
    private let pointRead: OpaquePointer?
    private let filter: RowFilter?

    enum Mode { case create, open, readOnly }

    init(path: String, mode: Mode, expiry: Expiry? = nil) throws(RocksDBError) {
        var options = RocksDBOptions.make(create: mode == .create, readOnly: mode == .readOnly)
        if let expiry {
            let filter = RowFilter(expiry)
            options = try filter.install(in: options, every: expiry.sweepInterval)
            self.filter = consume filter
        } else {
            filter = nil
        }
        let opened: (handle: OpaquePointer, family: OpaquePointer)
        do throws(RocksDBError) {
            opened = try RocksDB.open(path, options, readOnly: mode == .readOnly)
        } catch {
            rocksdb_options_destroy(options)
            throw error
        }
        self.options = options
        (handle, family) = opened
        syncedWrite = rocksdb_writeoptions_create()
        rocksdb_writeoptions_set_sync(syncedWrite, 1)
        pointRead = rocksdb_readoptions_create()
    }

    deinit {
        rocksdb_readoptions_destroy(pointRead)
        rocksdb_writeoptions_destroy(syncedWrite)
        rocksdb_column_family_handle_destroy(family)
        rocksdb_close(handle)
        rocksdb_options_destroy(options)
    }

    /// Opened by column family because batched reads want the default one's handle.
    private static func open(
        _ path: String, _ options: OpaquePointer?, readOnly: Bool
    ) throws(RocksDBError) -> (handle: OpaquePointer, family: OpaquePointer) {
        var family: OpaquePointer?
        let handle = try check { message in
            "default".withCString { name in
                var name: UnsafePointer<CChar>? = name
                var options: OpaquePointer? = options
                return readOnly
                    ? rocksdb_open_for_read_only_column_families(options, path, 1, &name, &options, &family, 0, &message)
                    : rocksdb_open_column_families(options, path, 1, &name, &options, &family, &message)
            }
        }
        guard let handle, let family else { throw RocksDBError("opened without a handle") }
        return (handle, family)
    }

    /// Calls RocksDB with a place for its message, and throws the message if there is one.
    static func check<Result>(
        _ call: (inout UnsafeMutablePointer<CChar>?) -> Result
    ) throws(RocksDBError) -> Result {
        var message: UnsafeMutablePointer<CChar>?
        let result = call(&message)
        if let message { throw take(message) }
        return result
    }

    private static func take(_ message: UnsafeMutablePointer<CChar>) -> RocksDBError {
        defer { rocksdb_free(message) }
        return RocksDBError(String(cString: message))
    }

    // MARK: Writing

    /// Puts that become visible and durable together.
    struct Batch: ~Copyable {
        fileprivate let batch = rocksdb_writebatch_create()

        deinit { rocksdb_writebatch_destroy(batch) }

        func put(_ key: ByteView, _ value: ByteView) {
            rocksdb_writebatch_put(batch, key.characters, key.count, value.characters, value.count)
        }

        func delete(_ key: ByteView) { rocksdb_writebatch_delete(batch, key.characters, key.count) }
    }

    /// Returns when the batch is in the synced write-ahead log. Waits, for minutes if need be, while compaction is behind.
    func write(_ batch: borrowing Batch) throws(RocksDBError) {
        let batch = batch.batch
        try RocksDB.check { rocksdb_write(handle, syncedWrite, batch, &$0) }
    }

    /// The number of the newest write.
    var sequence: UInt64 { rocksdb_get_latest_sequence_number(handle) }

    /// Ends what runs in the background, and waits for it. Nothing can be written any more.
    func stopBackgroundWork() { rocksdb_cancel_all_background_work(handle, 1) }

    /// Returns when everything written so far is in table files; at once when it is already.
    func flush() throws(RocksDBError) {
        let flush = rocksdb_flushoptions_create()
        defer { rocksdb_flushoptions_destroy(flush) }
        rocksdb_flushoptions_set_wait(flush, 1)
        try RocksDB.check { rocksdb_flush(handle, flush, &$0) }
    }

    // MARK: Reading

    /// Keys to read together, end to end, in ascending order of their bytes.
    struct Lookup: ~Copyable {
        fileprivate var bytes = ByteBuffer(capacity: 64 << 10)
        fileprivate var lengths: [Int] = []

        var count: Int { lengths.count }

        /// Without the byte of the key space. Cost: linear in the index.
        func key(_ index: Int) -> ByteView {
            let start = lengths[..<index].reduce(0, +)
            return bytes.bytes.slice(start + 1, lengths[index] - 1)
        }

        mutating func append(space: UInt8, _ key: ByteView) {
            bytes.append(space)
            bytes.append(key)
            lengths.append(key.count + 1)
        }

        mutating func removeAll() {
            bytes.removeAll()
            lengths.removeAll(keepingCapacity: true)
        }
    }

    /// What a lookup found, pinned where RocksDB has it until this goes away.
    struct Values: ~Copyable {
        fileprivate let slices: UnsafeMutablePointer<OpaquePointer?>
        let count: Int
        fileprivate let database: RocksDB

        deinit {
            for index in 0..<count {
                if let slice = slices[index] { rocksdb_pinnableslice_destroy(slice) }
            }
            slices.deallocate()
        }

        /// The value of the lookup's key at `index`; nil where there is none.
        subscript(index: Int) -> ByteView? {
            guard let slice = slices[index] else { return nil }
            var length = 0
            return ByteView(start: rocksdb_pinnableslice_value(slice, &length), count: length)
        }
    }

    func read(_ lookup: borrowing Lookup) throws(RocksDBError) -> Values {
        let count = lookup.count
        let slices = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: count)
        slices.initialize(repeating: nil, count: count)
        let values = Values(slices: slices, count: count, database: self)

        var keys: [UnsafePointer<CChar>?] = []
        keys.reserveCapacity(count)
        var at = 0
        for length in lookup.lengths {
            keys.append((lookup.bytes.base + at).assumingMemoryBound(to: CChar.self))
            at += length
        }
        var messages = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
        rocksdb_batched_multi_get_cf(handle, pointRead, family, count, keys, lookup.lengths, slices, &messages, true)
        var failure: RocksDBError?
        for case let message? in messages { failure = RocksDB.take(message) }
        if let failure { throw failure }
        return values
    }

    /// Looks a key of each table up, which reads what a walk does not: filters.
    func touchTables() throws(RocksDBError) {
        guard let files = rocksdb_livefiles(handle) else { return }
        defer { rocksdb_livefiles_destroy(files) }
        for index in 0..<rocksdb_livefiles_count(files) {
            var length = 0
            guard let key = rocksdb_livefiles_smallestkey(files, index, &length), length > 0 else { continue }
            var lookup = Lookup()
            let bytes = ByteView(start: key, count: length)
            lookup.append(space: bytes[0], bytes.slice(1, length - 1))
            _ = try read(lookup)
        }
    }

    /// Walks one key space in ascending order of key bytes, over the state as it is when the cursor is made.
    struct Cursor: ~Copyable {
        private let database: RocksDB
        private let options: OpaquePointer?
        private let iterator: OpaquePointer?
        private let bounds: UnsafeMutablePointer<CChar>
        private var started = false

        /// Begins at the first key that is no less than `first`.
        init(_ database: RocksDB, space: UInt8, from first: ByteView = StaticString("").view) {
            self.database = database
            // The upper bound, then the lower one.
            bounds = .allocate(capacity: 2 + first.count)
            bounds[0] = CChar(bitPattern: space + 1)
            bounds[1] = CChar(bitPattern: space)
            for (offset, byte) in first.enumerated() { bounds[2 + offset] = CChar(bitPattern: byte) }
            options = rocksdb_readoptions_create()
            rocksdb_readoptions_set_iterate_upper_bound(options, bounds, 1)
            rocksdb_readoptions_set_iterate_lower_bound(options, bounds + 1, 1 + first.count)
            rocksdb_readoptions_set_fill_cache(options, 0)
            rocksdb_readoptions_set_readahead_size(options, 2 << 20)
            iterator = rocksdb_create_iterator(database.handle, options)
        }

        deinit {
            rocksdb_iter_destroy(iterator)
            rocksdb_readoptions_destroy(options)
            bounds.deallocate()
        }

        /// Moves to the next entry, at first to the first one; false when there is none.
        mutating func next() throws(RocksDBError) -> Bool {
            if started { rocksdb_iter_next(iterator) } else { rocksdb_iter_seek_to_first(iterator) }
            started = true
            if rocksdb_iter_valid(iterator) != 0 { return true }
            let iterator = iterator
            try RocksDB.check { rocksdb_iter_get_error(iterator, &$0) }
            return false
        }

        /// Without the byte of the key space.
        var key: ByteView {
            var length = 0
            let key = ByteView(start: rocksdb_iter_key(iterator, &length), count: length)
            return key.slice(1, length - 1)
        }

        var value: ByteView {
            var length = 0
            return ByteView(start: rocksdb_iter_value(iterator, &length), count: length)
        }
    }
}

extension ByteView {
    /// The bytes as C has them.
    var characters: UnsafePointer<CChar>? { baseAddress?.assumingMemoryBound(to: CChar.self) }
}
