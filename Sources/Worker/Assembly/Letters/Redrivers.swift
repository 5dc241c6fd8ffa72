import API
import AWS
import HTTPClient
import Ingest
import Observability
import Platform
import Synchronization

/// Why a letter could not be put into its stream.
struct RedriveError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Puts dead letters into the streams of Kinesis that they came from. Needs `kinesis:PutRecord` of them.
final class KinesisRedriver: Sendable {
    private static let limit = Duration.seconds(10)

    private let session: AWSSession

    init(_ session: AWSSession) { self.session = session }

    func put(_ record: [UInt8], _ letter: Letter) throws {
        guard letter.source == "kinesis" || letter.source == "kcl" else {
            throw RedriveError("it came from \(letter.source), and this worker reads Kinesis")
        }
        let region = try session.region()
        let stream = KinesisStream(arn: letter.stream) ?? KinesisStream(name: letter.stream, region: region)
        var limits = SendLimits()
        limits.deadline = .now + KinesisRedriver.limit
        let client = try session.client(.kinesis, region: stream.region)
        // Which shard it comes to does not matter: records may come in any order.
        _ = try record.withUnsafeBytes {
            try client.perform(Kinesis.PutRecord(stream, key: "redrive-\(letter.id)", $0), limits)
        }
    }
}

/// Puts dead letters into the topics of Kafka that they came from: those that the worker reads, and no others. A writer a topic is made when it is first needed.
final class KafkaRedriver: Sendable {
    private let settings: KafkaClientSettings
    private let log: Log
    private let writers = Mutex<[String: KafkaWriter]>([:])

    init(_ settings: KafkaClientSettings, _ log: Log) { (self.settings, self.log) = (settings, log) }

    deinit { writers.withLock { for writer in $0.values { writer.close() } } }

    func put(_ record: [UInt8], _ letter: Letter) throws {
        guard letter.source == "kafka", settings.topics.contains(letter.stream) else {
            throw RedriveError("it came from \(letter.source) \(printable(letter.stream)), which this worker does not read")
        }
        let log = log
        let writer = try writers.withLock { writers in
            if let known = writers[letter.stream] { return known }
            let made = try KafkaWriter(topic: letter.stream, KafkaSettings(settings), observer: { log.tell($0) })
            writers[letter.stream] = made
            return made
        }
        try record.withUnsafeBytes { try writer.write($0, key: "redrive-\(letter.id)") }
    }
}
