import Measuring

import Glibc

/// A file of events, one a line, in memory for the life of the process.
struct EventFile {
    let path: String
    private let bytes: UnsafeRawBufferPointer

    /// `isReady`: with its pages, so that reading waits for nothing later.
    init(_ path: String, isReady: Bool = false) throws {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { throw BenchmarkError("cannot open \(path): \(String(cString: strerror(errno)))") }
        defer { close(file) }
        let length = Int(lseek(file, 0, SEEK_END))
        let flags = MAP_PRIVATE | (isReady ? MAP_POPULATE : 0)
        guard let start = mmap(nil, length, PROT_READ, flags, file, 0), start != MAP_FAILED else {
            throw BenchmarkError("cannot map \(path): \(String(cString: strerror(errno)))")
        }
        self.path = path
        bytes = UnsafeRawBufferPointer(start: start, count: length)
    }

    var lines: Lines { Lines(rest: bytes) }

    struct Lines: IteratorProtocol {
        fileprivate var rest: UnsafeRawBufferPointer

        mutating func next() -> UnsafeRawBufferPointer? {
            guard let start = rest.baseAddress, !rest.isEmpty else { return nil }
            guard let end = memchr(start, Int32(UInt8(ascii: "\n")), rest.count) else { return nil }
            let length = UnsafeRawPointer(end) - start
            defer { rest = UnsafeRawBufferPointer(rebasing: rest[(length + 1)...]) }
            return UnsafeRawBufferPointer(rebasing: rest[..<length])
        }
    }
}

/// Bytes of the first so many lines, without line breaks. Reads on, so that this process stays small: the kernel counts the peak of who
/// starts a program as the program's.
func byteCount(of path: String, events: Int) throws -> Int {
    guard let file = fopen(path, "r") else { throw BenchmarkError("cannot open \(path): \(String(cString: strerror(errno)))") }
    defer { fclose(file) }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var bytes = 0
    var left = events
    while left > 0 {
        let count = fread(&buffer, 1, buffer.count, file)
        guard count > 0 else { throw BenchmarkError("\(path) has fewer than \(events) events") }
        for byte in buffer[..<count] where left > 0 {
            if byte == UInt8(ascii: "\n") { left -= 1 } else { bytes += 1 }
        }
    }
    return bytes
}
