import CRocksDB

/// How the store tunes RocksDB 7.8. Figures are of rows of 2 KB in flushes of 200 MB, on 2 cores of an AMD EPYC with a local disk.
///
/// Memory is bounded: 64 MB of blocks, indexes and filters, 2 x 32 MB of write buffers, a few MB for each of 2 compactions and
/// for 512 open files, and during an ingestion 40 bytes a row (order and filter).
enum RocksDBOptions {
    static let blockCacheBytes = 64 << 20
    static let writeBufferBytes = 32 << 20
    static let openFilesMax: Int32 = 512
    /// An ingested file that overlaps others goes to level 0. Merging 8 at a time instead of 4 took 13.8 s of CPU instead of 16.6.
    static let level0CompactionTrigger: Int32 = 8
    /// Files in level 0 at which RocksDB slows writes down, and stops them until compaction has caught up.
    static let level0SlowdownTrigger: Int32 = 32
    static let level0StopTrigger: Int32 = 64

    /// Options that the caller destroys after the database is closed.
    static func make(create: Bool, readOnly: Bool) -> OpaquePointer? {
        let options = rocksdb_options_create()
        rocksdb_options_set_create_if_missing(options, create ? 1 : 0)
        setThreads(options)
        rocksdb_options_set_write_buffer_size(options, writeBufferBytes)
        rocksdb_options_set_max_write_buffer_number(options, 2)
        rocksdb_options_set_level0_file_num_compaction_trigger(options, level0CompactionTrigger)
        rocksdb_options_set_level0_slowdown_writes_trigger(options, level0SlowdownTrigger)
        rocksdb_options_set_level0_stop_writes_trigger(options, level0StopTrigger)
        rocksdb_options_set_max_bytes_for_level_base(options, 1 << 30)
        rocksdb_options_set_target_file_size_base(options, 128 << 20)
        // Rows are JSON with long common parts. LZ4 costs a sixth of a flush's rate and gives it back in compaction:
        // over 24 flushes 805 MB/s, where no compression fell to 476.
        rocksdb_options_set_compression(options, Int32(rocksdb_lz4_compression))
        // A reader beside a writer must hold every file of its view: the writer deletes what it has compacted.
        rocksdb_options_set_max_open_files(options, readOnly ? -1 : openFilesMax)
        setLog(options, readOnly: readOnly)
        setTable(options)
        return options
    }

    /// One thread writes full buffers out, one compacts. Compaction has time until level 0 is full, and then writes wait for it: it leaves
    /// the processors to those who have something more urgent to do.
    private static func setThreads(_ options: OpaquePointer?) {
        rocksdb_options_increase_parallelism(options, 2)
        rocksdb_options_set_max_background_jobs(options, 2)
        let environment = rocksdb_create_default_env()
        rocksdb_env_lower_thread_pool_cpu_priority(environment)
        // It is the process's, and stays when this reference to it goes.
        rocksdb_options_set_env(options, environment)
        rocksdb_env_destroy(environment)
    }

    /// RocksDB's own log file: warnings, and a page of settings at each open; 2 files of 1 MB at most.
    private static func setLog(_ options: OpaquePointer?, readOnly: Bool) {
        rocksdb_options_set_info_log_level(options, 2)
        rocksdb_options_set_max_log_file_size(options, 1 << 20)
        rocksdb_options_set_keep_log_file_num(options, 2)
        rocksdb_options_set_stats_dump_period_sec(options, 0)
        rocksdb_options_set_stats_persist_period_sec(options, 0)
        // A reader would move a running writer's log aside. RocksDB logs nothing when it cannot make the directory.
        if readOnly { rocksdb_options_set_db_log_dir(options, "/dev/null/none") }
    }

    private static func setTable(_ options: OpaquePointer?) {
        let table = rocksdb_block_based_options_create()
        rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(10))
        rocksdb_block_based_options_set_block_size(table, 16 << 10)
        let cache = rocksdb_cache_create_lru(blockCacheBytes)
        rocksdb_block_based_options_set_block_cache(table, cache)
        rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1)
        rocksdb_options_set_block_based_table_factory(options, table)
        // The factory holds the cache and the filter policy from here on.
        rocksdb_cache_destroy(cache)
        rocksdb_block_based_options_destroy(table)
    }
}
