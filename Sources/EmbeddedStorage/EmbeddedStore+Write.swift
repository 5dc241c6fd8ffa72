public import EngineCore
import Lattice
import Platform

extension EmbeddedStore {
    /// Durable when it returns. On an error nothing of the flush is kept.
    ///
    /// Waits while compaction is behind. Cost of flushes of 50 to 200 MB on 2 cores with a local disk: 700 MB/s with rows of 2 KB,
    /// 490 with 700 bytes, 320 with 300 bytes. RocksDB's three ways of making 200 MB durable did 217 MB/s (synced log), 279
    /// (no log, then a flush of the memtable) and 803 (table file); of 128 KB the log did 186 and a table file 47.
    @discardableResult
    public func write(_ flush: Flush) throws(StoreError) -> RowBatch? {
        try requireWritable()
        var byteCount = 0
        for batch in flush.rows { byteCount += batch.byteCount }
        assertEncoded(flush.rows)
        let isLarge = byteCount >= EmbeddedStore.ingestByteCountMin
        try written(changesManifest: isLarge) { () throws(RocksDBError) in isLarge ? try ingest(flush) : try log(flush) }
        expiry?.tell(ofWritten: flush.rows)
        return nil
    }

    public func setMetadata(_ name: String, _ value: String) throws(StoreError) {
        try requireWritable()
        var entry = Entry()
        entry.set(KeySpace.metadata, key: { $0.append(name) }, value: { $0.append(value) })
        let batch = RocksDB.Batch()
        batch.put(entry.key.bytes, entry.value.bytes)
        try written { () throws(RocksDBError) in try database.write(batch) }
    }

    /// Takes positions out, as if their partitions had never been read.
    func forget(_ checkpoints: [Checkpoint]) throws(StoreError) {
        let batch = RocksDB.Batch()
        var entry = Entry()
        for checkpoint in checkpoints {
            entry.set(checkpoint)
            batch.delete(entry.key.bytes)
        }
        try written { () throws(RocksDBError) in try database.write(batch) }
    }

    /// Runs a write while no other one does, and vouches for it once it has returned.
    func written(
        changesManifest: Bool = false, _ write: () throws(RocksDBError) -> Void
    ) throws(StoreError) {
        try writing.withLock { state throws(StoreError) in
            guard state.marker != nil else {
                throw StoreError(.unavailable, "cannot write to the state at \(path): it was closed")
            }
            do throws(StoreError) { try attempt("write to", write) } catch {
                state.hasFailed = true
                throw error
            }
            if changesManifest { state.marker?.manifestGrew() }
            state.marker?.wrote(database.sequence)
        }
    }

    /// The whole flush as one record of the write-ahead log.
    private func log(_ flush: Flush) throws(RocksDBError) {
        let batch = RocksDB.Batch()
        var entry = Entry()
        for checkpoint in flush.checkpoints {
            entry.set(checkpoint)
            batch.put(entry.key.bytes, entry.value.bytes)
        }
        for rows in flush.rows {
            for row in rows {
                entry.set(row: row.key, row.entity)
                batch.put(entry.key.bytes, entry.value.bytes)
            }
        }
        try database.write(batch)
    }

    /// The whole flush as one table file: ingestion is atomic by file, so checkpoints and rows must share one.
    private func ingest(_ flush: Flush) throws(RocksDBError) {
        let file = try RocksDB.TableFile(database, path: directory.incoming)
        var entry = Entry()
        for checkpoint in EmbeddedStore.sorted(flush.checkpoints) {
            entry.set(checkpoint)
            try file.put(entry.key.bytes, entry.value.bytes)
        }
        for rows in SortedRows(flush.rows).kinds {
            for row in rows {
                entry.set(row: row.key, row.entity)
                try file.put(entry.key.bytes, entry.value.bytes)
            }
        }
        try file.finish()
        try database.ingest(file)
    }

    /// In order of key bytes; the last one of each partition.
    private static func sorted(_ checkpoints: [Checkpoint]) -> [Checkpoint] {
        var latest: [String: Checkpoint] = [:]
        for checkpoint in checkpoints { latest[checkpoint.partition.key] = checkpoint }
        return latest.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value)
    }

    private func requireWritable() throws(StoreError) {
        guard mode == .readOnly else { return }
        throw StoreError(.unavailable, "cannot write to the state at \(path): it was opened for reading only")
    }

    /// What is read back is validated; that it was right when written is the caller's to keep.
    private func assertEncoded(_ batches: [RowBatch]) {
        assert(
            {
                batches.joined().allSatisfy { row in
                    do { try EntityView.validate(row.entity) } catch { return false }
                    return true
                }
            }(), "a row to write is not an entity encoding")
    }
}

/// A key and value as they are stored; memory that is used again for the next one.
private struct Entry: ~Copyable {
    var key = ByteBuffer(capacity: 2048)
    var value = ByteBuffer(capacity: 16 << 10)

    mutating func set(_ space: UInt8, key fillKey: (inout ByteBuffer) -> Void, value fillValue: (inout ByteBuffer) -> Void) {
        key.removeAll()
        key.append(space)
        fillKey(&key)
        value.removeAll()
        fillValue(&value)
    }

    @inline(__always)
    mutating func set(row rowKey: ByteView, _ entity: ByteView) {
        key.removeAll()
        key.append(KeySpace.rows)
        key.append(rowKey)
        value.removeAll()
        RowCoding.append(entity, to: &value)
    }

    mutating func set(_ checkpoint: Checkpoint) {
        set(
            KeySpace.checkpoints, key: { $0.append(checkpoint.partition.key) },
            value: { CheckpointCoding.append(checkpoint, to: &$0) })
    }
}
