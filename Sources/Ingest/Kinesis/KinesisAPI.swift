public import AWS
import EngineCore
import Glibc
import HTTPClient
import JSON
import Leases
import Platform

/// A stream as operations name it: by ARN where that is known, which works across accounts and costs the service no look-up.
public struct KinesisStream: Hashable, Sendable {
    public var name: String
    public var region: String
    public var arn: String?

    public init(name: String, region: String, arn: String? = nil) {
        self.name = name
        self.region = region
        self.arn = arn
    }

    /// Nil of anything but `arn:PARTITION:kinesis:REGION:ACCOUNT:stream/NAME`.
    public init?(arn: String) {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[2] == "kinesis", !parts[3].isEmpty, parts[5].hasPrefix("stream/")
        else {
            return nil
        }
        let name = parts[5].dropFirst("stream/".count)
        guard !name.isEmpty, !name.contains("/") else { return nil }
        self.init(name: String(name), region: String(parts[3]), arn: arn)
    }
}

/// The operations of Kinesis that the reading of streams takes, in one Region.
///
/// `perform` style calls wait and are not for a callback's thread; what ``ShardFetcher``s use calls back.
public final class KinesisAPI: Sendable {
    /// Retries as other services' operations are.
    let control: ServiceClient
    /// Asked again by the fetchers, each at its own pace: the client tries once.
    let reads: ServiceClient
    /// A subscription goes on for five minutes, with something every few seconds.
    let subscriptions: ServiceClient

    public init(_ session: AWSSession, region: String) throws(ConfigurationError) {
        let once = RetryOptions(mode: .standard, attemptsMax: 1)
        control = try session.client(.kinesis, region: region)
        reads = try session.client(
            .kinesis, region: region, retry: once, timeouts: HTTPTimeouts(idle: .seconds(5), total: .seconds(30)))
        subscriptions = try session.client(
            .kinesis, region: region, retry: once, timeouts: HTTPTimeouts(idle: .seconds(30), total: .seconds(330)))
    }

    public var region: String { control.region }

    /// Looks a stream's ARN up.
    public func streamARN(_ name: String) throws(AWSError) -> String {
        let answer = try control.perform("DescribeStreamSummary", input { $0.member("StreamName", name) })
        return try read(answer, "DescribeStreamSummary") { $0.member("StreamDescriptionSummary")?.text("StreamARN") }
    }

    // MARK: Shards

    /// All shards of a stream that the service still knows, closed ones included.
    func listShards(_ stream: KinesisStream) throws(AWSError) -> [KinesisShard] {
        var shards: [KinesisShard] = []
        var token: String?
        repeat {
            let answer = try control.perform("ListShards", listShardsInput(stream, token))
            let page = try read(answer, "ListShards") { KinesisShard.Page($0) }
            shards += page.shards
            token = page.nextToken
        } while token != nil
        return shards
    }

    /// The same for fetchers, on the client's thread.
    func listShards(_ stream: KinesisStream, _ completion: @escaping @Sendable (Result<[KinesisShard], AWSError>) -> Void) {
        nextPage(stream, [], nil, completion)
    }

    private func nextPage(
        _ stream: KinesisStream, _ earlier: [KinesisShard], _ token: String?,
        _ completion: @escaping @Sendable (Result<[KinesisShard], AWSError>) -> Void
    ) {
        control.submit("ListShards", listShardsInput(stream, token)) { result in
            do throws(AWSError) {
                let page = try self.read(result.get(), "ListShards") { KinesisShard.Page($0) }
                let shards = earlier + page.shards
                if let token = page.nextToken { return self.nextPage(stream, shards, token, completion) }
                completion(.success(shards))
            } catch {
                completion(.failure(error))
            }
        }
    }

    /// A token stands for the stream, too: with both, the service refuses.
    private func listShardsInput(_ stream: KinesisStream, _ token: String?) -> [UInt8] {
        input { json in
            if let token { json.member("NextToken", token) } else { json.name(stream) }
        }
    }

    // MARK: Reading

    func shardIteratorInput(_ stream: KinesisStream, shard: String, _ place: ShardPlace) -> [UInt8] {
        input { json in
            json.name(stream)
            json.member("ShardId", shard)
            json.member("ShardIteratorType", place.type)
            if let number = place.sequenceNumber { json.member("StartingSequenceNumber", number) }
            if let time = place.time { json.seconds("Timestamp", milliseconds: time) }
        }
    }

    func recordsInput(_ stream: KinesisStream, iterator: String, limit: Int) -> [UInt8] {
        input { json in
            json.member("ShardIterator", iterator)
            json.member("Limit", Int64(limit))
            if let arn = stream.arn { json.member("StreamARN", arn) }
        }
    }

    func subscriptionInput(consumer: String, shard: String, _ place: ShardPlace) -> [UInt8] {
        input { json in
            json.member("ConsumerARN", consumer)
            json.member("ShardId", shard)
            json.object("StartingPosition") { json in
                json.member("Type", place.type)
                if let number = place.sequenceNumber { json.member("SequenceNumber", number) }
                if let time = place.time { json.seconds("Timestamp", milliseconds: time) }
            }
        }
    }

    // MARK: Enhanced fan-out

    /// Registers a consumer of enhanced fan-out, unless it is, and waits until it is active: its ARN. `isOver` is asked between
    /// two looks.
    public func registerConsumer(
        streamARN: String, name: String, withinMilliseconds limit: Int64 = 60_000, isOver: () -> Bool = { false }
    ) throws(AWSError) -> String {
        do throws(AWSError) {
            _ = try control.perform("RegisterStreamConsumer", consumerInput(streamARN, name))
        } catch {
            guard error.code == "ResourceInUseException" else { throw error }
        }
        let deadline = ContinuousClock.now + .milliseconds(limit)
        while true {
            let answer = try control.perform("DescribeStreamConsumer", consumerInput(streamARN, name))
            let (arn, status) = try read(answer, "DescribeStreamConsumer") { root -> (String, String)? in
                guard let consumer = root.member("ConsumerDescription"), let arn = consumer.text("ConsumerARN"),
                    let status = consumer.text("ConsumerStatus")
                else { return nil }
                return (arn, status)
            }
            if status == "ACTIVE" { return arn }
            if isOver() || .now > deadline {
                throw unreadable("DescribeStreamConsumer", "the consumer \(name) is \(status), not ACTIVE, after \(limit) ms")
            }
            usleep(200_000)
        }
    }

    private func consumerInput(_ streamARN: String, _ name: String) -> [UInt8] {
        input { json in
            json.member("StreamARN", streamARN)
            json.member("ConsumerName", name)
        }
    }

    // MARK: What they share

    private func input(_ members: (inout JSONWriter) -> Void) -> [UInt8] {
        var json = JSONWriter()
        json.object(members)
        return json.bytes
    }

    private func read<Value>(_ answer: HTTPResponse, _ operation: String, _ value: (JSONValue) -> Value?) throws(AWSError)
        -> Value
    {
        let found: Value?
        do throws(JSONError) { found = try answer.readJSON(value) } catch { throw unreadable(operation, "\(error)") }
        guard let found else { throw unreadable(operation, "it lacks what it is documented to say") }
        return found
    }

    private func unreadable(_ operation: String, _ reason: String) -> AWSError {
        AWSError(service: .kinesis, operation: operation, region: region, unreadable: reason)
    }
}

/// Where reading begins, in the service's words.
struct ShardPlace: Equatable, Sendable {
    var type: String
    var sequenceNumber: String?
    var time: Int64?

    init(_ start: ShardStart) {
        switch start {
        case .trimHorizon: type = "TRIM_HORIZON"
        case .latest: type = "LATEST"
        case .time(let milliseconds):
            type = "AT_TIMESTAMP"
            time = milliseconds
        case .at(let position):
            type = "AT_SEQUENCE_NUMBER"
            sequenceNumber = position.sequenceNumber
        }
    }

    init(after position: Position) {
        type = "AFTER_SEQUENCE_NUMBER"
        sequenceNumber = position.sequenceNumber
    }
}

extension JSONWriter {
    fileprivate mutating func name(_ stream: KinesisStream) {
        if let arn = stream.arn { member("StreamARN", arn) } else { member("StreamName", stream.name) }
    }

    /// A time as AWS JSON has it: seconds, with a fraction.
    fileprivate mutating func seconds(_ name: StaticString, milliseconds: Int64) {
        key(name)
        let fraction = String(milliseconds % 1000 + 1000).dropFirst()
        var text = "\(milliseconds / 1000).\(fraction)"
        text.withUTF8 { raw(UnsafeRawBufferPointer($0)) }
    }
}
