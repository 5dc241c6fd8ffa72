import AWS
import ContactCenter
import EngineCore
import JSON
import Leases
import Platform

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
    private var problem: UnreadableOutput?
    private var scratch = ByteBuffer()
    /// Records handed over so far.
    private(set) var count = 0
    /// The last record that was handed over; nil before the first.
    private(set) var last: Position?

    package init() {}

    /// Takes an answer up. `text` stays where it is, unchanged, until ``fill(_:)`` has returned false or thrown.
    package func begin(_ text: ByteView) throws(UnreadableOutput) -> Answer {
        end()
        let root: JSONValue
        do throws(JSONError) { root = try parser.parse(text).root } catch { throw UnreadableOutput("it is \(error)") }
        let page = try Kinesis.RecordsPage(root)
        var answer = Answer()
        answer.nextIterator = page.nextIterator
        if let number = page.continuation { answer.continuation = try Position(number) }
        answer.millisecondsBehind = page.millisecondsBehind
        answer.children = page.children?.map { KinesisShard($0) }
        elements = page.records
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
    package func fill(_ block: RecordBlock) throws(UnreadableOutput) -> Bool {
        if let problem { throw problem }
        let first = block.records.count
        while let record = held ?? elements?.next() {
            held = nil
            do throws(UnreadableOutput) {
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
    private func append(_ record: JSONValue, to block: RecordBlock, first: Int) throws(UnreadableOutput) -> Bool {
        let parts = try Kinesis.Record(record)
        let position = try Position(parts.sequenceNumber)
        let start = block.text.count
        if block.records.count > first {
            let size = parts.data.rawString.count / 4 * 3
            if block.records.count == KinesisRecords.blockRecordsMax || start + size > KinesisRecords.blockBytesMax {
                return false
            }
        }
        guard appendData(parts.data, to: block) else { throw .malformed("a record's data is not Base64") }
        count += 1
        last = position
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

extension Position {
    fileprivate init(_ value: JSONValue) throws(UnreadableOutput) {
        guard value.isString, let position = Position(sequenceNumber: value.rawString) else {
            throw .malformed("\(value.bytes.slice(0, min(value.bytes.count, 80)).text) is not a sequence number")
        }
        self = position
    }
}
