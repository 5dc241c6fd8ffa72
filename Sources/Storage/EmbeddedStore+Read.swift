public import Bytes
public import Engine

extension EmbeddedStore {
    /// Whether no row was ever written. Cost: one seek.
    public var isEmpty: Bool {
        get throws(StoreError) {
            var cursor = RocksDB.Cursor(database, space: KeySpace.rows)
            return try attempt("read") { () throws(RocksDBError) in try !cursor.next() }
        }
    }

    /// Cost of a key: 1 to 3 us where its block is in memory or a filter tells that there is no row.
    public func read(_ keys: RowBatch, _ found: (Int, ByteView) -> Void) throws(StoreError) {
        var lookup = RocksDB.Lookup()
        var first = 0
        for (key, _) in keys {
            lookup.append(space: KeySpace.rows, key)
            guard lookup.count == EmbeddedStore.lookupCountMax else { continue }
            try read(lookup, first: first, found)
            first += lookup.count
            lookup.removeAll()
        }
        if lookup.count > 0 { try read(lookup, first: first, found) }
    }

    private func read(
        _ lookup: borrowing RocksDB.Lookup, first: Int, _ found: (Int, ByteView) -> Void
    ) throws(StoreError) {
        let values = try values(of: lookup)
        defer { withExtendedLifetime(values) {} }
        for index in 0..<values.count {
            guard let value = values[index] else { continue }
            found(first + index, try RowCoding.entity(of: value, key: lookup.key(index), at: path))
        }
    }

    private func values(of lookup: borrowing RocksDB.Lookup) throws(StoreError) -> RocksDB.Values {
        do throws(RocksDBError) { return try database.read(lookup) } catch { throw error.storeError("read", at: path) }
    }

    public func scan(_ body: (_ key: ByteView, _ entity: ByteView) throws -> Void) throws {
        var cursor = RocksDB.Cursor(database, space: KeySpace.rows)
        while try attempt("read", { () throws(RocksDBError) in try cursor.next() }) {
            let key = cursor.key
            try body(key, try RowCoding.entity(of: cursor.value, key: key, at: path))
        }
    }

    /// Cost: linear in the number of partitions ever read.
    public func checkpoints() throws(StoreError) -> [Checkpoint] {
        var cursor = RocksDB.Cursor(database, space: KeySpace.checkpoints)
        var checkpoints: [Checkpoint] = []
        while try attempt("read", { () throws(RocksDBError) in try cursor.next() }) {
            do throws(CheckpointCoding.Malformed) {
                checkpoints.append(try CheckpointCoding.decode(cursor.value))
            } catch {
                let name = cursor.key.text.split(separator: "\0").joined(separator: "/")
                throw StoreError(.corrupt, "cannot read the checkpoint of \(name) in the state at \(path): \(error.why)")
            }
        }
        return checkpoints
    }

    public func metadata(_ name: String) throws(StoreError) -> String? {
        var name = name
        var lookup = RocksDB.Lookup()
        name.withUTF8 { lookup.append(space: KeySpace.metadata, ByteView($0)) }
        return try values(of: lookup)[0]?.text
    }
}
