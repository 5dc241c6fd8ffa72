import JSON
public import Platform

extension Kinesis {
    /// Subscribes a consumer of enhanced fan-out to a shard. The response is an event stream, which the service ends after five minutes: its
    /// bytes come in chunks, ``EventStreamDecoder`` cuts them into messages, and ``Event`` says what a message is.
    public struct SubscribeToShard: KinesisOperation {
        /// The end of the stream.
        public typealias Output = Void
        public static var name: String { "SubscribeToShard" }
        public let body: [UInt8]

        /// `consumer`: its ARN.
        public init(consumer: String, shard: String, from place: ShardPlace) {
            body = JSONWriter.body { json in
                json.member("ConsumerARN", consumer)
                json.member("ShardId", shard)
                json.object("StartingPosition") { json in
                    place.append(type: "Type", number: "SequenceNumber", to: &json)
                }
            }
        }

        public enum Event {
            /// The text of a ``RecordsPage``; valid as long as the message is.
            case records(ByteView)
            /// The subscription has ended. `code` is the error's name.
            case failed(code: String, message: String)
            /// Nothing that is used, as the response's beginning.
            case other

            /// Bytes of a message without a text that are shown instead of it.
            private static let shownMax = 1024

            public init(_ message: EventStreamMessage) {
                guard message.text(":message-type") == "event" else {
                    let payload = message.payload
                    self = .failed(
                        code: message.text(":exception-type") ?? message.text(":error-code") ?? "exception",
                        message: message.text(":error-message")
                            ?? payload.slice(0, min(payload.count, Event.shownMax)).text)
                    return
                }
                self = message.text(":event-type") == "SubscribeToShardEvent" ? .records(message.payload) : .other
            }
        }
    }
}
