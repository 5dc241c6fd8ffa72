import Bytes

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A file that appears whole or not at all: written beside its place, synced, then renamed. `-` is standard output.
final class OutputFile {
    private let path: String
    private let temporary: String
    private let descriptor: Int32
    private var isOpen = true

    init(path: String) throws {
        self.path = path
        temporary = path + ".partial"
        if path == "-" {
            descriptor = STDOUT_FILENO
        } else {
            descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw OutputError(action: "create", path: temporary) }
        }
    }

    func write(_ bytes: ByteView) throws {
        var at = 0
        while at < bytes.count {
            let written = Glibc.write(descriptor, bytes.baseAddress.unsafelyUnwrapped + at, bytes.count - at)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw OutputError(action: "write", path: path) }
            at += written
        }
    }

    func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try write(ByteView($0)) }
    }

    func close() throws {
        isOpen = false
        guard path != "-" else { return }
        guard fsync(descriptor) == 0, Glibc.close(descriptor) == 0, rename(temporary, path) == 0 else {
            throw OutputError(action: "finish", path: path)
        }
    }

    deinit {
        if isOpen, path != "-" {
            Glibc.close(descriptor)
            unlink(temporary)
        }
    }
}

struct OutputError: Error, CustomStringConvertible {
    let description: String

    init(action: String, path: String) {
        description = "cannot \(action) \(path): \(String(cString: strerror(errno)))"
    }
}
