import Platform
import TestSupport
import Testing

/// What AWS and its tools wrap records in: `Transport`.
@Suite(.limited) struct TransportTests {
    typealias T = Texts

    /// An envelope around records, the number of each in it, and the arrival that it tells; nil where it tells none.
    struct Form: Sendable, CustomTestStringConvertible {
        let name: String
        var numbers = [1, 2]
        var arrival: String? = "2026-03-02T14:00:00.500Z"
        let wrap: @Sendable ([String]) -> String
        var testDescription: String { name }
    }

    private static func base64(_ text: String) -> String { Envelope.base64(Array(text.utf8)) }
    private static func quoted(_ text: String) -> String { Envelope.quoted(Array(text.utf8)) }
    private static func list(_ events: [String], _ entry: (String) -> String) -> String {
        "[" + events.map(entry).joined(separator: ",\n ") + "]"
    }

    static let several: [Form] = [
        Form(name: "Kinesis to Lambda") { events in
            String(decoding: Envelope.lambda(events.map { Array($0.utf8) }, arrival: "1772460000.5"), as: UTF8.self)
        },
        Form(name: "SQS to Lambda") { events in
            """
            {"Records":\(list(events) {
                #"{"messageId":"m","receiptHandle":"h","body":\#(quoted($0)),"attributes":{"SentTimestamp":"1772460000500"},"eventSource":"aws:sqs"}"#
            })}
            """
        },
        Form(name: "SQS to Lambda, the body an object") { events in
            #"{"Records":\#(list(events) { #"{"messageId":"m","body":\#($0),"attributes":{"SentTimestamp":"1772460000500"}}"# })}"#
        },
        Form(name: "aws sqs receive-message") { events in
            #"{"Messages":\#(list(events) { #"{"MessageId":"m","ReceiptHandle":"h","Body":\#(quoted($0)),"Attributes":{"SentTimestamp":"1772460000500"}}"# })}"#
        },
        Form(name: "SNS to Lambda") { events in
            #"{"Records":\#(list(events) { #"{"EventSource":"aws:sns","Sns":{"Type":"Notification","TopicArn":"t","Message":\#(quoted($0)),"Timestamp":"2026-03-02T14:00:00.500Z"}}"# })}"#
        },
        Form(name: "aws kinesis get-records") { events in
            """
            {"Records":\(list(events) {
                #"{"SequenceNumber":"49","ApproximateArrivalTimestamp":"2026-03-02T16:00:00.500000+02:00","Data":"\#(base64($0))","PartitionKey":"p"}"#
            }),"NextShardIterator":"AAA","MillisBehindLatest":0}
            """
        },
        Form(name: "aws kinesis get-records, version 1") { events in
            #"{"Records":\#(list(events) { #"{"Data":"\#(base64($0))","ApproximateArrivalTimestamp":1772460000.5,"SequenceNumber":"49"}"# })}"#
        },
        Form(name: "kinesis put-records, data as text", arrival: nil) { events in
            #"{"StreamName":"s","Records":\#(list(events) { #"{"Data":\#(quoted($0)),"PartitionKey":"p"}"# })}"#
        },
        Form(name: "EventBridge Pipes from Kinesis", numbers: [1, 2]) { events in
            list(events) {
                #"{"kinesisSchemaVersion":"1.0","partitionKey":"p","sequenceNumber":"49","data":"\#(base64($0))","approximateArrivalTimestamp":1772460000.5}"#
            }
        },
        Form(name: "Firehose transformation") { events in
            """
            {"invocationId":"i","deliveryStreamArn":"d","region":"us-east-1","records":\(list(events) {
                #"{"recordId":"1","approximateArrivalTimestamp":1772460000500,"data":"\#(base64($0))"}"#
            })}
            """
        },
        Form(name: "Firehose to HTTP", arrival: nil) { events in
            #"{"requestId":"r","timestamp":1772460000500,"records":\#(list(events) { #"{"data":"\#(base64($0))"}"# })}"#
        },
        Form(name: "Firehose, failed deliveries a line each", numbers: [1, 1]) { events in
            events.map {
                #"{"attemptsMade":4,"arrivalTimestamp":1772460000500,"errorCode":"E","errorMessage":"x","rawData":"\#(base64($0))"}"#
            }
            .joined(separator: "\n")
        },
        Form(name: "MSK to Lambda") { events in
            """
            {"eventSource":"aws:kafka","bootstrapServers":"b","records":{"a-0":[{"topic":"a","partition":0,"offset":15,\
            "timestamp":1772460000500,"timestampType":"CREATE_TIME","key":"a2V5","value":"\(base64(events[0]))","headers":[]}],\
            "a-1":\(list(Array(events.dropFirst())) {
                #"{"topic":"a","partition":1,"offset":3,"timestamp":1772460000500,"value":"\#(base64($0))"}"#
            })}}
            """
        },
        Form(name: "self-managed Kafka to Lambda, a tombstone among it", numbers: [1, 3]) { events in
            #"{"eventSource":"SelfManagedKafka","records":{"a-0":[{"topic":"a","offset":1,"timestamp":1772460000500,"value":"\#(base64(events[0]))"},{"topic":"a","offset":2,"value":null},{"topic":"a","offset":3,"timestamp":1772460000500,"value":"\#(base64(events[1]))"}]}}"#
        },
        Form(name: "kcat -J", numbers: [1, 1]) { events in
            events.map {
                #"{"topic":"a","partition":0,"offset":7,"tstype":"create","ts":1772460000500,"key":null,"payload":\#(quoted($0))}"#
            }
            .joined(separator: "\n")
        },
        Form(name: "CloudWatch Logs subscription", arrival: nil) { events in
            String(decoding: Envelope.cloudWatchLogs(events.map { Array($0.utf8) }), as: UTF8.self)
        },
        Form(name: "aws logs filter-log-events") { events in
            """
            {"events":\(list(events) {
                #"{"logStreamName":"s","timestamp":1772460000123,"message":\#(quoted($0)),"ingestionTime":1772460000500,"eventId":"1"}"#
            }),"searchedLogStreams":[]}
            """
        },
        Form(name: "aws logs get-log-events") { events in
            #"{"events":\#(list(events) { #"{"timestamp":1772460000123,"message":\#(quoted($0)),"ingestionTime":1772460000500}"# }),"nextForwardToken":"f/1"}"#
        },
        Form(name: "aws logs get-query-results") { events in
            """
            {"status":"Complete","statistics":{},"results":\(list(events) {
                #"[{"field":"@timestamp","value":"2026-03-02 14:00:00.123"},{"field":"@message","value":\#(quoted($0))},{"field":"@ingestionTime","value":"2026-03-02 14:00:00.500"},{"field":"@ptr","value":"x"}]"#
            })}
            """
        },
        Form(name: "Logs Insights, saved from the console", numbers: [1, 2]) { events in
            list(events) {
                #"{"@timestamp":"2026-03-02 14:00:00.123","@ingestionTime":"2026-03-02 14:00:00.500","@message":\#(quoted($0)),"@ptr":"x"}"#
            }
        },
        Form(name: "Logs Insights, saved from the console, messages as objects", arrival: nil) { events in
            list(events) { #"{"@timestamp":"2026-03-02 14:00:00.123","@message":\#($0)}"# }
        },
        Form(name: "SNS, a notification each", numbers: [1, 1]) { events in
            events.map {
                #"{"Type":"Notification","MessageId":"m","TopicArn":"t","Message":\#(quoted($0)),"Timestamp":"2026-03-02T14:00:00.500Z"}"#
            }.joined(separator: "\n")
        },
    ]

    static let events = [T.oneOfEach[1], T.oneOfEach[4]]
    static let counts = ["agent.LOGIN": 1, "contact.CONNECTED_TO_AGENT": 1]

    @Test("every envelope that AWS and its tools write is opened", arguments: several)
    func opened(_ form: Form) {
        let world = EventWorld(form.wrap(Self.events))
        #expect(world.reasons.isEmpty, "\(world.rejections.map { ($0.detail, $0.path) })")
        #expect(world.kinds.isEmpty)
        #expect(world.counts == Self.counts)
        #expect(world.state == EventWorld(Self.events[0], Self.events[1]).state)
        let compressed = EventWorld()
        compressed.feed(Envelope.capture(Envelope.gzip(Array(form.wrap(Self.events).utf8))))
        #expect(compressed.state == world.state)
    }

    @Test(
        "an event refused inside an envelope is kept alone, with its place and the arrival in the envelope",
        arguments: several)
    func refused(_ form: Form) {
        let broken = #"{"AgentARN":"ada","EventTimestamp":"2026-03-02T14:00:00.000Z"}"#
        let world = EventWorld(form.wrap([broken, broken]))
        #expect(world.reasons == ["no-identity", "no-identity"])
        let isArray = form.wrap([broken, broken]).hasPrefix("[")
        #expect(world.rejections.map(\.path) == (isArray ? [[1, 1], [2, 1]] : form.numbers.map { [$0] }))
        #expect(world.rejections.allSatisfy { $0.bytes == Array(broken.utf8) })
        #expect(world.rejections.allSatisfy { $0.arrival?.description == form.arrival })
    }

    @Test("the skew guard uses the arrival in an envelope", arguments: several)
    func skew(_ form: Form) {
        let ahead = T.agent("LOGIN", at: "2026-03-02T14:05:00.501Z")
        #expect(EventWorld(form.wrap([ahead, ahead])).reasons == (form.arrival == nil ? [] : ["skew", "skew"]))
        let world = EventWorld()
        world.feed(form.wrap([ahead, ahead]), arrival: "2026-03-02T15:00:00.000Z")
        #expect(world.reasons == (form.arrival == nil ? [] : ["skew", "skew"]), "the inner arrival counts")
    }

    @Test("envelopes inside envelopes are opened: SNS in SQS in Kafka, text or object")
    func nested() {
        let event = T.oneOfEach[4]
        let sns = #"{"Type":"Notification","TopicArn":"t","Message":\#(Self.quoted(event)),"Timestamp":"2026-03-02T14:00:00Z"}"#
        for sqs in [#"{"messageId":"m","body":\#(Self.quoted(sns))}"#, #"{"messageId":"m","body":\#(sns)}"#] {
            let kafka = #"{"topic":"t","offset":1,"value":"\#(Self.base64(#"{"Records":[\#(sqs)]}"#))"}"#
            let world = EventWorld(kafka)
            #expect(world.counts == ["contact.CONNECTED_TO_AGENT": 1])
            #expect(world.state == EventWorld(event).state)
        }
    }

    @Test("an EventBridge envelope may have its detail as text, and other events in a detail are opened")
    func eventBridge() throws {
        let event = T.contactEvent("QUEUED", detail: #""channel":"VOICE""#)
        let start = try #require(event.range(of: #""detail":"#)).upperBound
        let detail = String(event[start...].dropLast())
        let text = event[..<start] + Self.quoted(detail) + "}"
        #expect(EventWorld(String(text)).mutations == EventWorld(event).mutations)
        let other =
            #"{"detail-type":"From the stream","source":"mine","time":"2026-03-02T14:00:00Z","detail":\#(T.oneOfEach[1])}"#
        #expect(EventWorld(other).mutations == EventWorld(T.oneOfEach[1]).mutations)
    }

    @Test("a line exported by CloudWatch Logs or printed by `aws logs tail` is read as its object")
    func logLines() {
        let event = T.oneOfEach[7]
        for prefix in [
            "2026-03-02T14:00:00.123Z ", "2026-03-02T14:00:00.123000+00:00 2026/03/02/14/stream-x ", "2026-03-02 14:00:00.123 ",
            "2026-03-02T14:00:00 ",
        ] {
            let world = EventWorld(prefix + event)
            #expect(world.mutations == EventWorld(event).mutations, "\(prefix)")
        }
        for line in ["2026-03-02T14:00:00.123Z START", "2026-03-02T14:00:00.123Z a b {}", "2026-03-02T14:00:00.123Z {"] {
            let world = EventWorld(line)
            #expect(world.reasons == ["not-json"], "\(line)")
            #expect(world.rejections.map(\.bytes) == [Array(line.utf8)])
        }
    }

    @Test("invalid Base64 and entries that are not objects are refused with their number, and the rest is decoded")
    func badEntries() {
        for (entry, reason) in [
            (#"{"Data":"a b","SequenceNumber":"1"}"#, "bad-envelope"), (#"{"data":"a b","recordId":"1"}"#, "bad-envelope"),
            (#"{"Data":"!","PartitionKey":"1"}"#, "bad-envelope"), ("7", "not-object"), ("[1]", "not-object"),
        ] {
            let good = #"{"Data":"\#(Self.base64(T.oneOfEach[1]))","SequenceNumber":"2"}"#
            let world = EventWorld(#"{"Records":[\#(good),\#(entry),\#(good)]}"#)
            #expect(world.reasons == [reason])
            #expect(world.rejections.map(\.path) == [[2]])
            #expect(world.rejections.map(\.bytes) == [Array(entry.utf8)])
            #expect(world.counts == ["agent.LOGIN": 2])
            // What is refused comes back alone, and is refused the same.
            if reason == "bad-envelope" { #expect(EventWorld(entry).reasons == [reason]) }
        }
    }

    @Test("a response without records and a health check of a subscription are not events")
    func nothing() {
        for text in [
            #"{"Records":[],"NextShardIterator":"A","MillisBehindLatest":0}"#, #"{"events":[],"searchedLogStreams":[]}"#,
            #"{"events":[],"nextForwardToken":"f"}"#, #"{"results":[],"statistics":{},"status":"Complete"}"#,
            #"{"records":{},"eventSource":"aws:kafka"}"#, #"{"invocationId":"i","records":[]}"#,
            #"{"messageType":"CONTROL_MESSAGE","logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health"}]}"#,
        ] {
            let world = EventWorld(text)
            #expect(world.unknown == 0 && world.rejections.isEmpty && world.counts.isEmpty, "\(text)")
        }
    }

    @Test("an object that shares a member name with an envelope is not an envelope")
    func notEnvelopes() {
        for text in [
            #"{"events":[]}"#, #"{"events":[{"a":1}]}"#, #"{"records":[1]}"#, #"{"records":{"a":[{"b":1}]}}"#,
            #"{"records":{}}"#,
            #"{"results":[{"a":1}]}"#, #"{"Messages":["a"]}"#, #"{"body":"{}","path":"/"}"#, #"{"data":"e30="}"#,
            #"{"Message":"e"}"#, #"{"payload":"{}"}"#, #"{"topic":"a","value":"e30="}"#, #"{"rawData":"e30="}"#,
            #"{"Type":"SubscriptionConfirmation","TopicArn":"t","Message":"You have chosen"}"#, #"{"message":"{}"}"#,
            #"{"detail-type":"x","detail":"text"}"#, #"{"detail-type":"x","detail":7}"#,
        ] {
            let world = EventWorld(text)
            #expect(world.unknown == 1 && world.rejections.isEmpty, "\(text): \(world.reasons)")
            #expect(world.samples.map(\.bytes) == [Array(text.utf8)])
        }
    }
}
