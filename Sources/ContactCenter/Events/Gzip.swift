import CZlib
import Platform

/// Whole-record gzip, as CloudWatch Logs subscriptions deliver it.
enum Gzip {
    /// Appends the inflated bytes of one or more gzip members. False where they are cut off, corrupt or longer than `most`.
    static func inflate(_ source: ByteView, into out: inout ByteBuffer, most: Int) -> Bool {
        var stream = z_stream()
        guard converge_inflate_init(&stream) == Z_OK else { return false }
        defer { inflateEnd(&stream) }
        stream.next_in = UnsafeMutablePointer(mutating: source.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(truncatingIfNeeded: source.count)
        let start = out.count
        let step = 1 << 16
        while true {
            guard out.count - start < most else { return false }
            let room = out.extend(by: step)
            stream.next_out = room.assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(step)
            let code = CZlib.inflate(&stream, Z_NO_FLUSH)
            out.truncate(to: out.count - Int(stream.avail_out))
            switch code {
            case Z_STREAM_END:
                if stream.avail_in == 0 { return true }
                guard inflateReset(&stream) == Z_OK else { return false }
            case Z_OK: if stream.avail_in == 0, stream.avail_out > 0 { return false }
            default: return false
            }
        }
    }
}
