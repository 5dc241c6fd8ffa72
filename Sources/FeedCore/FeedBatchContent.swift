import Lattice
import Platform

/// What a batch of the feed is as bytes, before they are compressed. Numbers are varints (seven bits a byte, the lowest first), texts and bytes stand
/// behind their length:
///
///     number, time, readTo; u8 flags (bit 0: reset, bit 1: last); author
///     tables: count, each: name, stream, shards: count, each: id, u8 place (0 start, 1 after, 2 ended), sequence number where it is after
///     one, seen, covered
///     entries: count, each: u8 form, key, row, registers
///
/// The same batch gives the same bytes. Bytes are checked, every length and every register: nothing in them can crash a reader.
package enum FeedBatchContent {
    /// Why bytes are no batch.
    package struct Malformed: Error, Equatable {
        package let why: String

        package init(why: String) { self.why = why }
    }

    // MARK: Writing

    package static func append(_ batch: FeedBatch, to content: inout ByteBuffer) {
        content.appendNumber(batch.number)
        content.appendNumber(UInt64(max(batch.time, 0)))
        content.appendNumber(UInt64(max(batch.readTo, 0)))
        content.append((batch.isReset ? 1 : 0) | (batch.isLast ? 2 : 0) as UInt8)
        content.appendText(batch.author)
        content.appendNumber(UInt64(batch.cursor.tables.count))
        for (name, table) in batch.cursor.tables.sorted(by: { $0.key < $1.key }) {
            content.appendText(name)
            content.appendText(table.stream)
            content.appendNumber(UInt64(table.shards.count))
            for (id, shard) in table.shards.sorted(by: { $0.key < $1.key }) {
                content.appendText(id)
                switch shard.place {
                case .start: content.append(0 as UInt8)
                case .after(let sequence):
                    content.append(1 as UInt8)
                    content.appendText(sequence)
                case .ended: content.append(2 as UInt8)
                }
                content.appendNumber(UInt64(max(shard.seen, 0)))
                content.appendNumber(UInt64(max(shard.covered, 0)))
            }
        }
        content.appendNumber(UInt64(batch.entries.count))
        for entry in batch.entries {
            content.append(entry.form.rawValue)
            content.appendBytes(entry.key)
            content.appendText(entry.row)
            content.appendBytes(entry.entity)
        }
    }

    // MARK: Reading

    /// Whatever the bytes are: the batch, or why they are none.
    package static func decode(_ content: ByteView) throws(Malformed) -> FeedBatch {
        var reader = Reader(bytes: content)
        let number = try reader.bounded()
        let time = Int64(try reader.bounded())
        let readTo = Int64(try reader.bounded())
        let flags = try reader.byte()
        guard flags <= 3 else { throw Malformed(why: "it has unknown flags") }
        let author = try reader.text()
        var cursor = FeedCursor()
        for _ in 0..<(try reader.count()) {
            let name = try reader.text()
            var table = FeedCursor.Table(stream: try reader.text())
            for _ in 0..<(try reader.count()) {
                let id = try reader.text()
                guard table.shards[id] == nil else { throw Malformed(why: "it names a shard twice") }
                table.shards[id] = try shard(&reader)
            }
            guard cursor.tables.updateValue(table, forKey: name) == nil else { throw Malformed(why: "it names a table twice") }
        }
        var entries: [FeedEntry] = []
        for _ in 0..<(try reader.count()) { entries.append(try entry(&reader)) }
        guard reader.isAtEnd else { throw Malformed(why: "it has bytes after its end") }
        guard entries.reduce(0, { $0 + $1.count }) <= FeedPosition.registersMax else {
            throw Malformed(why: "it has more than \(FeedPosition.registersMax) registers")
        }
        return FeedBatch(
            number: number, author: author, time: time, readTo: readTo, isReset: flags & 1 != 0, isLast: flags & 2 != 0,
            cursor: cursor, entries: entries)
    }

    private static func shard(_ reader: inout Reader) throws(Malformed) -> FeedCursor.Shard {
        let place: FeedCursor.Place =
            switch try reader.byte() {
            case 0: .start
            case 1: .after(try reader.text())
            case 2: .ended
            default: throw Malformed(why: "it has a place of no known kind")
            }
        return FeedCursor.Shard(
            place, seen: Int64(try reader.bounded()), covered: Int64(try reader.bounded()))
    }

    private static func entry(_ reader: inout Reader) throws(Malformed) -> FeedEntry {
        guard let form = FeedEntry.Form(rawValue: try reader.byte()) else {
            throw Malformed(why: "it has an entry of no known form")
        }
        let key = try reader.slice()
        guard key.count > 1 else { throw Malformed(why: "it has an entry without a key") }
        let row = try reader.text()
        let registers = try reader.slice()
        do throws(EncodingError) { try EntityView.validate(registers) } catch { throw Malformed(why: "\(error)") }
        return FeedEntry(form: form, key: Array(key), row: row, entity: Array(registers))
    }

    private struct Reader {
        let bytes: ByteView
        private var at = 0

        init(bytes: ByteView) { self.bytes = bytes }

        var isAtEnd: Bool { at == bytes.count }

        mutating func byte() throws(Malformed) -> UInt8 {
            guard at < bytes.count else { throw Malformed(why: "it ends early, at byte \(bytes.count)") }
            at += 1
            return bytes[at - 1]
        }

        mutating func number() throws(Malformed) -> UInt64 {
            var number: UInt64 = 0
            for shift in stride(from: 0 as UInt64, to: 64, by: 7) {
                let byte = try byte()
                guard shift < 63 || byte <= 1 else { break }
                number |= UInt64(byte & 0x7F) << shift
                if byte < 0x80 { return number }
            }
            throw Malformed(why: "it has a number of more than 64 bits")
        }

        /// Numbers of batches, and times in milliseconds since 1970: sums and differences of them do not overflow.
        mutating func bounded() throws(Malformed) -> UInt64 {
            let number = try number()
            guard number < 1 << 53 else { throw Malformed(why: "it has a number or a time beyond all bounds") }
            return number
        }

        /// Of things that take a byte each at least.
        mutating func count() throws(Malformed) -> Int {
            let count = try number()
            guard count <= UInt64(bytes.count - at) else { throw Malformed(why: "it ends early, at byte \(bytes.count)") }
            return Int(count)
        }

        mutating func slice() throws(Malformed) -> ByteView {
            let length = try count()
            at += length
            return bytes.slice(at - length, length)
        }

        mutating func text() throws(Malformed) -> String {
            guard let text = String(validating: try slice(), as: UTF8.self) else {
                throw Malformed(why: "it contains text that is not UTF-8")
            }
            return text
        }
    }
}

extension ByteBuffer {
    fileprivate mutating func appendNumber(_ number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    fileprivate mutating func appendText(_ text: String) {
        appendNumber(UInt64(text.utf8.count))
        append(text)
    }

    fileprivate mutating func appendBytes(_ bytes: [UInt8]) {
        appendNumber(UInt64(bytes.count))
        bytes.withUnsafeBytes { append($0) }
    }
}
