import ContactCenter
import EngineCore
import JSON
import Leases
import Platform

/// Why an answer of Kinesis cannot be used. What it told before was handed over; the rest is asked for again.
package enum KinesisAnswerError: Error, CustomStringConvertible {
    case notJSON(JSONError)
    case malformed(String)

    package var description: String {
        switch self {
        case .notJSON(let error): "the answer is \(error)"
        case .malformed(let what): "the answer is malformed: \(what)"
        }
    }
}

/// Reads the records of a `GetRecords` answer, or of an event of `SubscribeToShard`, into blocks.
///
///     let answer = try records.begin(text)
///     while try records.fill(block) { .. }
///
/// One thread's, and used again for the next answer: the parser's memory stays, and a record costs no allocation. An answer is
/// 10 MB of data in 10,000 records at most; it is indexed at once and its records are looked at one by one.
package final class KinesisRecords {
    /// Bounds of a block, in records and in bytes; a single larger record is a block of its own.
    static let blockRecordsMax = 1024
    static let blockBytesMax = 1 << 20

    /// What an answer says beside its records.
    package struct Answer {
        /// Where the next `GetRecords` goes on; nil at the end of the shard.
        var nextIterator: String?
        /// Where the next `SubscribeToShard` goes on; nil at the end of the shard.
        var continuation: Position?
        var millisecondsBehind: Int64?
        /// The shards that go on, told at the end of this one; nil where nothing was said.
        var children: [KinesisShard]?
    }

    private let parser = JSONParser()
    private var elements: JSONValue.Elements?
    /// The record that did not fit into the block before.
    private var held: JSONValue?
    /// What ended the answer behind the records that were handed over.
    private var problem: KinesisAnswerError?
    private var scratch = ByteBuffer()
    /// Records handed over so far.
    private(set) var count = 0
    /// The last record that was handed over; nil before the first.
    private(set) var last: Position?

    package init() {}

    /// Takes an answer up. `text` stays where it is, unchanged, until ``fill(_:)`` has returned false or thrown.
    package func begin(_ text: ByteView) throws(KinesisAnswerError) -> Answer {
        end()
        let root: JSONValue
        do throws(JSONError) { root = try parser.parse(text).root } catch { throw .notJSON(error) }
        var answer = Answer()
        var records: JSONValue?
        for (name, value) in root.members {
            if name.equals("Records") {
                records = value
            } else if value.isNull {
                continue
            } else if name.equals("NextShardIterator") {
                guard let iterator = value.text else { throw .malformed("NextShardIterator is no text") }
                answer.nextIterator = iterator
            } else if name.equals("ContinuationSequenceNumber") {
                answer.continuation = try Position(value)
            } else if name.equals("MillisBehindLatest") {
                answer.millisecondsBehind = value.integer
            } else if name.equals("ChildShards") {
                answer.children = try KinesisShard.children(of: value)
            }
        }
        guard let records, records.isArray else { throw .malformed("it has no records") }
        elements = records.elements
        return answer
    }

    /// Forgets the rest of an answer.
    func end() {
        elements = nil
        held = nil
        problem = nil
    }

    /// Adds the next records of the answer to the block and moves its end. False where none were left. A record that cannot be
    /// read ends the answer: those before it are handed over first.
    package func fill(_ block: RecordBlock) throws(KinesisAnswerError) -> Bool {
        if let problem { throw problem }
        let first = block.records.count
        while let record = held ?? elements?.next() {
            held = nil
            do throws(KinesisAnswerError) {
                guard try append(record, to: block, first: first) else {
                    held = record
                    break
                }
            } catch {
                elements = nil
                guard block.records.count > first else { throw error }
                problem = error
            }
        }
        guard block.records.count > first, let record = block.records.last, let position = last else { return false }
        // The end is in front of the next record also for a consumer that takes aggregates apart.
        let users = KPLAggregate.userRecordCount(block.bytes(of: record)) ?? 1
        let end = Position(position.words.0, position.words.1, position.words.2, position.words.3 + UInt64(max(users - 1, 0)))
        last = end
        block.end = end
        return true
    }

    /// Adds a record whole. False where the block has no room for it.
    private func append(_ record: JSONValue, to block: RecordBlock, first: Int) throws(KinesisAnswerError) -> Bool {
        let parts = try Parts(record)
        let start = block.text.count
        if block.records.count > first {
            let size = parts.data.rawString.count / 4 * 3
            if block.records.count == KinesisRecords.blockRecordsMax || start + size > KinesisRecords.blockBytesMax {
                return false
            }
        }
        guard appendData(parts.data, to: block) else { throw .malformed("a record's data is no base64") }
        count += 1
        last = parts.position
        block.records.append(
            RecordBlock.Record(offset: start, length: block.text.count - start, ordinal: count, arrival: parts.arrival))
        return true
    }

    private func appendData(_ data: JSONValue, to block: RecordBlock) -> Bool {
        guard data.hasEscapes else { return block.text.appendBase64Decoded(data.rawString) }
        // Some writers of JSON escape the slash.
        scratch.removeAll()
        data.appendUnescaped(to: &scratch)
        return block.text.appendBase64Decoded(scratch.bytes)
    }
}

/// What is used of a record.
private struct Parts {
    var position: Position
    var data: JSONValue
    var arrival: Timestamp?

    @inline(__always)
    init(_ record: JSONValue) throws(KinesisAnswerError) {
        var sequence: JSONValue?
        var data: JSONValue?
        for (name, value) in record.members {
            if name.equals("Data") {
                data = value
            } else if name.equals("SequenceNumber") {
                sequence = value
            } else if name.equals("ApproximateArrivalTimestamp") {
                arrival = Timestamp(seconds: value)
            }
        }
        guard let data, data.isString, let sequence else { throw .malformed("a record lacks its data or sequence number") }
        self.data = data
        position = try Position(sequence)
    }
}

extension Position {
    fileprivate init(_ value: JSONValue) throws(KinesisAnswerError) {
        guard value.isString, let position = Position(sequenceNumber: value.rawString) else {
            throw .malformed("\(value.bytes.slice(0, min(value.bytes.count, 80)).text) is no sequence number")
        }
        self = position
    }
}

extension Timestamp {
    /// Seconds since 1970 as a JSON number, `1700000000.123` or `1.700000000123E9`, to the nearest millisecond; nil of anything
    /// else. In integers: a double holds milliseconds, but getting there costs a copy of the text.
    init?(seconds value: JSONValue) {
        guard value.kind == .number else { return nil }
        var digits: UInt64 = 0
        // Of the number, in powers of ten, beside its digits.
        var scale = 3
        var isFraction = false
        var at = 0
        let text = value.bytes
        while at < text.count {
            let byte = text[at]
            at += 1
            if byte == UInt8(ascii: ".") {
                isFraction = true
            } else if byte | 0x20 == UInt8(ascii: "e") {
                guard let exponent = Timestamp.exponent(text.slice(at, text.count - at)) else { return nil }
                scale += exponent
                break
            } else {
                let digit = byte &- UInt8(ascii: "0")
                guard digit < 10 else { return nil }
                if digits < 1_000_000_000_000_000_000 / 10 {
                    digits = digits * 10 + UInt64(digit)
                    if isFraction { scale -= 1 }
                } else if !isFraction {
                    scale += 1
                }
            }
        }
        while scale < -1, digits > 0 {
            digits /= 10
            scale += 1
        }
        if scale == -1 { digits = (digits + 5) / 10 }
        while scale > 0, digits > 0 {
            guard digits < 1_000_000_000_000_000 else { return nil }
            digits *= 10
            scale -= 1
        }
        guard digits <= UInt64(Timestamp.latest.milliseconds) else { return nil }
        self.init(milliseconds: Int64(digits))
    }

    private static func exponent(_ text: ByteView) -> Int? {
        var value = 0
        var isNegative = false
        for at in 0..<text.count {
            let byte = text[at]
            if at == 0, byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") {
                isNegative = byte == UInt8(ascii: "-")
                continue
            }
            guard byte >= 0x30, byte <= 0x39, value < 100 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return isNegative ? -value : value
    }
}
