import CZstd
import FeedCore
import Lattice
import Platform

/// A batch of the feed as bytes of an item, and back.
///
///     u8 format version (1)   a frame of zstd of the batch's content (``FeedBatchContent``), with its size and checksum
enum FeedBatchCoding {
    static let formatVersion: UInt8 = 1
    /// Of what a frame may swell to. A batch has 256 KB and its cursor, unless a register of its own is larger, which rows have up to this size.
    static let contentBytesMax = RegistersReader.entityBytesMax + 16 << 20
    private static let level: Int32 = 3

    typealias Malformed = FeedBatchContent.Malformed

    /// Cost: a pass of zstd, under a millisecond for a batch of its usual bound.
    static func encode(_ batch: FeedBatch) -> [UInt8]? {
        var content = ByteBuffer(capacity: 4 << 10)
        FeedBatchContent.append(batch, to: &content)
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
            Result { () throws(Malformed) in try FeedBatchContent.decode(bytes) }
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
}
