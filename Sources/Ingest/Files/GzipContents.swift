import CZlib
import Platform

/// The contents of gzip, of one member or several one after the other (what `cat a.gz b.gz` makes and Firehose writes).
/// Zero bytes after a member are padding, as to gzip itself.
final class GzipContents: Contents {
    private let input: CompressedInput
    /// On the heap: zlib's state points back at it.
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var isInMember = true
    private var failure: InputFailure?

    init(_ input: FileInput) throws(InputFailure) {
        self.input = CompressedInput(input)
        stream.initialize(to: z_stream())
        guard converge_inflate_init(stream) == Z_OK else {
            throw .corrupt(compression: "gzip", offset: 0, reason: "out of memory")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    func fill(_ text: inout ByteBuffer, upTo count: Int) throws(InputFailure) -> Bool {
        if let failure { throw failure }
        let before = text.count
        let wanted = min(count, 1 << 30)
        stream.pointee.next_out = text.extend(by: wanted).assumingMemoryBound(to: Bytef.self)
        stream.pointee.avail_out = uInt(wanted)
        var hasMore = true
        do {
            while hasMore, stream.pointee.avail_out > 0 { hasMore = try step() }
        } catch {
            failure = error
        }
        text.truncate(to: before + wanted - Int(stream.pointee.avail_out))
        return hasMore
    }

    /// One refill or one call of inflate. False at the end of the last member.
    private func step() throws(InputFailure) -> Bool {
        if stream.pointee.avail_in == 0, !input.isAtEnd {
            stream.pointee.avail_in = uInt(try input.refill())
            stream.pointee.next_in = input.window.baseAddress?.assumingMemoryBound(to: Bytef.self)
        }
        if !isInMember {
            while stream.pointee.avail_in > 0, stream.pointee.next_in.pointee == 0 {
                stream.pointee.next_in += 1
                stream.pointee.avail_in -= 1
            }
            guard stream.pointee.avail_in > 0 else { return !input.isAtEnd }
            inflateReset(stream)
            isInMember = true
        }
        switch inflate(stream, Z_NO_FLUSH) {
        case Z_OK: return true
        case Z_STREAM_END:
            isInMember = false
            return true
        case Z_BUF_ERROR:
            guard stream.pointee.avail_in == 0, input.isAtEnd else { return true }
            throw corrupt("the file is incomplete")
        default: throw corrupt(stream.pointee.msg.map { String(cString: $0) } ?? "invalid data")
        }
    }

    private func corrupt(_ reason: String) -> InputFailure {
        .corrupt(compression: "gzip", offset: input.offset - Int(stream.pointee.avail_in), reason: reason)
    }
}
