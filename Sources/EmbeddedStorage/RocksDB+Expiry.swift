import CRocksDB
import EngineCore
import Platform

/// Expired rows leave the disk when a compaction comes by; every file has one at least once in ``Expiry/sweepInterval``.
///
/// That costs no index and no write of its own: a compaction reads and writes these rows anyway.
struct RowFilter: ~Copyable {
    private let filter: OpaquePointer?

    init(_ expiry: Expiry) {
        filter = rocksdb_compactionfilter_create(
            Unmanaged.passRetained(ExpiryBox(expiry)).toOpaque(), releaseExpiry, filterRow, filterName)
    }

    deinit { rocksdb_compactionfilter_destroy(filter) }

    /// Options that filter, in the place of those given. The filter has to outlive the database.
    func install(in options: OpaquePointer?, every milliseconds: Int64) throws(RocksDBError) -> OpaquePointer? {
        defer { rocksdb_options_destroy(options) }
        let all = rocksdb_options_create()
        do throws(RocksDBError) {
            // The C interface has no call for it.
            let period = "periodic_compaction_seconds=\(milliseconds / 1000)"
            try RocksDB.check { rocksdb_get_options_from_string(options, period, all, &$0) }
        } catch {
            rocksdb_options_destroy(all)
            throw error
        }
        rocksdb_options_set_compaction_filter(all, filter)
        return all
    }
}

private final class ExpiryBox {
    let expiry: Expiry
    init(_ expiry: Expiry) { self.expiry = expiry }
}

// On RocksDB's threads.

private func releaseExpiry(_ state: UnsafeMutableRawPointer?) {
    if let state { Unmanaged<ExpiryBox>.fromOpaque(state).release() }
}

private let name: StaticString = "converge.expiry"

private func filterName(_: UnsafeMutableRawPointer?) -> UnsafePointer<CChar>? {
    UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
}

/// 1 where the entry goes.
private func filterRow(
    _ state: UnsafeMutableRawPointer?, _ level: Int32, _ key: UnsafePointer<CChar>?, _ keyLength: Int,
    _ value: UnsafePointer<CChar>?, _ valueLength: Int, _ newValue: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?,
    _ newValueLength: UnsafeMutablePointer<Int>?, _ isChanged: UnsafeMutablePointer<UInt8>?
) -> UInt8 {
    guard let state, keyLength > 1, key?.pointee == CChar(KeySpace.rows) else { return 0 }
    let row = ByteView(start: key, count: keyLength).slice(1, keyLength - 1)
    // What cannot be read stays, for whoever reads it to say so.
    guard let entity = try? RowCoding.entity(of: ByteView(start: value, count: valueLength), key: row, at: "") else { return 0 }
    let expiry = Unmanaged<ExpiryBox>.fromOpaque(state).takeUnretainedValue().expiry
    guard expiry.hasPassed(row, entity) else { return 0 }
    expiry.watch?.remove()
    return 1
}
