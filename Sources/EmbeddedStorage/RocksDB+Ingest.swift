import CRocksDB
import Glibc
import Platform

extension RocksDB {
    /// Writes one table file beside the database, in ascending order of keys.
    ///
    /// The file is nothing to the database until ``RocksDB/ingest(_:)``; one that was never ingested is deleted with this.
    struct TableFile: ~Copyable {
        fileprivate let path: String
        private let environment: OpaquePointer?
        private let writer: OpaquePointer?

        init(_ database: RocksDB, path: String) throws(RocksDBError) {
            self.path = path
            environment = rocksdb_envoptions_create()
            writer = rocksdb_sstfilewriter_create(environment, database.options)
            let writer = writer
            try RocksDB.check { rocksdb_sstfilewriter_open(writer, path, &$0) }
        }

        deinit {
            rocksdb_sstfilewriter_destroy(writer)
            rocksdb_envoptions_destroy(environment)
            // Ingestion leaves nothing behind; this is for everything else.
            unlink(path)
        }

        /// Keys must ascend strictly.
        func put(_ key: ByteView, _ value: ByteView) throws(RocksDBError) {
            try RocksDB.check {
                rocksdb_sstfilewriter_put(writer, key.characters, key.count, value.characters, value.count, &$0)
            }
        }

        /// Completes the file and syncs it.
        func finish() throws(RocksDBError) {
            try RocksDB.check { rocksdb_sstfilewriter_finish(writer, &$0) }
        }
    }

    /// Makes everything in a file that was made for this part of the database; the file stays.
    func ingest(copyOf path: String) throws(RocksDBError) {
        let options = rocksdb_ingestexternalfileoptions_create()
        defer { rocksdb_ingestexternalfileoptions_destroy(options) }
        try RocksDB.check { message in
            path.withCString { path in
                var path: UnsafePointer<CChar>? = path
                rocksdb_ingest_external_file(handle, &path, 1, options, &message)
            }
        }
    }

    /// Makes everything in a finished file part of the database at once, durably. The file is linked in, not copied.
    func ingest(_ file: consuming TableFile) throws(RocksDBError) {
        // What is older than the file must be in table files too: a write-ahead log that loses its tail to a bad disk would
        // otherwise lose rows that the file's checkpoints vouch for.
        try flush()
        // RocksDB slows down and stops writes while compaction is behind, but not ingestions: wait where a write would.
        try write(Batch())
        let options = rocksdb_ingestexternalfileoptions_create()
        defer { rocksdb_ingestexternalfileoptions_destroy(options) }
        rocksdb_ingestexternalfileoptions_set_move_files(options, 1)
        let path = file.path
        defer { withExtendedLifetime(file) {} }
        try RocksDB.check { message in
            path.withCString { path in
                var path: UnsafePointer<CChar>? = path
                rocksdb_ingest_external_file(handle, &path, 1, options, &message)
            }
        }
    }
}
