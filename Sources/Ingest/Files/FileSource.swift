public import EngineCore
import Synchronization

/// Captured files as a ``Source``: each file is a partition.
///
///     let source = try FileSource(paths: ["captures/", "more.jsonl.gz"], checkpoints: try store.checkpoints())
///     let block = RecordBlock()
///     while try source.read(into: block) == .records { .. }
///
/// Takes JSON Lines, concatenated and pretty-printed JSON and JSON arrays, each plain, gzip or zstd, told apart by what is in
/// the file. Threads that read at once read different files as long as there are enough; the last file they read in turns,
/// block by block. A thread holds one file open, so there are never more open files than threads.
///
/// A file that a checkpoint knows goes on where the checkpoint says, or is left out where it had ended. One that has grown since
/// then goes on where it had ended; where that was inside a record, it is read anew. `-` is standard input, of which no
/// checkpoint is heeded.
///
/// Cost: one copy from the page cache, one search for line breaks, two short copies of the record a block breaks off in.
/// Memory: a block, and the longest record.
public final class FileSource: Source {
    public let partitions: [Partition]
    /// Files that earlier runs read to their end.
    public let skipped: Int
    /// What in the directories is called like a capture and is no file: pipes, sockets, devices.
    public let others: [String]
    /// Bytes on disk that there are to read. Of a compressed file that was begun this is all of it: it is decompressed from
    /// the start again.
    public let bytesTotal: Int

    private let readers: [FileReader]
    private let schedule: Mutex<FileSchedule>
    private let progress = ByteProgress()

    /// Finds the files, opens each once to see whether it can be read and is still the one that a checkpoint knows.
    ///
    /// - Parameters:
    ///   - paths: Files, which are read whatever they are called, and directories, of which the files named like captures are
    ///     read at any depth.
    ///   - checkpoints: How far earlier runs came. Those of other partitions do not matter.
    ///   - blockBytes: Roughly how much text a block holds. A longer record makes a longer block.
    ///   - recordBytesMax: A longer record is an error.
    public init(
        paths: [String], checkpoints: [Checkpoint] = [], blockBytes: Int = 1 << 18, recordBytesMax: Int = 256 << 20
    ) throws(FileSourceError) {
        let known = Dictionary(checkpoints.map { ($0.partition.key, $0) }, uniquingKeysWith: { $1 })
        var readers: [FileReader] = []
        var skipped = 0
        var bytesTotal = 0
        let found = try CaptureFile.find(paths)
        for file in found.files {
            var position = Position.beginning
            if file.standardInputStart == nil, let checkpoint = known[file.partition.key] {
                guard let next = try file.position(after: checkpoint) else {
                    skipped += 1
                    continue
                }
                position = next
            }
            bytesTotal += file.compression == .none ? max(0, file.size - position.offset) : file.size
            readers.append(
                FileReader(
                    file, from: position, blockBytes: max(blockBytes, 1), recordBytesMax: max(recordBytesMax, 1),
                    progress: progress))
        }
        partitions = readers.map(\.file.partition)
        self.readers = readers
        others = found.others
        self.skipped = skipped
        self.bytesTotal = bytesTotal
        schedule = Mutex(FileSchedule(count: readers.count))
    }

    /// Captures that a killed worker left unfinished, as far as they were read to where they are cut off: all whole lines before the cut
    /// were handed over, the rest is not there. Safe to ask at any time.
    public var cutOff: [String] { readers.filter { $0.isCutOff.load(ordering: .relaxed) }.map(\.file.path) }

    /// How many of ``bytesTotal`` were read. Safe to ask at any time.
    public var bytesRead: Int { progress.count }

    /// What tells that the file is still the same: ``Checkpoint/identity``.
    public func identity(partition: Int) -> String { readers[partition].identity }

    public func read(into block: RecordBlock) throws(FileSourceError) -> SourceStatus {
        while let index = schedule.withLock({ $0.claim() }) {
            var hasEnded = false
            defer { schedule.withLock { $0.release(index, hasEnded: hasEnded) } }
            guard try readers[index].read(into: block) else {
                hasEnded = true
                continue
            }
            block.partition = index
            hasEnded = block.isLast
            return .records
        }
        return .ended
    }

    public func partition(_ index: Int) -> Partition { partitions[index] }
    public func describe(partition: Int, ordinal: Int) -> String { readers[partition].describe(ordinal: ordinal) }
}
