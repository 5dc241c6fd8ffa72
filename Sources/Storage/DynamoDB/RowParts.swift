import Bytes
import CZlib
import Lattice

/// An entity that is too large for one row, in several that joined are the whole.
enum RowParts {
    /// Entities of at most ``RowItem/partBytesMax`` bytes, or of a single register that is larger.
    static func split(_ entity: EntityView) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var buffer = ByteBuffer(capacity: min(entity.bytes.count, RowItem.partBytesMax))
        var writer = EntityWriter(&buffer)
        for register in entity {
            if !writer.isEmpty, buffer.count + register.bytes.count > RowItem.partBytesMax {
                writer.finish(&buffer)
                parts.append(buffer.array)
                buffer.removeAll()
                writer = EntityWriter(&buffer)
            }
            writer.copy(&buffer, register)
        }
        writer.finish(&buffer)
        parts.append(buffer.array)
        return parts
    }
}

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
