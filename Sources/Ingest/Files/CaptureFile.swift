import EngineCore
import Glibc

/// A file to read, as it was found: what it is called, what identifies it, how it is compressed.
struct CaptureFile: Sendable {
    /// As the user named it, or below the directory that the user named.
    let path: String
    /// Absolute, without symbolic links: what the file is known by.
    let realPath: String
    /// Bytes on disk.
    let size: Int
    let identity: FileIdentity
    let compression: Compression
    /// Whether it is called like a capture that its worker had not finished: it may end in the middle of a frame and of a line.
    let mayBeCutOff: Bool
    /// What was read of standard input; nil of a file.
    let standardInputStart: [UInt8]?

    var partition: Partition { Partition(source: "file", stream: realPath) }

    /// Opens the file, reads its start and closes it again.
    init(path: String, realPath: String) throws(FileSourceError) {
        let descriptor = open(realPath, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw .unavailable(path: path, action: "open", reason: FileSourceError.reason())
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw .unavailable(path: path, action: "examine", reason: FileSourceError.reason())
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
        let size = Int(status.st_size)
        let start = try Self.read(descriptor, path, from: 0, min(size, FileIdentity.startBytesMax))
        self.path = path
        self.realPath = realPath
        self.size = size
        standardInputStart = nil
        let end = try Self.read(descriptor, path, from: size - min(size, FileIdentity.endBytesMax), size)
        identity = FileIdentity(size: size, start: start, end: end)
        mayBeCutOff = realPath.hasSuffix(CaptureDirectory.openSuffix)
        // Of one that is cut off within its first four bytes these tell nothing.
        compression = mayBeCutOff ? .zstd : start.withUnsafeBytes { Compression(start: $0) }
    }

    /// Standard input, of which as much is read as tells how it is compressed.
    init(standardInput path: String) throws(FileSourceError) {
        var start = [UInt8](repeating: 0, count: 16)
        var count = 0
        while count < start.count {
            let got = start.withUnsafeMutableBytes {
                Glibc.read(STDIN_FILENO, $0.baseAddress.map { $0 + count }, $0.count - count)
            }
            if got < 0, errno == EINTR { continue }
            if got < 0 { throw .unreadable(path: path, offset: count, reason: FileSourceError.reason()) }
            if got == 0 { break }
            count += got
        }
        start.removeLast(start.count - count)
        self.path = path
        realPath = path
        size = 0
        identity = FileIdentity(size: 0, start: [], end: [])
        compression = start.withUnsafeBytes { Compression(start: $0) }
        standardInputStart = start
        mayBeCutOff = false
    }

    /// Where to go on with a file that was read before; nil where nothing is left of it.
    func position(after checkpoint: Checkpoint) throws(FileSourceError) -> Position? {
        guard let known = FileIdentity(checkpoint.identity), try isContinuation(of: known) else {
            throw .changed(path: path, expected: checkpoint.identity, found: identity.description)
        }
        if known.size == size { return checkpoint.ended ? nil : checkpoint.position }
        return known.isOpen ? .beginning : checkpoint.position
    }

    /// Whether the file is the known one, or that one with more behind it.
    private func isContinuation(of known: FileIdentity) throws(FileSourceError) -> Bool {
        if known.size == size { return known.isSame(as: identity) }
        // What an older version wrote down says nothing of the end, and not whether a record was cut there.
        guard known.size < size, known.end != nil else { return false }
        let descriptor = open(realPath, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .unavailable(path: path, action: "open", reason: FileSourceError.reason()) }
        defer { close(descriptor) }
        let start = try Self.read(descriptor, path, from: 0, min(known.size, FileIdentity.startBytesMax))
        let end = try Self.read(descriptor, path, from: known.size - min(known.size, FileIdentity.endBytesMax), known.size)
        return known.isSame(as: FileIdentity(size: known.size, start: start, end: end))
    }

    /// The bytes of the file from one offset up to another.
    private static func read(
        _ descriptor: Int32, _ path: String, from first: Int, _ end: Int
    ) throws(FileSourceError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: end - first)
        var count = 0
        while count < bytes.count {
            let got = bytes.withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress.map { $0 + count }, $0.count - count, off_t(first + count))
            }
            if got < 0, errno == EINTR { continue }
            if got < 0 { throw .unreadable(path: path, offset: first + count, reason: FileSourceError.reason()) }
            if got == 0 { throw .changed(path: path, expected: "\(end) bytes", found: "\(first + count) bytes") }
            count += got
        }
        return bytes
    }
}
