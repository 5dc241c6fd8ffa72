import Glibc
import Synchronization

/// Why the bytes of a file stop before its end. ``FileReader`` adds the file's name and makes a ``FileSourceError`` of it.
enum InputFailure: Error {
    case unavailable(reason: String)
    case unreadable(offset: Int, reason: String)
    case changed(size: Int)
    case corrupt(compression: String, offset: Int, reason: String)
}

/// How many bytes on disk were read, for people to watch.
final class ByteProgress: Sendable {
    private let bytes = Atomic<Int>(0)

    var count: Int { bytes.load(ordering: .relaxed) }
    func add(_ more: Int) { bytes.add(more, ordering: .relaxed) }
}

/// The bytes of a file as they are on disk, from an open descriptor that closes with it.
///
/// A failure repeats: what could not be read is never passed over by a later call.
final class FileInput {
    /// Bytes read or skipped so far.
    private(set) var offset = 0
    private let descriptor: Int32
    /// Nil of standard input, which ends where it ends.
    private let size: Int?
    /// What was read of standard input to see how it is compressed.
    private var start: [UInt8] = []
    private let progress: ByteProgress
    private var counted = 0
    private var failure: InputFailure?

    /// Opens the file, which must still have `size` bytes.
    init(path: String, size: Int, progress: ByteProgress) throws(InputFailure) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unavailable(reason: FileSourceError.reason()) }
        self.descriptor = descriptor
        self.size = size
        self.progress = progress
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unavailable(reason: FileSourceError.reason()) }
        guard status.st_size == size else { throw .changed(size: Int(status.st_size)) }
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
    }

    /// Standard input, of which `start` was read before.
    init(standardInputBehind start: [UInt8], progress: ByteProgress) {
        self.start = start
        descriptor = STDIN_FILENO
        size = nil
        self.progress = progress
    }

    deinit { if descriptor != STDIN_FILENO { close(descriptor) } }

    /// Reads until `target` is full or the file ends, and returns how much. Less than asked for means the end.
    func fill(_ target: UnsafeMutableRawBufferPointer) throws(InputFailure) -> Int {
        if let failure { throw failure }
        var filled = min(start.count, target.count)
        if filled > 0 {
            target.copyBytes(from: start.prefix(filled))
            start.removeFirst(filled)
            count(filled)
        }
        while filled < target.count {
            let got = Glibc.read(descriptor, target.baseAddress.map { $0 + filled }, target.count - filled)
            if got < 0 {
                if errno == EINTR { continue }
                throw fail(.unreadable(offset: offset, reason: FileSourceError.reason()))
            }
            if got == 0 {
                if let size, offset != size { throw fail(.changed(size: offset)) }
                break
            }
            filled += got
            count(got)
            if let size, offset > size { throw fail(.changed(size: offset)) }
        }
        return filled
    }

    private func count(_ bytes: Int) {
        offset += bytes
        counted += bytes
        progress.add(bytes)
    }

    /// Goes on reading at `offset`. What was read before no longer counts as progress.
    func seek(to offset: Int) throws(InputFailure) {
        if let failure { throw failure }
        guard lseek(descriptor, off_t(offset), SEEK_SET) == off_t(offset) else {
            throw fail(.unreadable(offset: offset, reason: FileSourceError.reason()))
        }
        self.offset = offset
        progress.add(-counted)
        counted = 0
    }

    private func fail(_ failure: InputFailure) -> InputFailure {
        self.failure = failure
        return failure
    }
}
