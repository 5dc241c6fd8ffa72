import API
import AWS
import EngineCore
import HTTPClient
import Ingest
import Observability
import Platform
import Writing

/// The way in for whoever writes over HTTP, into the stream that the configuration names.
final class WritingService: Sendable {
    let writer: EventWriter
    private let topic: KafkaWriter?

    /// Asks nobody. Throws where there is no Region, which events are stamped with, or no client can be made.
    init(_ settings: WritingSettings, read: @escaping EntityReading, _ log: Log) throws {
        let session = try AWSSession()
        let region = try session.region()
        let sink: any EventSink
        switch settings.place {
        case .kinesis(let stream):
            topic = nil
            sink = StreamSink(
                stream: KinesisStream(arn: stream) ?? KinesisStream(name: stream, region: region),
                client: try session.client(.kinesis, region: KinesisStream(arn: stream)?.region ?? region))
        case .kafka(let name, let client):
            let topic = try KafkaWriter(topic: name, KafkaSettings(client), observer: { log.tell($0) })
            self.topic = topic
            sink = TopicSink(topic: topic)
        }
        writer = EventWriter(region: region, keys: settings.keys, sink: sink, read: read) { reason in
            log.error("http.write", "\(reason)")
        }
    }

    /// Nobody may be writing.
    func close() { topic?.close() }
}

/// A Kinesis stream.
private struct StreamSink: EventSink {
    let stream: KinesisStream
    let client: ServiceClient

    func put(_ event: [UInt8], key: String) throws(EventSinkError) {
        // A partition key has at most 256 characters; what it is does not matter as long as it is the entity's alone.
        let key = key.utf8.count <= 256 ? key : "sha256:\(digest(key))"
        var limits = SendLimits()
        limits.deadline = .now + .seconds(10)
        do {
            _ = try event.withUnsafeBytes { event in try client.perform(Kinesis.PutRecord(stream, key: key, event), limits) }
        } catch {
            throw EventSinkError("cannot put an event into the Kinesis stream \(stream.name): \(error)")
        }
    }

    private func digest(_ text: String) -> String {
        var text = text
        var digest = ByteBuffer(capacity: 32)
        var hex = ByteBuffer(capacity: 64)
        text.withUTF8 { SHA256.append(of: ByteView($0), to: &digest) }
        hex.appendHex(digest.bytes)
        return hex.bytes.text
    }
}

/// A Kafka topic.
private struct TopicSink: EventSink {
    let topic: KafkaWriter

    func put(_ event: [UInt8], key: String) throws(EventSinkError) {
        do { try event.withUnsafeBytes { event in try topic.write(event, key: key) } } catch {
            throw EventSinkError("\(error)")
        }
    }
}
