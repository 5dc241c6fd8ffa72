import CZlib
import Platform

/// Whole buffers through zlib.
enum Zlib {
    /// Appends `source` compressed, in zlib's own format (RFC 1950).
    static func deflate(_ source: ByteView, into out: inout ByteBuffer) {
        var length = compressBound(UInt(source.count))
        let start = out.count
        let room = out.extend(by: Int(length))
        let code = compress2(
            room.assumingMemoryBound(to: UInt8.self), &length, source.baseAddress?.assumingMemoryBound(to: UInt8.self),
            UInt(source.count), Z_BEST_SPEED)
        precondition(code == Z_OK, "zlib refuses a buffer that it has bounded")
        out.truncate(to: start + Int(length))
    }
}
