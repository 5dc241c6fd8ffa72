import CZlib
public import Platform

/// Cuts the body of an event-stream answer (`application/vnd.amazon.eventstream`) into its messages, each of them checked.
///
///     var decoder = EventStreamDecoder()
///     decoder.append(chunk)
///     while let message = try decoder.next() { .. }
///
/// A message is, all numbers big-endian: u32 length of all, u32 length of the headers, u32 CRC of these eight bytes; headers;
/// payload; u32 CRC of everything before. Holds one message at most beside what was appended since: ``messageBytesMax``.
///
/// Source: https://smithy.io/2.0/aws/amazon-eventstream.html.
public struct EventStreamDecoder: ~Copyable {
    /// The specification's bounds, in bytes: of a message whole, and of its headers.
    public static let messageBytesMax = 24 << 20
    public static let headersBytesMax = 128 << 10
    private static let preludeSize = 12
    private static let frameSize = preludeSize + 4

    private var buffer = ByteBuffer(capacity: 64 << 10)
    /// Bytes of the buffer that earlier messages took.
    private var taken = 0

    public init() {}

    /// Bytes that wait for the rest of their message.
    public var waiting: Int { buffer.count - taken }

    /// Adds what came next. Views of earlier messages are void then.
    public mutating func append(_ bytes: ByteView) {
        if taken > 0 {
            let rest = buffer.bytes.slice(taken, waiting)
            buffer.base.copyMemory(from: rest.baseAddress.unsafelyUnwrapped, byteCount: rest.count)
            buffer.truncate(to: rest.count)
            taken = 0
        }
        buffer.append(bytes)
    }

    /// Forgets everything: another stream begins.
    public mutating func removeAll() {
        buffer.removeAll()
        taken = 0
    }

    /// The next message that is there whole; nil: more bytes are needed. After an error the stream cannot be read on.
    public mutating func next() throws(EventStreamError) -> EventStreamMessage? {
        guard waiting >= EventStreamDecoder.preludeSize else { return nil }
        let prelude = buffer.bytes.slice(taken, EventStreamDecoder.preludeSize)
        guard checksum(prelude.slice(0, 8)) == prelude.bigEndian(at: 8, as: UInt32.self) else { throw .damaged("prelude") }
        let length = Int(prelude.bigEndian(at: 0, as: UInt32.self))
        let headers = Int(prelude.bigEndian(at: 4, as: UInt32.self))
        guard length <= EventStreamDecoder.messageBytesMax, headers <= EventStreamDecoder.headersBytesMax,
            headers + EventStreamDecoder.frameSize <= length
        else { throw .malformed("lengths \(length) and \(headers)") }
        guard waiting >= length else { return nil }
        let message = buffer.bytes.slice(taken, length)
        guard checksum(message.slice(0, length - 4)) == message.bigEndian(at: length - 4, as: UInt32.self) else {
            throw .damaged("message")
        }
        taken += length
        return EventStreamMessage(
            headers: try EventStreamMessage.headers(in: message.slice(EventStreamDecoder.preludeSize, headers)),
            payload: message.slice(
                EventStreamDecoder.preludeSize + headers, length - headers - EventStreamDecoder.frameSize))
    }
}

/// CRC-32 as of zlib.
private func checksum(_ bytes: ByteView) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_z(0, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count))
}
