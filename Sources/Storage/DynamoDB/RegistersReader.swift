import CZlib
import CZstd
import ContactCenter
import EngineCore
import JSON
import Lattice
import Platform

/// Reads the attribute `registers` of rows, in every format. Keeps its memory; not thread-safe.
package final class RegistersReader {
    /// Bytes that a compressed entity may have. An item has 400 KB at most, which could swell a thousandfold.
    static let entityBytesMax = 64 << 20

    private let dictionaries: RowDictionaries
    private var context: OpaquePointer?
    private var packed = ByteBuffer(capacity: 1 << 10)
    private var content = ByteBuffer(capacity: 4 << 10)
    private var unpacker = EntityUnpacker()

    package init(_ dictionaries: RowDictionaries) { self.dictionaries = dictionaries }

    deinit { ZSTD_freeDCtx(context) }

    /// Appends the entity of a row of `table`, checked; `key` says where in `buffer` the entity's key lies. On an error what lies behind the bytes that were there means nothing.
    func append(
        _ base64: JSONValue?, of table: String, key: Range<Int>, to buffer: inout ByteBuffer
    ) throws(DynamoDBRow.Unreadable) {
        guard let base64, !base64.hasEscapes else { throw .malformed("it has no registers") }
        let start = buffer.count
        guard buffer.appendBase64Decoded(base64.rawString), buffer.count > start else {
            throw .malformed("its registers are empty or not Base64")
        }
        let format = buffer.bytes[start]
        switch RegistersFormat(rawValue: format) {
        case .plain:
            let length = buffer.count - start - 1
            (buffer.base + start).copyMemory(from: buffer.base + start + 1, byteCount: length)
            buffer.truncate(to: start + length)
        case .zlib:
            takeOut(from: start, of: &buffer)
            try inflate(packed.bytes, to: &buffer)
        case .zstd:
            takeOut(from: start, of: &buffer)
            try decompress(of: table, key: key, to: &buffer)
        case nil:
            let (oldest, newest) = (RegistersFormat.plain.rawValue, RegistersFormat.newest.rawValue)
            throw .newer("it has row format \(format); this program reads \(oldest) to \(newest)")
        }
        do throws(EncodingError) {
            try EntityView.validate(buffer.bytes.slice(start, buffer.count - start))
        } catch {
            if case .unknownVersion = error { throw .newer("\(error)") }
            throw .malformed("\(error)")
        }
    }

    /// Takes what lies behind the format's byte out of the buffer.
    private func takeOut(from start: Int, of buffer: inout ByteBuffer) {
        packed.removeAll()
        packed.append(buffer.bytes.slice(start + 1, buffer.count - start - 1))
        buffer.truncate(to: start)
    }

    // MARK: - Format 3

    /// Of what was taken out.
    private func decompress(of table: String, key: Range<Int>, to buffer: inout ByteBuffer) throws(DynamoDBRow.Unreadable) {
        guard packed.count > RowDictionaryName.byteCount else { throw .malformed("its registers end early") }
        let name = RowDictionaryName(packed.bytes)
        let found: RowDictionary?
        do throws(StoreError) { found = try dictionaries.find(name, for: table) } catch { throw .failed(error) }
        guard let dictionary = found else { throw .lacks(name) }
        if context == nil { context = ZSTD_createDCtx() }
        guard let context else { throw .malformed("out of memory while decompressing it") }
        // The magic number takes the place of the name's last bytes.
        let magicStart = RowDictionaryName.byteCount - MemoryLayout.size(ofValue: RegistersCoding.magic)
        packed.store(RegistersCoding.magic, at: magicStart)
        let rest = packed.bytes.slice(magicStart, packed.count - magicStart)
        let frameSize = ZSTD_findFrameCompressedSize(rest.baseAddress, rest.count)
        guard ZSTD_isError(frameSize) == 0 else { throw .malformed("its registers cannot be decompressed") }
        let frame = rest.slice(0, frameSize)
        let tail = rest.slice(frameSize, rest.count - frameSize)
        let size = ZSTD_getFrameContentSize(frame.baseAddress, frame.count)
        // Frames without a size, or without content, are none that a row has; the two greatest numbers stand for those and for damage.
        guard size > 0, size < UInt64.max - 1 else { throw .malformed("its registers cannot be decompressed") }
        guard size <= RegistersReader.entityBytesMax else {
            throw .malformed("it is larger than \(RegistersReader.entityBytesMax >> 20) MiB")
        }
        content.removeAll()
        let room = content.extend(by: Int(size))
        guard
            ZSTD_decompress_usingDDict(context, room, Int(size), frame.baseAddress, frame.count, dictionary.forReading) == size
        else { throw .malformed("its registers cannot be decompressed") }
        guard content.bytes[0] == PackedEntity.mark else {
            guard tail.isEmpty else { throw .malformed("there are bytes behind its registers") }
            return buffer.append(content.bytes)
        }
        do throws(EntityUnpacker.Damaged) {
            try unpacker.unpack(content.bytes, tail: tail, key: key, bytesMax: RegistersReader.entityBytesMax, to: &buffer)
        } catch {
            throw .malformed("its registers cannot be unpacked: \(error.description)")
        }
    }

    // MARK: - Format 2

    private func inflate(_ packed: ByteView, to buffer: inout ByteBuffer) throws(DynamoDBRow.Unreadable) {
        // On the heap: zlib's state points back at it.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        guard converge_inflate_init(stream) == Z_OK else { throw .malformed("out of memory while decompressing it") }
        defer { inflateEnd(stream) }
        // zlib's header predates const; it does not write there.
        stream.pointee.next_in = UnsafeMutablePointer(mutating: packed.baseAddress?.assumingMemoryBound(to: Bytef.self))
        stream.pointee.avail_in = uInt(packed.count)
        let start = buffer.count
        while true {
            let room = max(4 * packed.count, 1 << 12)
            stream.pointee.next_out = buffer.extend(by: room).assumingMemoryBound(to: Bytef.self)
            stream.pointee.avail_out = uInt(room)
            let status = CZlib.inflate(stream, Z_NO_FLUSH)
            buffer.truncate(to: buffer.count - Int(stream.pointee.avail_out))
            guard buffer.count - start <= RegistersReader.entityBytesMax else {
                throw .malformed("it is larger than \(RegistersReader.entityBytesMax >> 20) MiB")
            }
            if status == Z_STREAM_END, stream.pointee.avail_in == 0 { return }
            guard status == Z_OK, stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0 else {
                throw .malformed("its registers cannot be decompressed")
            }
        }
    }
}
