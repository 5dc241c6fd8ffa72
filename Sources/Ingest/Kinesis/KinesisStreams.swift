import AWS
import HTTPClient

/// A stream that is read, with its lease table.
struct LeasedStream: Sendable {
    var stream: KinesisStream
    /// When the stream was made, as the service writes it: one that is made anew has the same name and ARN. Empty where it does
    /// not say.
    var created: String
    let api: KinesisAPI
    let table: LeaseTable
    /// Of enhanced fan-out.
    var consumer: String?

    /// What is told of the stream's checkpoints.
    func identity(of shard: String) -> String {
        let name = "\(stream.arn ?? stream.name)/\(shard)"
        return created.isEmpty ? name : "\(name);created=\(created)"
    }
}

extension KinesisSource {
    /// Finds the streams and makes their lease tables ready. Waits for the network.
    func findStreams() throws -> [LeasedStream] {
        let leases = try leaseSession.client(
            .dynamoDB, region: settings.leaseRegion, retry: RetryOptions(attemptsMax: 2),
            timeouts: HTTPTimeouts(connect: .seconds(1), firstByte: .seconds(2), idle: .seconds(2), total: .seconds(2)))
        var apis: [String: KinesisAPI] = [:]
        var found: [(stream: KinesisStream, created: String, table: String?)] = []
        for entry in try settings.entries() {
            let places = entry.arn.map { [$0] } ?? settings.regions.map { KinesisStream(name: entry.name, region: $0) }
            var isFound = false
            for place in places {
                let api = try apis[place.region] ?? KinesisAPI(session, region: place.region)
                apis[place.region] = api
                guard let summary = try api.summary(of: place) else { continue }
                var stream = place
                stream.arn = summary.arn
                found.append((stream, summary.created, entry.table))
                isFound = true
            }
            if !isFound { throw KinesisError.noStream(entry.name, regions: places.map(\.region)) }
        }
        var names: Set<String> = []
        var streams: [LeasedStream] = []
        for (stream, created, table) in found {
            let name = settings.leaseTable(of: stream, named: table, isOnly: found.count == 1)
            guard names.insert(name).inserted else {
                throw KinesisError.settings(reason: "the lease table \(name) is set for two streams; each stream needs its own")
            }
            guard let api = apis[stream.region] else { continue }
            let leaseTable = LeaseTable(name, leases, life: created, tables: settings.tables)
            streams.append(LeasedStream(stream: stream, created: created, api: api, table: leaseTable))
        }
        for index in streams.indices {
            try streams[index].table.prepare(isOver: { isClosing })
            guard settings.fanOut, let arn = streams[index].stream.arn else { continue }
            streams[index].consumer = try streams[index].api.registerConsumer(
                streamARN: arn, name: settings.application, isOver: { isClosing })
        }
        return streams
    }
}
