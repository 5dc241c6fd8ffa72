import Glibc
import Platform

/// A file that appears whole or not at all: written beside its place, synced, then renamed. `-` is standard output. A pipe or a
/// device is written to as it is: a file renamed over it would take its place.
final class OutputFile {
    /// As errors name it.
    private let name: String
    private let descriptor: Int32
    /// Where it is written first, and then renamed to; nil where it is written to directly.
    private let move: (from: String, to: String)?
    private var isOpen = true

    init(path: String) throws {
        var status = stat()
        if path == "-" {
            name = "standard output"
            descriptor = STDOUT_FILENO
            move = nil
        } else if stat(path, &status) == 0, ![S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) {
            name = path
            descriptor = open(path, O_WRONLY | O_CLOEXEC)
            move = nil
        } else {
            name = path
            // Behind a symbolic link lies the file that is meant.
            let place = resolved(path) ?? path
            guard !isDirectory(place) else { throw OutputError(action: "write", path: path, code: EISDIR) }
            descriptor = open(place + ".partial", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            move = (place + ".partial", place)
        }
        guard descriptor >= 0 else {
            isOpen = false
            throw OutputError(action: "create", path: move?.from ?? path)
        }
    }

    func write(_ bytes: ByteView) throws {
        var at = 0
        while at < bytes.count {
            let written = Glibc.write(descriptor, bytes.baseAddress.unsafelyUnwrapped + at, bytes.count - at)
            if written < 0, errno == EINTR { continue }
            // A reader that has gone away, as `head` does, has what it wanted.
            if written < 0, errno == EPIPE, descriptor == STDOUT_FILENO { _exit(1) }
            guard written > 0 else { throw OutputError(action: "write", path: name) }
            at += written
        }
    }

    func close() throws {
        guard descriptor != STDOUT_FILENO else { return }
        guard let move else {
            isOpen = false
            guard Glibc.close(descriptor) == 0 else { throw OutputError(action: "finish", path: name) }
            return
        }
        guard fsync(descriptor) == 0, rename(move.from, move.to) == 0 else { throw OutputError(action: "finish", path: name) }
        isOpen = false
        guard Glibc.close(descriptor) == 0 else { throw OutputError(action: "finish", path: name) }
    }

    deinit {
        guard isOpen, descriptor != STDOUT_FILENO else { return }
        Glibc.close(descriptor)
        if let move { unlink(move.from) }
    }
}

struct OutputError: Error, CustomStringConvertible {
    let description: String

    init(action: String, path: String, code: Int32 = errno) {
        description = "cannot \(action) \(path): \(String(cString: strerror(code)))"
    }
}
