public import JSON
public import Platform

extension Kinesis {
    /// What a response of GetRecords says, or an event of SubscribeToShard. A view, valid as long as the parsed text is.
    public struct RecordsPage {
        /// Each is read by ``Record/init(_:)``.
        public let records: JSONValue.Elements
        /// Where the next GetRecords goes on; nil at the end of the shard.
        public private(set) var nextIterator: String?
        /// The sequence number that the next SubscribeToShard goes on behind; nil at the end of the shard.
        public private(set) var continuation: JSONValue?
        public private(set) var millisecondsBehind: Int64?
        /// The shards that go on, named at the end of this one; nil where nothing was said.
        public private(set) var children: [Shard]?

        public init(_ root: JSONValue) throws(UnreadableOutput) {
            var records: JSONValue?
            for (name, value) in root.members {
                if name.equals("Records") {
                    records = value
                } else if value.isNull {
                    continue
                } else if name.equals("NextShardIterator") {
                    guard let iterator = value.text else { throw .malformed("NextShardIterator is not a string") }
                    nextIterator = iterator
                } else if name.equals("ContinuationSequenceNumber") {
                    continuation = value
                } else if name.equals("MillisBehindLatest") {
                    millisecondsBehind = value.integer
                } else if name.equals("ChildShards") {
                    children = try RecordsPage.children(value)
                }
            }
            guard let records, records.isArray else { throw .malformed("it has no Records") }
            self.records = records.elements
        }

        private static func children(_ list: JSONValue) throws(UnreadableOutput) -> [Shard] {
            guard list.isArray else { throw .malformed("ChildShards is not an array") }
            var children: [Shard] = []
            for value in list.elements {
                guard let child = Shard(child: value) else { throw .malformed("a child shard lacks its name or its parents") }
                children.append(child)
            }
            return children
        }
    }

    /// What is used of a record.
    public struct Record {
        /// A string of base64.
        public let data: JSONValue
        /// As it came: a string, if the service keeps its word.
        public let sequenceNumber: JSONValue
        public let arrival: Timestamp?

        @inlinable @inline(__always)
        public init(_ record: JSONValue) throws(UnreadableOutput) {
            var sequenceNumber: JSONValue?
            var data: JSONValue?
            var arrival: Timestamp?
            for (name, value) in record.members {
                if name.equals("Data") {
                    data = value
                } else if name.equals("SequenceNumber") {
                    sequenceNumber = value
                } else if name.equals("ApproximateArrivalTimestamp") {
                    arrival = Timestamp(seconds: value)
                }
            }
            guard let data, data.isString, let sequenceNumber else {
                throw .malformed("a record lacks its data or sequence number")
            }
            self.data = data
            self.sequenceNumber = sequenceNumber
            self.arrival = arrival
        }
    }
}
