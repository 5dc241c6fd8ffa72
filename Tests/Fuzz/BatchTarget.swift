import FeedCore
import Platform

/// Arbitrary bytes as a batch of the feed, as a damaged item would have them: what is taken can be written and read again, and worked with.
final class BatchTarget: FuzzTarget {
    func run(_ input: ByteView) {
        guard let batch = try? FeedBatchContent.decode(input) else { return }
        var written = ByteBuffer()
        FeedBatchContent.append(batch, to: &written)
        do throws(FeedBatchContent.Malformed) {
            require(try FeedBatchContent.decode(written.bytes) == batch, "a batch comes back as another one")
        } catch {
            stop("a batch that was read cannot be read again: \(error.why)")
        }
        _ = batch.changes
        var view = FeedView(bytesMax: 1 << 20)
        view.take(batch)
        require(view.isConsistent, "the entities of a batch are not what they should be")
        var book = FeedBook(.init(author: "a", tables: batch.cursor.tables.keys.sorted()))
        book.logRead([batch], sent: 0, now: 0)
        for now in [0, 20_000, 40_000] as [Int64] {
            book.logRead([], sent: now, now: now)
            _ = book.steps(now: now, wall: 1_700_000_000_000 + now)
        }
    }
}
