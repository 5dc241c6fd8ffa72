import Bytes
import Engine

/// The rows of a flush in ascending order of key bytes, without copying any.
///
/// Keys of one kind often start alike (account, instance), which makes comparing them whole slow. So rows are split by their
/// first byte, the kind; each part finds how many bytes all its keys share, and is sorted by the 8 bytes behind, and by whole
/// keys only where those are equal. Cost: 40 bytes of memory a row, 0.15 us of CPU a row for a million.
struct SortedRows {
    /// Refers into a batch: valid while the batch lives and is not changed.
    private struct Row {
        /// The 8 bytes behind the shared ones, as a number that orders as they do; short keys are filled up with zeros.
        var discriminator: UInt64 = 0
        var key: UnsafeRawPointer
        var entity: UnsafeRawPointer
        var keyLength: UInt32
        var entityLength: UInt32

        var keyBytes: ByteView { ByteView(start: key, count: Int(keyLength)) }
        var entityBytes: ByteView { ByteView(start: entity, count: Int(entityLength)) }
    }

    private let batches: [RowBatch]
    private var kinds: [[Row]] = []

    init(_ batches: [RowBatch]) {
        self.batches = batches
        kinds = [[Row]](repeating: [], count: 256)
        for batch in batches {
            batch.forEach { key, entity in
                // Both lie in the batch's buffer and so have an address, even where they are empty.
                let row = Row(
                    key: key.baseAddress.unsafelyUnwrapped, entity: entity.baseAddress.unsafelyUnwrapped,
                    keyLength: UInt32(key.count), entityLength: UInt32(entity.count))
                kinds[Int(key.first ?? 0)].append(row)
            }
        }
        for kind in kinds.indices where kinds[kind].count > 1 { SortedRows.sort(&kinds[kind]) }
    }

    /// Calls `body` with each row in order. The views are valid during the call.
    func forEach<Failure: Error>(_ body: (_ key: ByteView, _ entity: ByteView) throws(Failure) -> Void) throws(Failure) {
        defer { withExtendedLifetime(batches) {} }
        for kind in kinds {
            for row in kind { try body(row.keyBytes, row.entityBytes) }
        }
    }

    private static func sort(_ rows: inout [Row]) {
        let shared = sharedPrefixLength(rows)
        for index in rows.indices { rows[index].discriminator = discriminator(rows[index].keyBytes, from: shared) }
        rows.sort { a, b in
            a.discriminator != b.discriminator ? a.discriminator < b.discriminator : a.keyBytes.compare(b.keyBytes) < 0
        }
    }

    /// How many bytes every key starts with.
    private static func sharedPrefixLength(_ rows: [Row]) -> Int {
        guard let first = rows.first?.keyBytes else { return 0 }
        var shared = first.count
        for row in rows {
            let key = row.keyBytes
            shared = min(shared, key.count)
            if first.slice(0, shared).equals(key.slice(0, shared)) { continue }
            var same = 0
            while first[same] == key[same] { same += 1 }
            shared = same
        }
        return shared
    }

    private static func discriminator(_ key: ByteView, from start: Int) -> UInt64 {
        let rest = key.slice(start, key.count - start)
        if rest.count >= 8 { return rest.integer(at: 0, as: UInt64.self).byteSwapped }
        var number: UInt64 = 0
        for byte in rest { number = number << 8 | UInt64(byte) }
        return rest.isEmpty ? 0 : number << UInt64(8 * (8 - rest.count))
    }
}
