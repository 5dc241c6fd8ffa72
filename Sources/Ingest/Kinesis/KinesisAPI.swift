public import AWS
import Glibc
import HTTPClient
import Leases

/// What the reading of streams asks of Kinesis, in one Region: over clients that differ in how long they wait and how often they try.
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

    /// ARN of a stream and when it was made; nil where there is none of that name.
    func summary(of stream: KinesisStream) throws(AWSError) -> Kinesis.DescribeStreamSummary.Output? {
        do throws(AWSError) {
            return try control.perform(Kinesis.DescribeStreamSummary(stream))
        } catch {
            guard error.kinesis == .missing else { throw error }
            return nil
        }
    }

    /// All shards of a stream that the service still knows, closed ones included.
    func listShards(_ stream: KinesisStream) throws(AWSError) -> [KinesisShard] {
        var shards: [KinesisShard] = []
        var request: Kinesis.ListShards? = Kinesis.ListShards(stream)
        while let page = request {
            let listed = try control.perform(page)
            shards += listed.shards.map { KinesisShard($0) }
            request = listed.nextToken.map { Kinesis.ListShards(token: $0) }
        }
        return shards
    }

    /// The same for fetchers, on the client's thread.
    func listShards(_ stream: KinesisStream, _ completion: @escaping @Sendable (Result<[KinesisShard], AWSError>) -> Void) {
        list(Kinesis.ListShards(stream), [], completion)
    }

    private func list(
        _ page: Kinesis.ListShards, _ earlier: [KinesisShard],
        _ completion: @escaping @Sendable (Result<[KinesisShard], AWSError>) -> Void
    ) {
        control.submit(page) { result in
            do throws(AWSError) {
                let listed = try result.get()
                let shards = earlier + listed.shards.map { KinesisShard($0) }
                if let token = listed.nextToken { return self.list(Kinesis.ListShards(token: token), shards, completion) }
                completion(.success(shards))
            } catch {
                completion(.failure(error))
            }
        }
    }

    /// Registers a consumer of enhanced fan-out, unless it is, and waits until it is active: its ARN. `isOver` is asked between
    /// two looks.
    public func registerConsumer(
        streamARN: String, name: String, withinMilliseconds limit: Int64 = 60_000, isOver: () -> Bool = { false }
    ) throws(AWSError) -> String {
        do throws(AWSError) {
            try control.perform(Kinesis.RegisterStreamConsumer(streamARN: streamARN, name: name))
        } catch {
            guard error.kinesis == .inUse else { throw error }
        }
        let deadline = ContinuousClock.now + .milliseconds(limit)
        while true {
            let consumer = try control.perform(Kinesis.DescribeStreamConsumer(streamARN: streamARN, name: name))
            if consumer.status == "ACTIVE" { return consumer.arn }
            if isOver() || .now > deadline {
                throw AWSError(
                    service: .kinesis, operation: Kinesis.DescribeStreamConsumer.name, region: region,
                    unreadable: "the consumer \(name) is \(consumer.status), not ACTIVE, after \(limit) ms")
            }
            usleep(200_000)
        }
    }
}
