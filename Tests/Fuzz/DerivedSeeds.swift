import ContactCenter
import FeedCore
import Glibc
import Lattice
import Platform

/// No fuzzer: turns the records it is given into seeds of the targets behind the decoders, a file each, under the corpora of
/// FUZZ_CORPUS. Of every mutation: the entity alone, the entity behind the one before, the line of a state file,
/// and a batch of the feed.
final class DerivedSeeds: FuzzTarget {
    private let decoder = RecordDecoder()
    private let batch = MutationBatch(sliceCount: 1)
    private let writer = StateWriter()
    private var previous = EntityView.emptyEncoding
    private let corpus = getenv("FUZZ_CORPUS").map { String(cString: $0) }

    func run(_ input: ByteView) {
        batch.removeAll()
        decoder.decode(input, arrival: nil, index: 0, into: batch)
        batch.forEachMutation(ofSlice: 0) { mutation in
            let entity = mutation.entity.bytes
            write(entity, "entity")
            var pair = ByteBuffer()
            pair.appendInteger(UInt16(truncatingIfNeeded: previous.count))
            previous.withUnsafeBytes { pair.append($0) }
            pair.append(entity)
            write(pair.bytes, "entity")
            previous = [UInt8](entity)
            var line = ByteBuffer()
            writer.appendLine(key: EntityKey(mutation.key), entity: mutation.entity, to: &line)
            write(line.bytes, "state")
            let entry = FeedEntry(form: .told, key: Array(mutation.key), row: "us-east-1", entity: Array(entity))
            let cursor = FeedCursor(tables: ["t": .init(stream: "s", shards: ["1": .init(.after("9"), seen: 7)])])
            var batch = ByteBuffer()
            FeedBatchContent.append(
                FeedBatch(number: 1, author: "a", time: 2, cursor: cursor, entries: [entry]), to: &batch)
            write(batch.bytes, "batch")
        }
    }

    private func write(_ bytes: ByteView, _ target: String) {
        guard let corpus else { stop("FUZZ_CORPUS names no directory") }
        guard let file = fopen("\(corpus)/\(target)/\(String(bytes.hash64, radix: 16))", "w") else {
            stop("\(corpus)/\(target) cannot be written to")
        }
        fwrite(bytes.baseAddress, 1, bytes.count, file)
        fclose(file)
    }
}
