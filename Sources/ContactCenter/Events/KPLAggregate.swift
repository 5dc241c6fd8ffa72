import CCrypto
public import Platform

/// A record in which the Kinesis Producer Library packed several: magic, protobuf, MD5 of the protobuf.
/// Source: awslabs/amazon-kinesis-producer, aggregation-format.md.
public struct KPLAggregate {
    private static let magicSize = 4
    private static let digestSize = 16
    private let message: ByteView

    static func hasMagic(_ record: ByteView) -> Bool {
        record.count >= magicSize && record[0] == 0xF3 && record[1] == 0x89 && record[2] == 0x9A && record[3] == 0xC2
    }

    /// Nil where the checksum does not fit.
    init?(_ record: ByteView) {
        guard KPLAggregate.hasMagic(record), record.count >= KPLAggregate.magicSize + KPLAggregate.digestSize else {
            return nil
        }
        message = record.slice(
            KPLAggregate.magicSize, record.count - KPLAggregate.magicSize - KPLAggregate.digestSize)
        let stated = record.slice(record.count - KPLAggregate.digestSize, KPLAggregate.digestSize)
        let fits = withUnsafeTemporaryAllocation(byteCount: KPLAggregate.digestSize, alignment: 8) { digest in
            _ = MD5(
                message.baseAddress?.assumingMemoryBound(to: UInt8.self), message.count,
                digest.baseAddress?.assumingMemoryBound(to: UInt8.self))
            return ByteView(digest).equals(stated)
        }
        if !fits { return nil }
    }

    /// How many user records a record holds; nil where it is no aggregate, or not an intact one. Cost: an MD5 of the record if it
    /// is one.
    public static func userRecordCount(_ record: ByteView) -> Int? {
        guard hasMagic(record), let aggregate = KPLAggregate(record) else { return nil }
        var count = 0
        return aggregate.forEachRecord { _ in count += 1 } ? count : nil
    }

    /// Calls `body` with the data of each user record, in order. False where the protobuf is malformed; the records before
    /// that were handed over.
    func forEachRecord(_ body: (ByteView) -> Void) -> Bool {
        var fields = ProtobufFields(message)
        while let field = fields.next() {
            guard field.number == 3, let record = field.bytes else { continue }
            var inner = ProtobufFields(record)
            var data: ByteView?
            while let part = inner.next() {
                if part.number == 3, let bytes = part.bytes { data = bytes }
            }
            guard !inner.malformed, let data else { return false }
            body(data)
        }
        return !fields.malformed
    }
}

/// The fields of a protobuf message, as they come. Source: protobuf.dev, encoding.
private struct ProtobufFields {
    struct Field {
        var number: UInt64
        /// Of a length-delimited field.
        var bytes: ByteView?
    }

    private let message: ByteView
    private var at = 0
    private(set) var malformed = false

    init(_ message: ByteView) { self.message = message }

    mutating func next() -> Field? {
        guard at < message.count else { return nil }
        guard let tag = varint() else { return fail() }
        switch tag & 7 {
        case 0:
            guard varint() != nil else { return fail() }
            return Field(number: tag >> 3, bytes: nil)
        case 1: return skip(8, tag)
        case 2:
            guard let length = varint(), length <= UInt64(message.count - at) else { return fail() }
            defer { at += Int(length) }
            return Field(number: tag >> 3, bytes: message.slice(at, Int(length)))
        case 5: return skip(4, tag)
        default: return fail()
        }
    }

    private mutating func skip(_ size: Int, _ tag: UInt64) -> Field? {
        guard message.count - at >= size else { return fail() }
        at += size
        return Field(number: tag >> 3, bytes: nil)
    }

    private mutating func fail() -> Field? {
        malformed = true
        at = message.count
        return nil
    }

    private mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while at < message.count, shift < 64 {
            let byte = message[at]
            at += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        return nil
    }
}
