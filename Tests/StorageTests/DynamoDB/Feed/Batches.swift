import ContactCenter
import FeedCore
import Lattice
import TestSupport

@testable import Storage

extension FeedBatch {
    /// A batch of some author with a few entries and a cursor of a few shards.
    static func made(_ number: UInt64, by author: String = "a", _ entries: [FeedEntry] = []) -> FeedBatch {
        let shards: [String: FeedCursor.Shard] = [
            "shardId-00000001414576573621-f55eea83": .init(.after("300000000000000499659"), seen: 1_700_000_000_000),
            "shardId-00000001414576573622-f55eea84": .init(.start, seen: 1_700_000_000_000, covered: 1_700_000_000_001),
            "shardId-00000001414576573623-f55eea85": .init(.ended, seen: 0),
        ]
        let cursor = FeedCursor(tables: [
            "converge-agent": .init(stream: "arn:aws:dynamodb:us-east-1:1:table/t", shards: shards)
        ])
        return FeedBatch(
            number: number, author: author, time: 1_700_000_000_000 + Int64(number), readTo: 1_700_000_000_001, cursor: cursor,
            entries: entries)
    }

    /// With one register of so many characters, which do not compress below half of them.
    static func large(_ number: UInt64, by author: String = "a", size: Int) -> FeedBatch {
        made(
            number, by: author,
            [FeedEntry(form: .told, key: [2] + Array("c-1".utf8), row: "us-east-1", entity: entity(7, size: size))])
    }
}
