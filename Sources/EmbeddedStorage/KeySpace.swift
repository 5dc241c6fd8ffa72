import ContactCenter
import EngineCore
import Lattice
import Platform

/// The first byte of every key: what the entry is. Entries of one space lie together, rows in order of their key bytes.
///
///     00 name                  metadata: the value's UTF-8
///     01 partition key         checkpoint: CheckpointCoding
///     02 entity key            row: u8 row format (1), entity encoding
enum KeySpace {
    static let metadata: UInt8 = 0
    static let checkpoints: UInt8 = 1
    static let rows: UInt8 = 2
}

/// A row's value: the version of the row's own format, then the entity.
enum RowCoding {
    static let formatVersion: UInt8 = 1

    static func append(_ entity: ByteView, to buffer: inout ByteBuffer) {
        buffer.append(formatVersion)
        buffer.append(entity)
    }

    /// The entity of a stored row, checked. Cost: a walk over the registers' headers.
    static func entity(of value: ByteView, key: @autoclosure () -> ByteView, at path: String) throws(StoreError) -> ByteView {
        guard let version = value.first else { throw damaged("it is empty", key(), path) }
        guard version == formatVersion else {
            throw damaged(
                "it has row format version \(version); this program reads version \(formatVersion): use a newer program", key(),
                path)
        }
        let entity = value.slice(1, value.count - 1)
        do throws(EncodingError) {
            try EntityView.validate(entity)
        } catch {
            throw damaged("\(error); \(StateDirectory.advice(path))", key(), path)
        }
        return entity
    }

    private static func damaged(_ why: String, _ key: ByteView, _ path: String) -> StoreError {
        StoreError(.corrupt, "cannot read the row \(name(of: key)) of the state at \(path): \(why)")
    }

    /// `contact/1234`: what a person knows a key by.
    private static func name(of key: ByteView) -> String {
        guard key.count > 0 else { return "without a key" }
        let kind = EntityKey(key).kind.map { "\($0.name)" } ?? "kind \(key[0])"
        return "\(kind)/\(EntityKey(key).id.text)"
    }
}
