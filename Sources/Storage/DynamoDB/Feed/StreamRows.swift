import AWS
import ContactCenter
import EngineCore
import FeedCore
import Lattice
import Platform

/// Reads what records of a table's stream tell. Keeps its memory; not thread-safe.
///
/// Invariant (`@unchecked Sendable`): whoever takes one from ``TableStreams`` has it alone until it is given back.
final class StreamRows: @unchecked Sendable {
    /// What a record tells, and what of it nobody can read.
    struct Found {
        var entries: [FeedEntry] = []
        var damage: StoreError?
    }

    /// An image of a record.
    private enum Image {
        /// There is none, or it is of a row that is no entity.
        case none
        case row(key: [UInt8], name: String, entity: [UInt8])
        /// No program can read it, today or later.
        case damaged(StoreError)
    }

    private let registers: RegistersReader
    private var memory = ByteBuffer(capacity: 16 << 10)

    init(_ dictionaries: RowDictionaries) { registers = RegistersReader(dictionaries) }

    /// Throws where it cannot be read yet: its dictionary is not known, or a newer program wrote it.
    ///
    /// Of a row that is damaged nothing is told, and what replaces it is told whole. `joined`: as ``TableStreams`` has it.
    func read(
        _ record: DynamoDBStreams.StreamRecord, of table: String, joined: (_ key: [UInt8]) -> [UInt8]?
    ) throws(StoreError) -> Found {
        guard record.old != nil || record.new != nil else {
            throw StoreError(
                .unavailable,
                "the stream of the table \(table) shows neither the old nor the new image of a row: it has to show \(TableFound.streamNeeded)"
            )
        }
        let (old, new) = (try image(record.old, of: table), try image(record.new, of: table))
        switch (old, new) {
        case (.row(let key, let name, let before), .row(_, _, let after)):
            return Found(entries: entries(key, name, before, after, joined))
        case (_, .row(let key, let name, let after)):
            return Found(entries: entries(key, name, nil, after, joined))
        case (_, .damaged(let error)): return Found(damage: error)
        case (.row(let key, let name, let before), .none):
            return Found(entries: entries(key, name, before, nil, joined))
        case (.damaged, .none):
            let place = record.old.flatMap { DynamoDBRow.place(of: $0) }
            return Found(
                entries: place.map {
                    [FeedEntry(form: .gone, key: $0.key, row: $0.row, entity: EntityView.emptyEncoding)]
                } ?? [])
        case (.none, .none): return Found()
        }
    }

    private func image(_ item: ItemView?, of table: String) throws(StoreError) -> Image {
        guard let item else { return .none }
        memory.removeAll()
        do throws(DynamoDBRow.Unreadable) {
            guard let row = try DynamoDBRow.parse(item, of: table, with: registers, into: &memory) else { return .none }
            return .row(key: Array(row.key(in: memory.bytes)), name: row.name, entity: Array(row.entity(in: memory.bytes)))
        } catch {
            guard case .malformed = error else { throw error.error(of: item, table) }
            return .damaged(error.error(of: item, table))
        }
    }

    private func entries(
        _ key: [UInt8], _ row: String, _ old: [UInt8]?, _ new: [UInt8]?, _ joined: (_ key: [UInt8]) -> [UInt8]?
    ) -> [FeedEntry] {
        func entries(_ joined: EntityView?) -> [FeedEntry] {
            FeedEntry.entries(key: key, row: row, old: old, new: new, joined: joined)
        }
        // Only what stands against an old image can be a repetition.
        guard old != nil, new != nil, let joined = joined(key) else { return entries(nil) }
        return joined.withUnsafeBytes { entries(EntityView($0)) }
    }
}
