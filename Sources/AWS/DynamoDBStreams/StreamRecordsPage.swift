import HTTPClient
import JSON
import Platform

extension DynamoDBStreams {
    /// Records in order, and where reading goes on.
    ///
    /// Invariant (`@unchecked Sendable`): nothing changes after the initialiser. `records` points into the response's bytes, which stay where
    /// they are while `response` holds them, and into the parser, which parses nothing else.
    public final class RecordsPage: @unchecked Sendable {
        private let response: HTTPResponse
        private let parser: JSONParser
        private let records: JSONValue
        /// Nil at the end of a shard that takes no more records.
        public let nextIterator: String?

        init(_ response: HTTPResponse) throws(UnreadableOutput) {
            let parser = JSONParser()
            let root: JSONValue
            do throws(JSONError) {
                root = try response.body.withBytes { (bytes) throws(JSONError) in try parser.parse(bytes).root }
            } catch {
                throw UnreadableOutput("\(error)")
            }
            guard let records = root.member("Records"), records.isArray else { throw .malformed("it has no Records") }
            for record in records.elements where StreamRecord(record) == nil {
                throw .malformed("a record lacks its sequence number or time")
            }
            if let iterator = root.member("NextShardIterator"), !iterator.isNull, iterator.text == nil {
                throw .malformed("NextShardIterator is not a string")
            }
            self.response = response
            self.parser = parser
            self.records = records
            nextIterator = root.text("NextShardIterator")
        }

        /// Calls `body` with each record, valid during the call, until it says false.
        public func forEach(_ body: (StreamRecord) throws -> Bool) rethrows {
            try withExtendedLifetime(self) {
                for value in records.elements {
                    guard let record = StreamRecord(value), try body(record) else { return }
                }
            }
        }
    }

    /// What is used of a record: a version of an item. A view, valid as long as the page is.
    public struct StreamRecord {
        public let sequenceNumber: String
        /// When it was written, in milliseconds since 1970, as exactly as the service says: seconds.
        public let created: Int64
        /// The item before; nil where there was none, or the stream does not show it.
        public let old: ItemView?
        /// The item since; nil where there is none any more, or the stream does not show it.
        public let new: ItemView?
        init?(_ record: JSONValue) {
            guard let said = record.member("dynamodb"), let sequenceNumber = said.text("SequenceNumber"),
                let created = said.member("ApproximateCreationDateTime").flatMap({ Timestamp(seconds: $0) })
            else { return nil }
            self.sequenceNumber = sequenceNumber
            self.created = created.milliseconds
            old = said.member("OldImage").flatMap { $0.isObject ? ItemView($0) : nil }
            new = said.member("NewImage").flatMap { $0.isObject ? ItemView($0) : nil }
        }
    }
}
