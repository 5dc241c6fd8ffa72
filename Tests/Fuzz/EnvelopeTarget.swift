import CCrypto
import CZlib
import Platform

/// Arbitrary bytes inside the envelopes that random bytes would not get into, because of a checksum, a base64 alphabet or a
/// compressed form. The first byte chooses the envelope.
final class EnvelopeTarget: FuzzTarget {
    private let checks = DecodingChecks()
    private var record = ByteBuffer()

    func run(_ input: ByteView) {
        guard input.count >= 2 else { return }
        let inside = input.slice(1, input.count - 1)
        record.removeAll()
        switch (input[0] &- UInt8(ascii: "0")) % 10 {
        case 0: wrapAggregate(inside)
        case 1: wrapAggregateRecords(inside)
        case 2: wrapGzip(inside)
        case 3:
            // A gzip header in order and anything behind it.
            for byte in EnvelopeTarget.gzipHeader { record.append(byte) }
            record.append(inside)
        case 4: wrapLambda(inside)
        case 5: wrapCapture(inside)
        case 6:
            wrapText(
                inside, "{\"Records\":[{\"messageId\":\"m\",\"attributes\":{\"SentTimestamp\":\"4102444800477\"},\"body\":\"",
                "\"}]}")
        case 7:
            record.append("{\"records\":{\"t-0\":[{\"topic\":\"t\",\"offset\":1,\"timestamp\":4102444800477,\"value\":\"")
            appendBase64(inside)
            record.append("\"}]}}")
        case 8:
            wrapText(
                inside,
                "{\"results\":[[{\"field\":\"@ingestionTime\",\"value\":\"2100-01-01 00:00:00.477\"},{\"field\":\"@message\",\"value\":\"",
                "\"}]]}")
        default: wrapText(inside, "{\"detail-type\":\"t\",\"time\":\"2100-01-01T00:00:00Z\",\"detail\":\"", "\"}")
        }
        checks.check(record.bytes)
    }

    /// The bytes are the protobuf.
    private func wrapAggregate(_ message: ByteView) {
        for byte in [0xF3, 0x89, 0x9A, 0xC2] as [UInt8] { record.append(byte) }
        record.append(message)
        let digest = record.extend(by: 16).assumingMemoryBound(to: UInt8.self)
        _ = MD5(message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count, digest)
    }

    /// The bytes are the data of user records, parted by zero bytes.
    private func wrapAggregateRecords(_ input: ByteView) {
        var message = ByteBuffer()
        for data in input.split(separator: 0) {
            var user = ByteBuffer()
            appendField(1, StaticString("\u{0}").view, to: &user)
            appendField(3, ByteView(rebasing: data), to: &user)
            appendField(3, user.bytes, to: &message)
        }
        wrapAggregate(message.bytes)
    }

    private func appendField(_ number: UInt8, _ bytes: ByteView, to out: inout ByteBuffer) {
        out.append(number << 3 | 2)
        var length = bytes.count
        while length >= 0x80 {
            out.append(UInt8(length & 0x7F) | 0x80)
            length >>= 7
        }
        out.append(UInt8(length))
        out.append(bytes)
    }

    private static let gzipHeader: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]

    /// One gzip member with a single stored block.
    private func wrapGzip(_ input: ByteView) {
        let stored = input.slice(0, min(input.count, 0xFFFF))
        for byte in EnvelopeTarget.gzipHeader { record.append(byte) }
        record.append(UInt8(1))
        record.appendInteger(UInt16(stored.count))
        record.appendInteger(~UInt16(stored.count))
        record.append(stored)
        let bytes = stored.baseAddress?.assumingMemoryBound(to: UInt8.self)
        record.appendInteger(UInt32(truncatingIfNeeded: crc32(0, bytes, UInt32(stored.count))))
        record.appendInteger(UInt32(stored.count))
    }

    private func wrapLambda(_ input: ByteView) {
        record.append("{\"Records\":[{\"kinesis\":{\"approximateArrivalTimestamp\":4102444800.477,\"data\":\"")
        appendBase64(input)
        record.append("\"}}]}")
    }

    private func wrapCapture(_ input: ByteView) {
        record.append("{\"arrival\":\"2100-01-01T00:00:00.000Z\",\"capture\":1,\"data\":\"")
        appendBase64(input)
        record.append("\"}")
    }

    /// The bytes are text inside a string, where they have to be UTF-8 to get through.
    private func wrapText(_ input: ByteView, _ before: StaticString, _ behind: StaticString) {
        record.append(before)
        for byte in input {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                record.append(UInt8(ascii: "\\"))
                record.append(byte)
            case ..<0x20: record.append(UInt8(ascii: " "))
            default: record.append(byte)
            }
        }
        record.append(behind)
    }

    private static let alphabet = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private func appendBase64(_ input: ByteView) {
        var at = 0
        while at < input.count {
            let taken = min(3, input.count - at)
            var word: UInt32 = 0
            for offset in 0..<3 { word = word << 8 | (offset < taken ? UInt32(input[at + offset]) : 0) }
            for digit in 0..<4 {
                let value = Int(word >> UInt32(18 - 6 * digit) & 63)
                record.append(digit <= taken ? EnvelopeTarget.alphabet[value] : UInt8(ascii: "="))
            }
            at += taken
        }
    }
}
