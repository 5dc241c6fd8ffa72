import JSON
import Platform

/// What AWS and its tools wrap records in, told by members that no event has: looked for where no event was recognised.
///
/// | written by | shape |
/// |---|---|
/// | Kinesis to Lambda | `Records[].kinesis.data` |
/// | AWS CLI `kinesis get-records`, `put-records` | `Records[].Data` |
/// | EventBridge Pipes from Kinesis | `[].data` beside `sequenceNumber` |
/// | SQS to Lambda, AWS CLI `sqs receive-message` | `Records[].body`, `Messages[].Body` |
/// | SNS to Lambda; to anything else | `Records[].Sns.Message`; `Message` beside `TopicArn` |
/// | Firehose to Lambda or HTTP; what it failed to deliver | `records[].data`; `rawData` |
/// | MSK and self-managed Kafka to Lambda; `kcat -J` | `records{}[].value`; `payload` beside `topic` |
/// | CloudWatch Logs: subscription; CLI; Logs Insights | `logEvents[].message`; `events[].message`; `results[][]`, `@message` |
/// | EventBridge with its detail as text | `detail` beside `detail-type` |
///
/// What stands in a list is also known alone.
struct Transport {
    enum Form {
        /// One record: in base64; as text, or as JSON that was not made text; as a line of a log; without a value.
        case encoded(JSONValue), text(JSONValue), logLine(JSONValue), empty
        /// Records in a list; in lists by partition.
        case entries(JSONValue), partitions(JSONValue)
        case logEvents(JSONValue)
        /// Rows of cells.
        case rows(JSONValue)
        case detailAsText(JSONValue)
        case unknown
    }

    private(set) var form = Form.unknown
    /// When a broker took the one record.
    private(set) var arrival: JSONValue?

    /// `isInList`: the object stands in a list of records, where less tells what it is.
    init(_ root: JSONValue, isInList: Bool) {
        let members = Members(root)
        if let form = members.list { self.form = form } else { (form, arrival) = members.record(isInList: isInList) }
    }

    private struct Members {
        var records, messages, events, results: JSONValue?
        var sns, message, topicARN, type, snsTime: JSONValue?
        var body, messageID, attributes: JSONValue?
        var data, rawData, arrival: JSONValue?
        var topic, offset, value, timestamp, payload, ts: JSONValue?
        var logLine, logMessage, ingested: JSONValue?
        var detail, detailType: JSONValue?
        /// Something that a record of Kinesis or Firehose has beside its data.
        var isRecord = false
        /// Something that a failed delivery of Firehose has beside its data.
        var isFailure = false
        /// Something that an envelope or answer has beside its list, by which an empty one is known.
        var isAnswer = false

        init(_ root: JSONValue) {
            for (name, value) in root.members { take(name, value) }
        }

        /// Sorted out by length first, as in ``TopLevel``.
        private mutating func take(_ name: ByteView, _ value: JSONValue) {
            switch name.count {
            case 2: if name.equals("ts") { ts = value }
            case 3: if name.equals("Sns") { sns = value }
            case 4:
                if name.equals("body") || name.equals("Body") {
                    body = value
                } else if name.equals("data") || name.equals("Data") {
                    data = value
                } else if name.equals("Type") {
                    type = value
                }
            case 5: if name.equals("topic") { topic = value } else if name.equals("value") { self.value = value }
            case 6:
                if name.equals("events") {
                    events = value
                } else if name.equals("offset") {
                    offset = value
                } else if name.equals("detail") {
                    detail = value
                }
            case 7:
                if name.equals("records") {
                    records = value
                } else if name.equals("results") {
                    results = value
                } else if name.equals("Message") {
                    message = value
                } else if name.equals("message") {
                    logMessage = value
                } else if name.equals("payload") {
                    payload = value
                } else if name.equals("rawData") {
                    rawData = value
                }
            case 8:
                if name.equals("Messages") {
                    messages = value
                } else if name.equals("TopicArn") {
                    topicARN = value
                } else if name.equals("@message") {
                    logLine = value
                } else if name.equals("recordId") {
                    isRecord = true
                }
            case 9:
                if name.equals("Timestamp") {
                    snsTime = value
                } else if name.equals("timestamp") {
                    timestamp = value
                } else if name.equals("messageId") || name.equals("MessageId") {
                    messageID = value
                } else if name.equals("errorCode") {
                    isFailure = true
                } else if name.equals("requestId") {
                    isAnswer = true
                }
            case 10:
                if name.equals("attributes") || name.equals("Attributes") {
                    attributes = value
                } else if name.equals("statistics") {
                    isAnswer = true
                }
            case 11: if name.equals("detail-type") { detailType = value } else if name.equals("eventSource") { isAnswer = true }
            case 12:
                if name.equals("partitionKey") || name.equals("PartitionKey") {
                    isRecord = true
                } else if name.equals("attemptsMade") {
                    isFailure = true
                } else if name.equals("invocationId") {
                    isAnswer = true
                }
            case 13: if name.equals("ingestionTime") { ingested = value }
            case 14:
                if name.equals("sequenceNumber") || name.equals("SequenceNumber") {
                    isRecord = true
                } else if name.equals("@ingestionTime") {
                    ingested = value
                }
            case 16:
                if name.equals("arrivalTimestamp") {
                    arrival = value
                    isFailure = true
                } else if name.equals("nextForwardToken") {
                    isAnswer = true
                }
            case 18: if name.equals("searchedLogStreams") { isAnswer = true }
            case 27:
                if name.equals("ApproximateArrivalTimestamp") || name.equals("approximateArrivalTimestamp") { arrival = value }
            default: break
            }
        }

        /// An envelope around several. The names say little, so the first one has to look like a record.
        var list: Form? {
            if let records, records.isObject {
                var partitions = records.members
                if partitions.next().map({ $0.value.isArray && holdsRecords($0.value) }) ?? isAnswer {
                    return .partitions(records)
                }
            }
            if let records, records.isArray, holdsRecords(records) { return .entries(records) }
            if let messages, messages.isArray, holdsRecords(messages) { return .entries(messages) }
            if let events, events.isArray {
                var elements = events.elements
                if elements.next().map({ $0.member("message") != nil }) ?? isAnswer { return .logEvents(events) }
            }
            if let results, results.isArray {
                var rows = results.elements
                var cells = rows.next()?.elements
                if cells.map({ _ in cells?.next()?.member("field") != nil }) ?? isAnswer { return .rows(results) }
            }
            return nil
        }

        /// Whether the first of a list's elements is a record as a tool writes one.
        private func holdsRecords(_ list: JSONValue) -> Bool {
            var elements = list.elements
            guard let first = elements.next() else { return isAnswer }
            switch Members(first).record(isInList: true).0 {
            case .encoded, .text, .empty: return true
            default: return false
            }
        }

        func record(isInList: Bool) -> (Form, JSONValue?) {
            if let sns, sns.isObject, let message = sns.member("Message") { return (.text(message), sns.member("Timestamp")) }
            if let message, type?.rawString.equals("Notification") ?? (topicARN != nil) { return (.text(message), snsTime) }
            if let body, messageID != nil { return (.text(body), attributes?.member("SentTimestamp")) }
            if let rawData, isFailure || isInList { return (.encoded(rawData), arrival) }
            if let data, data.isString || data.isObject, isRecord || isInList { return (.encoded(data), arrival) }
            if topic != nil, offset != nil {
                if let payload { return (payload.isNull ? .empty : .text(payload), ts) }
                guard let value, !value.isNull else { return (.empty, timestamp) }
                return (.encoded(value), timestamp)
            }
            if let logLine { return (.logLine(logLine), ingested) }
            if let logMessage, ingested != nil { return (.logLine(logMessage), ingested) }
            if let detail, detail.isString, detailType != nil { return (.detailAsText(detail), nil) }
            return (.unknown, nil)
        }
    }
}
