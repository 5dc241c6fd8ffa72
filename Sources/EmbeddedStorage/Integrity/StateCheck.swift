public import ContactCenter
import Engine
import Glibc

/// What a whole look at a state directory finds.
public struct StateCheck: Sendable {
    public enum Ending: String, Sendable {
        /// Its worker ended well: every file is as it was left.
        case closed
        /// A worker has it open, or was killed.
        case open
        /// Written by a program that left no mark.
        case unmarked
    }

    public private(set) var ending = Ending.unmarked
    public private(set) var tables = 0
    public private(set) var logs = 0
    /// Of all files that the state consists of.
    public private(set) var byteCount = 0
    /// The number of the newest write.
    public private(set) var sequence: UInt64 = 0
    /// The file of which a write that never returned is cut off, and at which byte.
    public private(set) var torn: (file: String, offset: Int)?
    public private(set) var entities: [EntityKind: Int] = [:]
    /// Partitions whose position it holds.
    public private(set) var positions = 0
    /// Of all rows, expired ones included.
    public private(set) var digest = ""
    /// The same as it was when the worker ended, where it was taken then.
    public private(set) var digestAtEnd: String?

    /// Reads everything: manifest, logs, every block of every table with its checksum, every row and position, and holds the digest against that
    /// of the end. Takes no lock and changes nothing; of a state that is being written it sees one moment.
    ///
    /// Throws `.corrupt` for damage, naming the file as far as it is known. Memory: as for reading. Cost: linear in the state.
    public init(path: String, threads: Int) throws {
        let directory = StateDirectory(path: path)
        // Before its files are looked at: they only grow.
        let mark = try StateMark.read(of: directory)
        let store = try EmbeddedStore(path: path, mode: .readOnly)
        if let mark { ending = mark.isClosed ? .closed : .open }
        if let files = store.found {
            (tables, logs, byteCount, sequence) = (files.facts.tables.count, files.logs.count, files.byteCount, files.sequence)
            torn = files.torn.map { ($0.name, $0.size) }
        }
        try store.attempt("read") { () throws(RocksDBError) in try store.database.touchTables() }
        positions = try store.checkpoints().count
        let export = try StateExport.run(threads: threads) { emit in try store.scan { try emit($0, $1) } }
        (entities, digest) = (export.entities, export.digest)
        if ending == .closed { digestAtEnd = mark?.digest }
        if let digestAtEnd, digestAtEnd != digest {
            throw directory.damaged(
                "converge-mark", "states that the digest was \(digestAtEnd) when the worker ended, but it is \(digest) now")
        }
    }
}
