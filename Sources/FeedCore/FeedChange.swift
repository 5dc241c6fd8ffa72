import ContactCenter
import Lattice
import Platform

/// A register of an entity that got another value, or an entity that is no more.
///
///     for change in batch.changes where change.kind == .agent { send(change.position, change.id) }
package struct FeedChange: Equatable, Sendable {
    package var position: FeedPosition
    package var kind: EntityKind
    package var id: String
    /// Encoded; empty where a row of the entity is gone.
    package var path: String
    /// When it happened, by its stamp.
    package var time: Timestamp
    package var isTombstone: Bool
    /// Where the stamp is from; empty where the event names none.
    package var region: String
    /// The id of the event that told it, where that is a UUID; other ids may say who somebody is.
    package var event: String?
    /// The first 32 hexadecimal digits of the SHA-256 of entity, path and stamp: the same however often the change is told, by whomever.
    package var name: String
}

extension FeedBatch {
    /// What clients are told of it, in order of position.
    package var changes: [FeedChange] {
        var changes: [FeedChange] = []
        var index = 0
        for entry in entries {
            guard let kind = entry.key.first.flatMap(EntityKind.init(rawValue:)), entry.form != .quiet else {
                index += entry.count
                continue
            }
            let id = String(decoding: entry.key.dropFirst(), as: UTF8.self)
            entry.entity.withUnsafeBytes { bytes in
                for register in EntityView(bytes) {
                    let isGone = entry.form == .gone
                    changes.append(
                        FeedChange(
                            position: FeedPosition(batch: number, index: index), kind: kind, id: id,
                            path: isGone ? "" : register.path.text, time: register.time,
                            isTombstone: isGone || register.isTombstone, region: register.stamp.region.text,
                            event: register.stamp.id.form == .uuid ? register.stamp.id.text : nil,
                            name: FeedChange.name(entry.key, isGone ? nil : register.path, register.stamp)))
                    index += 1
                }
            }
        }
        return changes
    }
}

extension FeedChange {
    fileprivate static func name(_ key: [UInt8], _ path: ByteView?, _ stamp: Stamp) -> String {
        var text = ByteBuffer()
        // A zero byte is in none of them, but for ids that are told by their form.
        key.withUnsafeBytes { text.append($0) }
        text.append(0)
        if let path { text.append(path) }
        text.append(0)
        text.appendInteger(stamp.time.milliseconds)
        text.append(stamp.rank)
        text.append(stamp.region)
        text.append(0)
        text.append(stamp.id.form.rawValue)
        text.append(stamp.id.bytes)
        var hash = SHA256()
        hash.update(text.bytes)
        return String(hash.finalizeHex().prefix(32))
    }
}
