import ContactCenter
import EngineCore
import Lattice
public import Platform

/// The canonical state: one line an entity, sorted by kind then id, and the SHA-256 over it (`docs/state.md`).
public enum StateExport {
    public struct Result: Sendable {
        /// SHA-256 over the lines, each with its newline, as hexadecimal text.
        public var digest: String
        public var entities: [EntityKind: Int]
        /// Bytes of all lines.
        public var byteCount: Int
    }

    /// Formats the rows that `rows` hands over in ascending order of key, on `threads` threads beside the caller's, which
    /// hashes them in order and passes them to `output`. Bounded: four chunks a thread, each of about 128 KiB of rows.
    public static func run(
        threads: Int, rows: (_ emit: (_ key: ByteView, _ entity: ByteView) throws -> Void) throws -> Void,
        output: ((ByteView) throws -> Void)? = nil
    ) throws -> Result {
        let formatters = Formatters(count: max(threads, 1))
        defer { formatters.stop() }
        var result = Result(digest: "", entities: [:], byteCount: 0)
        var hash = SHA256()
        var byKind = [Int](repeating: 0, count: 256)

        func take(_ chunk: Chunk) throws {
            hash.update(chunk.lines.bytes)
            result.byteCount += chunk.lines.count
            try output?(chunk.lines.bytes)
            formatters.recycle(chunk)
        }

        var chunk = formatters.empty()
        try rows { key, entity in
            byKind[Int(key[0])] += 1
            chunk.rows.append(key: key, entity: entity)
            guard chunk.rows.byteCount >= 128 << 10 else { return }
            formatters.submit(chunk)
            while let done = formatters.oldest(orWait: formatters.isFull) { try take(done) }
            chunk = formatters.empty()
        }
        formatters.submit(chunk)
        while let done = formatters.oldest(orWait: true) { try take(done) }
        result.digest = hash.finalizeHex()
        for kind in EntityKind.allCases { result.entities[kind] = byKind[Int(kind.rawValue)] }
        return result
    }

    /// The entities of several shards in ascending order of key.
    public static func rows(
        of shards: [Shard]
    ) -> (_ emit: (_ key: ByteView, _ entity: ByteView) throws -> Void) throws -> Void {
        { emit in
            // The start of a key beside it spares most comparisons the way to the key.
            var all: [(start: UInt64, key: ByteView, entity: ByteView)] = []
            all.reserveCapacity(shards.reduce(0) { $0 + $1.entityCount })
            for shard in shards { shard.forEach { all.append((start(of: $0), $0, $1)) } }
            all.sort { $0.start != $1.start ? $0.start < $1.start : $0.key.compare($1.key) < 0 }
            for (_, key, entity) in all { try emit(key, entity) }
        }
    }

    /// The first eight bytes of a key as a number that orders as they do; zeros stand for what a shorter key lacks.
    private static func start(of key: ByteView) -> UInt64 {
        if key.count >= 8 { return key.integer(at: 0, as: UInt64.self).byteSwapped }
        return key.reduce(0) { $0 << 8 | UInt64($1) } << UInt64(8 * (8 - key.count))
    }
}

/// Rows on their way to becoming lines.
private final class Chunk: @unchecked Sendable {
    let rows = RowBatch(capacity: 150 << 10)
    var lines = ByteBuffer(capacity: 512 << 10)
    var isDone = false
}

/// Threads that turn chunks of rows into lines; the caller takes them back in the order of submission.
private final class Formatters: @unchecked Sendable {
    private let monitor = Monitor()
    private var waiting: [Chunk] = []
    private var inOrder: [Chunk] = []
    private var spare: [Chunk] = []
    private var stopped = false
    private var threads: [SystemThread] = []
    private let limit: Int

    init(count: Int) {
        limit = count * 4
        for _ in 0..<count {
            if let thread = SystemThread({ [self] in work() }) { threads.append(thread) }
        }
    }

    var isFull: Bool { inOrder.count >= limit }

    func empty() -> Chunk {
        guard let chunk = spare.popLast() else { return Chunk() }
        chunk.rows.removeAll()
        chunk.lines.removeAll()
        chunk.isDone = false
        return chunk
    }

    func recycle(_ chunk: Chunk) { spare.append(chunk) }

    func submit(_ chunk: Chunk) {
        inOrder.append(chunk)
        if threads.isEmpty {
            format(chunk, with: StateWriter())
            chunk.isDone = true
            return
        }
        monitor.locked {
            waiting.append(chunk)
            monitor.broadcast()
        }
    }

    /// The oldest chunk that was submitted, once it is done; nil when there is none, or when it is not done and `orWait` is
    /// false.
    func oldest(orWait wait: Bool) -> Chunk? {
        guard let first = inOrder.first else { return nil }
        let done = monitor.locked {
            while wait, !first.isDone { monitor.wait() }
            return first.isDone
        }
        guard done else { return nil }
        inOrder.removeFirst()
        return first
    }

    func stop() {
        monitor.locked {
            stopped = true
            monitor.broadcast()
        }
        for thread in threads { thread.join() }
    }

    private func work() {
        let writer = StateWriter()
        while true {
            let next: Chunk? = monitor.locked {
                while waiting.isEmpty, !stopped { monitor.wait() }
                return waiting.isEmpty ? nil : waiting.removeFirst()
            }
            guard let chunk = next else { return }
            format(chunk, with: writer)
            monitor.locked {
                chunk.isDone = true
                monitor.broadcast()
            }
        }
    }

    private func format(_ chunk: Chunk, with writer: StateWriter) {
        for row in chunk.rows {
            writer.appendLine(key: EntityKey(row.key), entity: EntityView(row.entity), to: &chunk.lines)
            chunk.lines.append(UInt8(ascii: "\n"))
        }
    }
}
