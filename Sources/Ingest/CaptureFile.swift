import Bytes
import Engine
import Glibc
import Lattice

/// A file to read, as it was found: what it is called, what identifies it, how it is compressed.
struct CaptureFile: Sendable {
    /// As the user named it, or below the directory that the user named.
    let path: String
    /// Absolute, without symbolic links: what the file is known by.
    let realPath: String
    /// Bytes on disk.
    let size: Int
    /// `size=<bytes>;start=<SHA-256 of the first 64 KiB>`.
    let identity: String
    let compression: Compression

    private static let startBytesMax = 64 << 10

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
        var start = ByteBuffer(capacity: Self.startBytesMax)
        let wanted = min(size, Self.startBytesMax)
        while start.count < wanted {
            let before = start.count
            let got = Glibc.read(descriptor, start.extend(by: wanted - before), wanted - before)
            start.truncate(to: before + max(got, 0))
            if got < 0, errno == EINTR { continue }
            if got < 0 { throw .unreadable(path: path, offset: before, reason: FileSourceError.reason()) }
            if got == 0 { throw .changed(path: path, expected: "\(size) bytes", found: "\(before) bytes") }
        }
        var hash = SHA256()
        hash.update(start.bytes)
        self.path = path
        self.realPath = realPath
        self.size = size
        identity = "size=\(size);start=\(hash.finalizeHex())"
        compression = Compression(start: start.bytes)
    }
}
