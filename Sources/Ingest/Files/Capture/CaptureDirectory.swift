import Glibc
import Platform

/// The files of a capture: one worker's at a time, named by when they were begun, the oldest given up where they become too large.
///
///     20260302T143000.000Z.jsonl.zst
///     20260302T143500.000Z.open.jsonl.zst
///
/// The second one is being written, or was when its worker was killed: it may be cut off anywhere, and whoever reads it knows
/// (``CaptureFile/mayBeCutOff``). It is renamed once it is whole. A name is greater than all before it, whatever the clock does meanwhile.
/// What else lies in the directory is left alone.
struct CaptureDirectory: ~Copyable {
    let path: String
    /// By name.
    private(set) var files: [(name: String, bytes: Int)] = []
    private(set) var bytes = 0
    private let lock: Descriptor

    private static let suffix = ".jsonl.zst"
    /// Of a file that is not whole yet.
    static let openSuffix = ".open.jsonl.zst"

    /// Makes the directory (mode 0700) where there is none.
    init(_ path: String) throws(CaptureError) {
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .system(path, "create") }
        let lock = Descriptor(open("\(path)/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600))
        guard lock.number >= 0 else { throw .system(path, "open") }
        guard flock(lock.number, LOCK_EX | LOCK_NB) == 0 else {
            throw CaptureError(
                path: path, action: "open", reason: "another worker writes to this directory; give each worker its own")
        }
        var files: [(name: String, bytes: Int)] = []
        for name in try CaptureDirectory.names(in: path) where CaptureDirectory.time(of: name) != nil {
            var status = stat()
            guard stat("\(path)/\(name)", &status) == 0 else { throw .system(path, "examine") }
            files.append((name, Int(status.st_size)))
        }
        self.path = path
        self.lock = lock
        self.files = files.sorted { $0.name < $1.name }
        bytes = files.reduce(0) { $0 + $1.bytes }
    }

    func path(of name: String) -> String { "\(path)/\(name)" }

    /// Begins another file (mode 0600), which is open until ``closeLast()``.
    mutating func create(at now: Timestamp) throws(CaptureError) -> Int32 {
        let last = files.last.flatMap { CaptureDirectory.time(of: $0.name) }
        let time = last.map { max($0.milliseconds + 1, now.milliseconds) } ?? now.milliseconds
        let name = CaptureDirectory.stem(of: Timestamp(milliseconds: time)) + CaptureDirectory.openSuffix
        let descriptor = open(path(of: name), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .system(path(of: name), "create") }
        files.append((name, 0))
        return descriptor
    }

    /// The last file, which is open, is whole.
    mutating func closeLast() throws(CaptureError) {
        guard let open = files.last, open.name.hasSuffix(CaptureDirectory.openSuffix) else { return }
        let name = String(open.name.dropLast(CaptureDirectory.openSuffix.count)) + CaptureDirectory.suffix
        // Somebody else may have moved it away.
        guard rename(path(of: open.name), path(of: name)) == 0 || errno == ENOENT else {
            throw .system(path(of: open.name), "rename")
        }
        files[files.count - 1].name = name
    }

    /// So much was written to the last file.
    mutating func grow(by more: Int) {
        guard !files.isEmpty else { return }
        files[files.count - 1].bytes += more
        bytes += more
    }

    /// Removes the oldest file, never the last one; nil where there is no other.
    mutating func removeOldest() throws(CaptureError) -> (name: String, bytes: Int)? {
        guard files.count > 1 else { return nil }
        let file = files[0]
        // Somebody else may have moved it away.
        guard unlink(path(of: file.name)) == 0 || errno == ENOENT else { throw .system(path(of: file.name), "remove") }
        files.removeFirst()
        bytes -= file.bytes
        return file
    }

    // MARK: Names

    private static func stem(of time: Timestamp) -> String { String("\(time)".filter { $0 != "-" && $0 != ":" }) }

    /// Nil where it is no file of a capture.
    private static func time(of name: String) -> Timestamp? {
        guard let end = [openSuffix, suffix].first(where: { name.hasSuffix($0) }) else { return nil }
        var text = Array(name.utf8.dropLast(end.utf8.count))
        guard text.count == 20 else { return nil }
        for place in [4, 7] { text.insert(UInt8(ascii: "-"), at: place) }
        for place in [13, 16] { text.insert(UInt8(ascii: ":"), at: place) }
        let time = Timestamp(String(decoding: text, as: UTF8.self))
        return time.flatMap { stem(of: $0) + end == name ? $0 : nil }
    }

    private static func names(in path: String) throws(CaptureError) -> [String] {
        guard let stream = opendir(path) else { throw .system(path, "list") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names
    }
}
