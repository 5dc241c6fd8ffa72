import AWS
import ContactCenter
import EngineCore
import FeedCore
import HTTPClient
import Platform
import Synchronization

/// The streams of a Region's state tables, as a follower reads them: which shards there are, and what versions of rows tell.
///
/// A record's rows are decoded as whoever reads tables decodes them, with the dictionaries of the tables. Rows that are no entity tell nothing. A row that
/// cannot be read yet (its dictionary is not there, a newer program wrote it) holds its shard up, and ``troubles`` has the reason. A damaged row, which no
/// program will ever read, is passed and kept in ``damage``: its next version is told whole.
///
/// Safe from any thread, each shard on one at a time. Bounds: iterators of ``shardsMax`` shards, those that were read last; a read brings at most 1,000
/// records and 1 MB, and takes at most ``TableStreams/timeouts``.
package final class TableStreams: FeedStreams {
    static let shardsMax = 4_096
    /// Pages of 100 shards that a stream may have.
    private static let pagesMax = 500
    /// Of what could not be read for so long nobody speaks any more: another process reads that shard.
    private static let troubleMilliseconds: Int64 = 120_000
    static let timeouts = HTTPTimeouts(connect: .seconds(3), firstByte: .seconds(5), idle: .seconds(5), total: .seconds(10))

    /// How far a shard was read.
    private struct Reading {
        var ticket: Int
        /// Nil: one is made at `place`.
        var iterator: String?
        var place: DynamoDBStreams.ShardPlace
        var usedAt: UInt64 = 0
    }

    private struct State {
        var readings: [FeedBook.ShardName: Reading] = [:]
        var troubles: [FeedBook.ShardName: (reason: String, time: Int64)] = [:]
        var damageCount = 0
        var damage: String?
        /// Whoever decodes takes one, so there are as many as threads.
        var rows: [StreamRows] = []
        var uses: UInt64 = 0
    }

    private let tables: ServiceClient
    private let streams: ServiceClient
    private let prefix: String
    private let dictionaries: RowDictionaries
    private let joined: @Sendable (_ key: [UInt8]) -> [UInt8]?
    private let state = Mutex(State())

    /// In the session's own Region.
    ///
    /// `joined`: what is known of an entity, of all its rows, by its key. It tells what merely repeats from what changes: a known value under a newer
    /// stamp is quiet only where all rows said that value before. Nil where nothing is known: it is told, then, which is right and says more than is needed.
    package convenience init(
        _ session: AWSSession, prefix: String, joined: @escaping @Sendable (_ key: [UInt8]) -> [UInt8]? = { _ in nil }
    ) throws(StoreError) {
        let retry = RetryOptions(attemptsMax: 2)
        do {
            self.init(
                tables: try session.client(.dynamoDB, retry: retry, timeouts: TableStreams.timeouts),
                streams: try session.client(.dynamoDBStreams, retry: retry, timeouts: TableStreams.timeouts), prefix: prefix,
                joined: joined)
        } catch {
            throw StoreError(.unavailable, "\(error)")
        }
    }

    init(
        tables: ServiceClient, streams: ServiceClient, prefix: String,
        joined: @escaping @Sendable (_ key: [UInt8]) -> [UInt8]? = { _ in nil }
    ) {
        self.tables = tables
        self.streams = streams
        self.prefix = prefix
        self.joined = joined
        dictionaries = RowDictionaries(tables, prefix: prefix)
    }

    // MARK: What is wrong

    /// Why the last attempt at a shard came to nothing, by shard, of the last two minutes; empty where all were read.
    package var troubles: [FeedBook.ShardName: String] {
        let now = monotonicMilliseconds()
        return state.withLock { state in
            state.troubles.filter { now - $0.value.time < TableStreams.troubleMilliseconds }.mapValues(\.reason)
        }
    }

    /// How many versions of rows were passed since the start because they are damaged, and why the last one cannot be read.
    package var damage: (count: Int, latest: String?) { state.withLock { ($0.damageCount, $0.damage) } }

    // MARK: Which shards there are

    package func list(_ table: String) throws -> (stream: String, shards: [FeedShard]) {
        let description: DynamoDB.TableDescription
        do throws(AWSError) { description = try tables.perform(DynamoDB.DescribeTable(table)) } catch {
            throw StoreError(error, prefix: prefix)
        }
        let mend = "converge tables create --prefix \(prefix)"
        guard let view = description.stream, let stream = description.streamARN else {
            throw StoreError(
                .unavailable, "the table \(table) in \(tables.region) has no stream, which the feed reads: run \(mend)")
        }
        guard view == TableFound.streamNeeded else {
            throw StoreError(
                .unavailable,
                "the stream of the table \(table) in \(tables.region) shows \(view); the feed needs \(TableFound.streamNeeded): "
                    + "disable the stream when no other program reads it, then run \(mend)")
        }
        var shards: [FeedShard] = []
        var last: String?
        for _ in 0..<TableStreams.pagesMax {
            let page: DynamoDBStreams.DescribeStream.Output
            do throws(AWSError) { page = try streams.perform(DynamoDBStreams.DescribeStream(stream, after: last)) } catch {
                throw StoreError(.unavailable, "\(error)")
            }
            shards += page.shards.map { FeedShard(id: $0.id, parent: $0.parent, isClosed: $0.isClosed) }
            guard let next = page.last else { return (stream, shards) }
            last = next
        }
        throw StoreError(.failed, "the stream \(stream) has more than \(TableStreams.pagesMax) pages of shards")
    }

    // MARK: Records

    package func read(
        _ shard: FeedBook.ShardName, stream: String, _ place: FeedCursor.Place, ticket: Int
    ) -> FeedAnswer {
        let begin: DynamoDBStreams.ShardPlace
        switch place {
        case .start: begin = .trimHorizon
        case .after(let sequence): begin = .after(sequence)
        case .ended: return .records([], isEnd: true)
        }
        let known = state.withLock { $0.readings[shard] }
        var reading = known?.ticket == ticket ? known : nil
        do throws(AWSError) {
            let page = try page(shard.shard, stream, begin, ticket: ticket, &reading)
            return answer(page, shard, &reading)
        } catch {
            switch error.dynamoDBStreams {
            case .missing, .trimmed:
                forget(shard)
                return .gone
            case .iteratorExpired, .throttled, .other: return failed(shard, "\(error)")
            }
        }
    }

    /// The next page of a shard. An iterator that has expired is made anew where it stood.
    private func page(
        _ shard: String, _ stream: String, _ begin: DynamoDBStreams.ShardPlace, ticket: Int, _ reading: inout Reading?
    ) throws(AWSError) -> DynamoDBStreams.RecordsPage {
        var next = reading ?? Reading(ticket: ticket, place: begin)
        if let iterator = next.iterator {
            do throws(AWSError) {
                return try streams.perform(DynamoDBStreams.GetRecords(iterator: iterator))
            } catch {
                guard error.dynamoDBStreams == .iteratorExpired else { throw error }
            }
        }
        let iterator = try streams.perform(DynamoDBStreams.GetShardIterator(stream, shard: shard, from: next.place))
        next.iterator = iterator
        reading = next
        return try streams.perform(DynamoDBStreams.GetRecords(iterator: iterator))
    }

    private func answer(_ page: DynamoDBStreams.RecordsPage, _ shard: FeedBook.ShardName, _ reading: inout Reading?)
        -> FeedAnswer
    {
        let rows = state.withLock { $0.rows.popLast() } ?? StreamRows(dictionaries)
        defer { state.withLock { $0.rows.append(rows) } }
        var records: [FeedRecord] = []
        var trouble: StoreError?
        page.forEach { record in
            do throws(StoreError) {
                let found = try rows.read(record, of: shard.table, joined: joined)
                if let damage = found.damage { note(damage) }
                records.append(
                    FeedRecord(sequence: record.sequenceNumber, created: record.created, entries: found.entries))
                return true
            } catch {
                trouble = error
                return false
            }
        }
        if let trouble, records.isEmpty { return failed(shard, trouble.message) }
        if trouble == nil, page.nextIterator == nil {
            forget(shard)
            return .records(records, isEnd: true)
        }
        // What could be read before the record that could not goes out; the next read begins with that record.
        reading?.iterator = trouble == nil ? page.nextIterator : nil
        if let last = records.last { reading?.place = .after(last.sequence) }
        if let reading { keep(reading, of: shard) }
        return .records(records, isEnd: false)
    }

    // MARK: What is kept

    private func keep(_ reading: Reading, of shard: FeedBook.ShardName) {
        state.withLock { state in
            state.uses += 1
            state.readings[shard] = reading
            state.readings[shard]?.usedAt = state.uses
            state.troubles[shard] = nil
            guard state.readings.count > TableStreams.shardsMax,
                let oldest = state.readings.min(by: { $0.value.usedAt < $1.value.usedAt })
            else { return }
            state.readings[oldest.key] = nil
            state.troubles[oldest.key] = nil
        }
    }

    private func forget(_ shard: FeedBook.ShardName) {
        state.withLock { state in
            state.readings[shard] = nil
            state.troubles[shard] = nil
        }
    }

    private func failed(_ shard: FeedBook.ShardName, _ reason: String) -> FeedAnswer {
        let now = monotonicMilliseconds()
        state.withLock { state in
            state.readings[shard] = nil
            state.troubles[shard] = (reason, now)
            guard state.troubles.count > TableStreams.shardsMax else { return }
            state.troubles = state.troubles.filter { now - $0.value.time < TableStreams.troubleMilliseconds }
        }
        return .failed
    }

    private func note(_ damage: StoreError) {
        state.withLock { state in
            state.damageCount += 1
            state.damage = damage.message
        }
    }
}
