import Glibc
import Measuring
import Platform

/// A file that is written line by line.
final class OutputLines {
    private let file: UnsafeMutablePointer<FILE>
    private let path: String

    init(_ path: String) throws {
        guard let file = fopen(path, "w") else {
            throw BenchmarkError("cannot write \(path): \(String(cString: strerror(errno)))")
        }
        self.file = file
        self.path = path
    }

    deinit { fclose(file) }

    func write(_ line: ByteView) throws {
        guard fwrite(line.baseAddress, 1, line.count, file) == line.count, fputc(0x0A, file) != EOF else {
            throw BenchmarkError("cannot write \(path): \(String(cString: strerror(errno)))")
        }
    }
}

/// A file that is read line by line.
struct InputLines {
    private let path: String

    init(_ path: String) { self.path = path }

    /// The view is valid during the call, with as many readable bytes behind it as simdjson needs.
    func forEach(_ body: (ByteView) throws -> Void) throws {
        guard let file = fopen(path, "r") else {
            throw BenchmarkError("cannot open \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        var padded = ByteBuffer(capacity: 64 << 10)
        while true {
            let count = getline(&line, &room, file)
            guard count > 0, let line else { return }
            padded.removeAll()
            padded.append(ByteView(start: line, count: count))
            padded.reserve(64)
            try body(padded.bytes.slice(0, line[count - 1] == 0x0A ? count - 1 : count))
        }
    }
}
