import CZstd
import FeedCore
import Lattice
import Platform

/// A batch of the feed as bytes, and back.
///
///     u8 format version (1)   a frame of zstd, with its content's size and checksum
///
/// The content, numbers as varints (seven bits a byte, the lowest first), texts and bytes behind their length:
///
///     number, time; u8 flags (bit 0: reset, bit 1: last); author
///     tables: count, each: name, stream, shards: count, each: id, u8 place (0 start, 1 after, 2 ended), sequence number where it is after
///     one, seen, covered
///     entries: count, each: u8 form, key, row, registers
///
/// The same batch gives the same bytes. Bytes that come from a table are checked, every length and every register: nothing in them can crash a reader.
enum FeedBatchCoding {
    static let formatVersion: UInt8 = 1
    /// Of what a frame may swell to. A batch has 256 KB and its cursor, unless a register of its own is larger, which rows have up to this size.
    static let contentBytesMax = RegistersReader.entityBytesMax + 16 << 20
    private static let level: Int32 = 3

    /// Why bytes are no batch.
    struct Malformed: Error, Equatable { let why: String }

    /// Cost: a pass of zstd, under a millisecond for a batch of its usual bound.
    static func encode(_ batch: FeedBatch) -> [UInt8]? {
        var content = ByteBuffer(capacity: 4 << 10)
        append(batch, to: &content)
        guard content.count <= contentBytesMax, let context = ZSTD_createCCtx() else { return nil }
        defer { ZSTD_freeCCtx(context) }
        for (parameter, value) in [(ZSTD_c_compressionLevel, level), (ZSTD_c_contentSizeFlag, 1), (ZSTD_c_checksumFlag, 1)] {
            guard ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value)) == 0 else { return nil }
        }
        let room = ZSTD_compressBound(content.count)
        var bytes = ByteBuffer(capacity: room + 1)
        bytes.append(formatVersion)
        let size = ZSTD_compress2(context, bytes.extend(by: room), room, content.base, content.count)
        guard ZSTD_isError(size) == 0 else { return nil }
        bytes.truncate(to: 1 + size)
        return bytes.array
    }

    static func decode(_ bytes: [UInt8]) throws(Malformed) -> FeedBatch {
        let content = try content(of: bytes)
        let batch = content.withUnsafeBytes { bytes in
            Result { () throws(Malformed) in try decode(content: bytes) }
        }
        return try batch.get()
    }

    private static func content(of bytes: [UInt8]) throws(Malformed) -> [UInt8] {
        guard let version = bytes.first else { throw Malformed(why: "it is empty") }
        guard version == formatVersion else {
            throw Malformed(
                why: "it has format version \(version); this program reads version \(formatVersion): use a newer program")
        }
        let size = bytes.withUnsafeBytes { bytes -> UInt64? in
            let frame = bytes.slice(1, bytes.count - 1)
            let size = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
            // The two greatest numbers stand for a frame without a size and for damage.
            guard size < UInt64.max - 1, ZSTD_findFrameCompressedSize(frame.baseAddress, frame.count) == frame.count else {
                return nil
            }
            return size
        }
        guard let size else { throw Malformed(why: "it cannot be decompressed") }
        guard size <= contentBytesMax else { throw Malformed(why: "it is larger than \(contentBytesMax >> 20) MiB") }
        let content = [UInt8](unsafeUninitializedCapacity: Int(size)) { room, count in
            let made = bytes.withUnsafeBytes {
                ZSTD_decompress(room.baseAddress, Int(size), $0.baseAddress.map { $0 + 1 }, $0.count - 1)
            }
            count = ZSTD_isError(made) == 0 ? made : 0
        }
        guard content.count == Int(size) else { throw Malformed(why: "it cannot be decompressed") }
        return content
    }

    // MARK: Writing

    private static func append(_ batch: FeedBatch, to content: inout ByteBuffer) {
        content.appendNumber(batch.number)
        content.appendNumber(UInt64(bitPattern: batch.time))
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
                content.appendNumber(UInt64(bitPattern: shard.seen))
                content.appendNumber(UInt64(bitPattern: shard.covered))
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

    private static func decode(content: ByteView) throws(Malformed) -> FeedBatch {
        var reader = Reader(bytes: content)
        let number = try reader.number()
        let time = Int64(bitPattern: try reader.number())
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
            number: number, author: author, time: time, isReset: flags & 1 != 0, isLast: flags & 2 != 0, cursor: cursor,
            entries: entries)
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
            place, seen: Int64(bitPattern: try reader.number()), covered: Int64(bitPattern: try reader.number()))
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
