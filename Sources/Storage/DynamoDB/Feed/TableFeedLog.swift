import AWS
import EngineCore
import FeedCore
import HTTPClient
import Platform
import Synchronization

/// The feed's log of a Region in the table `PREFIX-feed`: an item a batch, which stays for 24 hours. Each Region has a table of its own.
///
/// Cost: a query takes a read unit for each 4 KB, one at least; a batch a write unit for each kilobyte of it, compressed. A partition of DynamoDB takes 1,000 write
/// units and 3,000 read units a second, and a log is one: about 1 MB/s of batches, and 12 MB/s of all that processes read.
package final class TableFeedLog: FeedLog {
    /// Batches that one read brings, at most; the service ends a page at 1 MB, too.
    static let batchesMax = 40
    /// A follower has to be heard within ``FeedBook/Options/silence``.
    static let timeouts = HTTPTimeouts(connect: .seconds(2), firstByte: .seconds(3), idle: .seconds(3), total: .seconds(5))

    private let client: ServiceClient
    private let prefix: String
    private let table: String
    private let writing = Mutex<String?>(nil)

    /// In the session's own Region.
    package convenience init(_ session: AWSSession, prefix: String) throws(StoreError) {
        do {
            self.init(
                try session.client(.dynamoDB, retry: RetryOptions(attemptsMax: 2), timeouts: TableFeedLog.timeouts),
                prefix: prefix)
        } catch {
            throw StoreError(.unavailable, "\(error)")
        }
    }

    init(_ client: ServiceClient, prefix: String) {
        self.client = client
        self.prefix = prefix
        table = FeedTable.name(prefix: prefix)
    }

    /// Why the outcome of the last write is not known; nil where it is.
    package var trouble: String? { writing.withLock { $0 } }

    // MARK: Reading

    /// At most ``batchesMax``. An item that no program can read, or only a newer one, is an error that names it.
    package func batches(after number: UInt64?) throws -> [FeedBatch] {
        let query = DynamoDB.Query(
            table, condition: number == nil ? "pk = :pk" : "pk = :pk AND sk > :sk", isConsistent: true,
            isDescending: number == nil, limit: number == nil ? 1 : TableFeedLog.batchesMax
        ) { json in
            json.attribute(":pk", client.region)
            if let number { json.attribute(":sk", FeedTable.text(number)) }
        }
        let page: ItemPage
        do throws(AWSError) { page = try client.perform(query) } catch { throw StoreError(error, prefix: prefix) }
        var items: [FeedTable.Found] = []
        try page.forEach { item in
            guard let found = FeedTable.found(item) else {
                throw unreadable(item.text("sk") ?? "?", "it is no batch")
            }
            items.append(found)
        }
        return try items.compactMap { try batch($0) }
    }

    /// Nil where parts of it are gone because its time is over.
    private func batch(_ found: FeedTable.Found) throws(StoreError) -> FeedBatch? {
        var bytes = found.bytes
        guard (1...FeedTable.partsMax).contains(found.parts) else {
            throw unreadable("\(found.number)", "its number of parts is not a valid number")
        }
        for answer in client.performAll(FeedTable.gets(found, of: table, region: client.region)) {
            let part: [UInt8]?
            do throws(AWSError) { part = try answer.get() } catch { throw StoreError(error, prefix: prefix) }
            guard let part else {
                if found.expiresAt * 1_000 < client.serviceTime.milliseconds { return nil }
                throw unreadable("\(found.number)", "a part of it is missing")
            }
            bytes += part
        }
        guard found.isWhole(bytes) else {
            throw unreadable("\(found.number)", "its parts are not those of one batch")
        }
        do throws(FeedBatchCoding.Malformed) {
            let batch = try FeedBatchCoding.decode(bytes)
            guard batch.number == found.number else { throw .init(why: "it says that it is batch \(batch.number)") }
            return batch
        } catch {
            throw unreadable("\(found.number)", error.why)
        }
    }

    private func unreadable(_ number: String, _ why: String) -> StoreError {
        StoreError(
            .corrupt,
            "cannot read batch \(number) of the feed's table \(table) in \(client.region): \(why); if no newer program wrote it, delete the item pk "
                + "\(client.region), sk \(number): whoever reads the feed then reads the state anew")
    }

    // MARK: Writing

    package func write(_ batch: FeedBatch) -> FeedBook.Outcome {
        let expiresAt = client.serviceTime.milliseconds / 1_000 + FeedTable.lifetimeSeconds
        guard let bytes = FeedBatchCoding.encode(batch),
            let puts = FeedTable.puts(batch.number, bytes, in: table, region: client.region, expiresAt: expiresAt),
            let last = puts.last
        else { return unknown("a batch is larger than a log can hold, or there is no memory to compress it") }
        do throws(AWSError) {
            for put in puts.dropLast() { _ = try client.perform(put) }
            _ = try client.perform(last)
            return known(.done)
        } catch {
            guard error.dynamoDB == .conditionFailed else { return unknown("\(error)") }
            // The first of two requests may have done it, and its answer been lost.
            let there = error.refusedItem { FeedTable.found($0) }
            let isOurs = there.map { $0.parts == puts.count && $0.isWhole(bytes) }
            return known(isOurs == true ? .done : .refused)
        }
    }

    private func known(_ outcome: FeedBook.Outcome) -> FeedBook.Outcome {
        writing.withLock { $0 = nil }
        return outcome
    }

    private func unknown(_ reason: String) -> FeedBook.Outcome {
        writing.withLock { $0 = reason }
        return .unknown
    }
}
