import CZlib
import JSON
import Lattice
import Platform

/// The attribute `registers` of a row: a byte that says how, then the entity's encoding, as it is (1) or compressed by zlib (2).
enum RegistersCoding {
    static let plain: UInt8 = 1
    static let compressed: UInt8 = 2
    /// Bytes that a compressed entity may have. An item has 400 KB at most, which could swell a thousandfold.
    static let entityBytesMax = 64 << 20

    /// Appends the entity, checked. On an error what lies behind the bytes that were there means nothing.
    static func append(_ base64: JSONValue?, to buffer: inout ByteBuffer) throws(DynamoDBRow.Malformed) {
        guard let base64, !base64.hasEscapes else { throw .init(why: "it has no registers") }
        let start = buffer.count
        guard buffer.appendBase64Decoded(base64.rawString), buffer.count > start else {
            throw .init(why: "its registers are empty or not Base64")
        }
        let format = buffer.bytes[start]
        switch format {
        case plain:
            let length = buffer.count - start - 1
            (buffer.base + start).copyMemory(from: buffer.base + start + 1, byteCount: length)
            buffer.truncate(to: start + length)
        case compressed:
            var packed = ByteBuffer(capacity: buffer.count - start)
            packed.append(buffer.bytes.slice(start + 1, buffer.count - start - 1))
            buffer.truncate(to: start)
            try inflate(packed.bytes, to: &buffer)
        default:
            throw .init(why: "it has row format \(format); this program reads \(plain) and \(compressed): use a newer program")
        }
        do throws(EncodingError) {
            try EntityView.validate(buffer.bytes.slice(start, buffer.count - start))
        } catch {
            throw .init(why: "\(error)")
        }
    }

    private static func inflate(_ packed: ByteView, to buffer: inout ByteBuffer) throws(DynamoDBRow.Malformed) {
        // On the heap: zlib's state points back at it.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        guard converge_inflate_init(stream) == Z_OK else { throw .init(why: "out of memory while decompressing it") }
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
            guard buffer.count - start <= entityBytesMax else {
                throw .init(why: "it is larger than \(entityBytesMax >> 20) MiB")
            }
            if status == Z_STREAM_END, stream.pointee.avail_in == 0 { return }
            guard status == Z_OK, stream.pointee.avail_in > 0 || stream.pointee.avail_out == 0 else {
                throw .init(why: "its registers cannot be decompressed")
            }
        }
    }
}
