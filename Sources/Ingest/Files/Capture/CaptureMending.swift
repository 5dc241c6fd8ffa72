import CZstd
import Glibc

/// Makes a file of Zstandard frames whole that was cut off anywhere: the last frame is ended behind the last line that is complete,
/// and what follows is cut off. RFC 8878 tells the format.
///
/// A frame is a header and blocks; a block says how long it is and whether it is the last one. So a frame can be ended without
/// compressing it again, by an empty last block of three bytes. Cut off in the middle of that, it is mended the next time.
struct CaptureMending: ~Copyable {
    private let path: String
    private let file: Descriptor
    private let size: Int

    /// Where frames end, and what stands behind the last whole one.
    private struct Torn {
        var start: Int
        /// The ends of its whole blocks.
        var blocks: [Int]
    }

    /// Most bytes of a frame that are looked at; a capture's frames are shorter.
    private static let frameBytesMax = 64 << 20
    private static let emptyLastBlock: [UInt8] = [1, 0, 0]

    /// How many bytes were cut off; nil where the file was whole. It may be empty afterwards.
    static func mend(_ path: String) throws(CaptureError) -> Int? {
        try CaptureMending(path).mend()
    }

    private init(_ path: String) throws(CaptureError) {
        let file = Descriptor(open(path, O_RDWR | O_CLOEXEC))
        var status = stat()
        guard file.number >= 0, fstat(file.number, &status) == 0 else { throw .system(path, "open") }
        self.path = path
        self.file = file
        size = Int(status.st_size)
    }

    private func mend() throws(CaptureError) -> Int? {
        guard let torn = try tornFrame() else { return nil }
        let end = try lastLine(of: torn)
        guard ftruncate(file.number, off_t(end ?? torn.start)) == 0 else { throw .system(path, "mend") }
        guard let end else { return size - torn.start }
        let last = CaptureMending.emptyLastBlock
        guard pwrite(file.number, last, last.count, off_t(end)) == last.count else { throw .system(path, "mend") }
        return size - end
    }

    /// Walks over the frames by their headers alone.
    private func tornFrame() throws(CaptureError) -> Torn? {
        var at = 0
        while at < size {
            var torn = Torn(start: at, blocks: [])
            guard let header = try header(at: at) else {
                guard at > 0 || size < 18 else {
                    throw CaptureError(path: path, action: "mend", reason: "it is not a Zstandard file")
                }
                return torn
            }
            at += header.length
            while true {
                let block = try read(at, 3)
                guard block.count == 3 else { return torn }
                let fields = Int(block[0]) | Int(block[1]) << 8 | Int(block[2]) << 16
                let isRun = fields >> 1 & 3 == 1
                let next = at + 3 + (isRun ? 1 : fields >> 3)
                guard fields >> 1 & 3 != 3, next <= size else { return torn }
                at = next
                if fields & 1 == 0 {
                    torn.blocks.append(at)
                } else {
                    at += header.hasChecksum ? 4 : 0
                    break
                }
            }
            guard at <= size else { return torn }
        }
        return nil
    }

    private func header(at offset: Int) throws(CaptureError) -> (length: Int, hasChecksum: Bool)? {
        let start = try read(offset, 5)
        guard start.count == 5, Array(start[0..<4]) == [0x28, 0xB5, 0x2F, 0xFD] else { return nil }
        let descriptor = Int(start[4])
        let isSingleSegment = descriptor & 0x20 != 0
        let dictionary = [0, 1, 2, 4][descriptor & 3]
        let content = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6]
        return (5 + (isSingleSegment ? 0 : 1) + dictionary + content, descriptor & 4 != 0)
    }

    /// The end of the last block behind which the contents are at the end of a line.
    private func lastLine(of torn: Torn) throws(CaptureError) -> Int? {
        guard let end = torn.blocks.last, end - torn.start <= CaptureMending.frameBytesMax,
            let context = ZSTD_createDCtx()
        else { return nil }
        defer { ZSTD_freeDCtx(context) }
        let frame = try read(torn.start, end - torn.start)
        let target = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
        defer { target.deallocate() }
        var found: Int?
        var from = 0
        var last: UInt8 = 0
        frame.withUnsafeBytes { bytes in
            for block in torn.blocks {
                let part = bytes[from..<(block - torn.start)]
                guard decompress(UnsafeRawBufferPointer(rebasing: part), context, target, &last) else { return }
                from = block - torn.start
                if last == UInt8(ascii: "\n") { found = block }
            }
        }
        return found
    }

    /// `last`: becomes the last byte that comes out. False where it is damaged.
    private func decompress(
        _ bytes: UnsafeRawBufferPointer, _ context: OpaquePointer, _ target: UnsafeMutableRawBufferPointer, _ last: inout UInt8
    ) -> Bool {
        var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        while true {
            var out = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
            if ZSTD_isError(ZSTD_decompressStream(context, &out, &source)) != 0 { return false }
            if out.pos > 0 { last = target[out.pos - 1] }
            if source.pos == source.size, out.pos < out.size { return true }
        }
    }

    /// Fewer where the file ends.
    private func read(_ offset: Int, _ count: Int) throws(CaptureError) -> [UInt8] {
        let wanted = max(0, min(count, size - offset))
        var failed = false
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            while filled < wanted {
                let got = pread(file.number, buffer.baseAddress.map { $0 + filled }, wanted - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                failed = got < 0
                if got <= 0 { return }
                filled += got
            }
        }
        if failed { throw .system(path, "read") }
        return bytes
    }
}
