import Lattice
import Platform

/// What one version of a row told: registers of one entity.
///
/// It is a mutation like any other: who joins the entries of a feed to what it has read has the state, in any order and however often.
package struct FeedEntry: Equatable, Sendable {
    package enum Form: UInt8, Sendable {
        /// Changes that clients are told.
        case told = 0
        /// What merely repeats: a newer stamp on a known value, a heartbeat. Indexes join it, clients are not told.
        case quiet = 1
        /// The row is gone: its time was over, or it was erased.
        case gone = 2
    }

    package var form: Form
    /// The entity's key, as ``EntityKey`` has it.
    package var key: [UInt8]
    /// Whose row of the entity it is: `us-east-1`, `us-east-1#2`.
    package var row: String
    /// The registers, an entity's encoding; of a row that is gone the newest that it had, one.
    package var entity: [UInt8]

    package init(form: Form, key: [UInt8], row: String, entity: [UInt8]) {
        self.form = form
        self.key = key
        self.row = row
        self.entity = entity
    }

    /// Registers, each of which takes a position.
    package var count: Int { entity.withUnsafeBytes { EntityView($0).count } }

    /// Bytes that it takes in a batch, before that is compressed.
    package var size: Int { key.count + row.utf8.count + entity.count + 8 }
}

extension FeedEntry {
    /// What a new version of a row tells that the version before did not have: by what the stream itself shows of both. It needs no memory,
    /// so any follower makes the same of a record, as often as it is read.
    ///
    /// `old` nil: there was no row. `new` nil: there is none any more. `joined`: what is known of the entity, of all its rows, nil where
    /// nothing is. A known value under a newer stamp is quiet only where all rows said that value before: another Region may have said
    /// something else in between, and then the value changes although the row does not. At most two entries, and pieces of those that
    /// are larger than a batch.
    package static func entries(
        key: [UInt8], row: String, old: [UInt8]?, new: [UInt8]?, joined: EntityView? = nil
    ) -> [FeedEntry] {
        let before = old ?? EntityView.emptyEncoding
        guard let new else {
            var pieces = Pieces(.gone, key, row)
            before.withUnsafeBytes { bytes in
                let newest = EntityView(bytes).max { $0.stamp.compare($1.stamp) < 0 }
                if let newest { pieces.append(newest.bytes) }
            }
            return pieces.finished()
        }
        var told = Pieces(.told, key, row)
        var quiet = Pieces(.quiet, key, row)
        before.withUnsafeBytes { before in
            new.withUnsafeBytes { new in
                var others = EntityView(before).makeIterator()
                var other = others.next()
                for register in EntityView(new) {
                    while let found = other, found.path.compare(register.path) < 0 { other = others.next() }
                    let known = other.flatMap { $0.path.equals(register.path) ? $0 : nil }
                    if let known, known.bytes.equals(register.bytes) { continue }
                    let isRepeated = known.map { register.repeats($0) } ?? false
                    if register.isHeartbeat || isRepeated && joined?.register(register.path).map(register.repeats) ?? false {
                        quiet.append(register.bytes)
                    } else {
                        told.append(register.bytes)
                    }
                }
            }
        }
        return told.finished() + quiet.finished()
    }

    /// Registers of one form, cut so that each piece fits into a batch.
    private struct Pieces {
        /// Bytes after which a piece ends.
        private static let bytesMax = FeedBatch.bytesMax / 2
        private let form: Form
        private let key: [UInt8]
        private let row: String
        private var done: [FeedEntry] = []
        private var bytes: [UInt8] = []
        private var count: UInt32 = 0

        init(_ form: Form, _ key: [UInt8], _ row: String) {
            self.form = form
            self.key = key
            self.row = row
        }

        mutating func append(_ register: ByteView) {
            if count == FeedPosition.registersMax || count > 0 && bytes.count + register.count > Pieces.bytesMax { close() }
            if count == 0 { bytes = EntityView.emptyEncoding }
            bytes += register
            count += 1
        }

        mutating func finished() -> [FeedEntry] {
            if count > 0 { close() }
            return done
        }

        private mutating func close() {
            for byte in 0..<4 { bytes[4 + byte] = UInt8(truncatingIfNeeded: count >> (8 * UInt32(byte))) }
            done.append(FeedEntry(form: form, key: key, row: row, entity: bytes))
            count = 0
        }
    }
}

extension RegisterView {
    /// When something was last heard of, and how many contacts were started: who wants to know asks.
    fileprivate var isHeartbeat: Bool { rule == .sketch || path.count > 5 && path.slice(0, 5).equals("seen/") }

    /// Whether it says what another said before, under a newer stamp.
    fileprivate func repeats(_ other: RegisterView) -> Bool {
        switch rule {
        case .lastWriterWins, .max, .min:
            return other.rule == rule && isTombstone == other.isTombstone && value.equals(other.value) && contest(other) > 0
        case .union, .sketch: return false
        }
    }
}
