import EngineCore
import Platform

/// Rows, or keys to look up, in ascending order of key bytes, without copying any.
///
/// Keys of one kind often start alike (account, instance), which makes comparing them whole slow. So rows are split by their
/// first byte, the kind; each part finds how many bytes all its keys share, and is sorted by the 8 bytes behind, and by whole
/// keys only where those are equal. Memory: 40 bytes a row, twice that while it grows.
struct SortedRows {
    /// A view of a row of a batch.
    struct Row {
        /// The 8 bytes behind the shared ones, as a number that orders as they do; short keys are filled up with zeros.
        fileprivate var discriminator: UInt64 = 0
        fileprivate let keyStart: UnsafeRawPointer
        fileprivate let entityStart: UnsafeRawPointer
        fileprivate let keyLength: UInt32
        fileprivate let entityLength: UInt32
        /// Counts the rows of all batches in order of appending, from 0.
        let index: UInt32

        var key: ByteView { ByteView(start: keyStart, count: Int(keyLength)) }
        var entity: ByteView { ByteView(start: entityStart, count: Int(entityLength)) }
    }

    /// In order; all rows of a kind together.
    private(set) var kinds: [[Row]]

    init(_ batches: [RowBatch]) {
        kinds = [[Row]](repeating: [], count: 256)
        var index: UInt32 = 0
        for batch in batches {
            for row in batch {
                let (key, entity) = (row.key, row.entity)
                // Both lie in the batch's buffer and so have an address, even where they are empty.
                let row = Row(
                    keyStart: key.baseAddress.unsafelyUnwrapped, entityStart: entity.baseAddress.unsafelyUnwrapped,
                    keyLength: UInt32(key.count), entityLength: UInt32(entity.count), index: index)
                index += 1
                kinds[Int(key.first ?? 0)].append(row)
            }
        }
        for kind in kinds.indices where kinds[kind].count > 1 { SortedRows.sort(&kinds[kind]) }
    }

    private static func sort(_ rows: inout [Row]) {
        let shared = sharedPrefixLength(rows)
        for index in rows.indices { rows[index].discriminator = discriminator(rows[index].key, from: shared) }
        rows.sort { a, b in
            a.discriminator != b.discriminator ? a.discriminator < b.discriminator : a.key.compare(b.key) < 0
        }
    }

    /// How many bytes every key starts with.
    private static func sharedPrefixLength(_ rows: [Row]) -> Int {
        guard let first = rows.first?.key else { return 0 }
        var shared = first.count
        for row in rows {
            let key = row.key
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
