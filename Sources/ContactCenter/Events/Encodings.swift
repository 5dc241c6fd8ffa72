import JSON
import Platform

/// What stands before an event's JSON in a record, and text that is not UTF-8.
extension RecordDecoder {
    /// Where the JSON of a record begins that does not begin with a brace; nil where the record was decoded or refused here.
    @inline(never)
    func decodePrefix(of record: ByteView, arrival: Timestamp?, into batch: MutationBatch) -> Int? {
        switch record[0] {
        case 0xF3 where KPLAggregate.hasMagic(record):
            decodeAggregate(record, arrival: arrival, into: batch)
            return nil
        case 0x1F where record.count >= 4 && record[1] == 0x8B:
            decodeGzip(record, arrival: arrival, into: batch)
            return nil
        case 0x00: return record.beginsJSON(at: 5) ? 5 : 0
        case 0x03 where record[1] == 0: return record.beginsJSON(at: 18) ? 18 : 0
        case 0xEF: return record.byteOrderMarkLength
        case 0x30...0x39: return record.endOfLogPrefix ?? 0
        default: return 0
        }
    }
}

extension ByteView {
    /// Bytes of the UTF-8 byte order mark at the start: 3 or 0.
    var byteOrderMarkLength: Int { count >= 3 && self[0] == 0xEF && self[1] == 0xBB && self[2] == 0xBF ? 3 : 0 }

    /// Whether the first byte that is neither blank nor a byte order mark opens an object.
    var beginsObject: Bool {
        let start = byteOrderMarkLength
        return slice(start, count - start).first { $0 > 0x20 } == UInt8(ascii: "{")
    }

    fileprivate func beginsJSON(at offset: Int) -> Bool {
        count > offset && (self[offset] == UInt8(ascii: "{") || self[offset] == UInt8(ascii: "["))
    }

    /// Where the object of a line begins that has a time before it, and perhaps one more word: what CloudWatch Logs exports to
    /// S3, `2026-03-02T14:00:00.123Z {..}`, and `aws logs tail`, which puts the stream between the two. Nil of any other line.
    fileprivate var endOfLogPrefix: Int? {
        var word = 0
        while let blank = firstOffset(of: 0x20, from: word), blank <= 40 {
            word = blank + 1
            guard Timestamp(slice(0, blank)) != nil else { continue }
            if beginsJSON(at: word) { return word }
            guard let next = firstOffset(of: 0x20, from: word) else { return nil }
            return beginsJSON(at: next + 1) ? next + 1 : nil
        }
        return nil
    }

    /// Why bytes are no text that can be read, where that can be told.
    fileprivate var encoding: Refusal? {
        guard count >= 2 else { return nil }
        switch (self[0], self[1]) {
        case (0xFF, 0xFE), (0xFE, 0xFF), (0x7B, 0), (0x5B, 0), (0, 0x7B), (0, 0x5B):
            return Refusal(.notUTF8, "UTF-16 or UTF-32; convert it to UTF-8, for example with iconv -f UTF-16 -t UTF-8")
        case (0, _) where allSatisfy { $0 == 0 }:
            return Refusal(.notJSON, "only zero bytes: part of a file that was never written")
        case (0, _) where count > 5 && !beginsJSON(at: 5):
            return Refusal(
                .badEnvelope,
                "the prefix of a schema registry (a zero byte and a 4-byte schema id), followed by data that is not JSON: Avro or Protobuf"
            )
        case (3, 0), (3, 5):
            guard count > 18, !(self[1] == 0 && beginsJSON(at: 18)) else { return nil }
            return Refusal(
                .badEnvelope,
                "the prefix of the AWS Glue schema registry, followed by data that is not plain JSON: Avro, Protobuf or compressed data"
            )
        default: return nil
        }
    }
}

extension Refusal {
    /// Why a record is not JSON.
    init(_ error: JSONError, of record: ByteView) {
        self = (error == .notUTF8 || error == .syntax ? record.encoding : nil) ?? Refusal(error)
    }
}

extension ByteBuffer {
    /// Makes byte order marks outside of strings blank; false where there is none. Files that were put one behind the other have
    /// them anywhere.
    mutating func blankByteOrderMarks() -> Bool {
        var found = false
        var isInString = false
        var at = 0
        while at < count {
            switch bytes[at] {
            case UInt8(ascii: "\\") where isInString: at += 1
            case UInt8(ascii: "\""): isInString.toggle()
            case 0xEF where !isInString && bytes.slice(at, count - at).byteOrderMarkLength > 0:
                for blank in at..<(at + 3) { base.storeBytes(of: 0x20, toByteOffset: blank, as: UInt8.self) }
                found = true
            default: break
            }
            at += 1
        }
        return found
    }
}
