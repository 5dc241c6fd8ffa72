import EngineCore
import Glibc

/// What a writer vouches for, in the file `converge-mark` beside the database: lines of text, the last one their CRC-32C.
///
///     converge mark 1
///     open                         or: closed
///     sequence 4711                the number of the newest write that returned
///     file MANIFEST-000005 312     bytes: at least so many while open; exactly, and of every file, once closed
///     digest 3f2a..                of all rows, where it was taken at the end
///     crc 1a2b3c4d
///
/// While the state is open the file is written over in place after each write, unsynced: it outlives the process, and after a power failure
/// it says less than is there, never more.
struct StateMark: Equatable {
    static let name = "converge-mark"
    static let draftName = "converge-mark.new"
    /// Of the file while the state is open: what a disk writes as a whole.
    static let openSize = 512

    var isClosed = false
    var sequence: UInt64 = 0
    var files: [Entry] = []
    var digest: String?

    struct Entry: Equatable {
        var name: String
        var size: Int
    }

    var text: String {
        var text = "converge mark 1\n\(isClosed ? "closed" : "open")\nsequence \(sequence)\n"
        for file in files { text += "file \(file.name) \(file.size)\n" }
        if let digest { text += "digest \(digest)\n" }
        return text + "crc \(StateMark.checksum(text))\n"
    }

    private static func checksum(_ text: String) -> String {
        var checksum = CRC32C()
        Array(text.utf8).withUnsafeBytes { checksum.update($0) }
        return String(checksum.value, radix: 16)
    }

    /// Nil where the text is not a mark, or not whole.
    init?(text: String) {
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
        guard let last = lines.last, last.count == 2, last[0] == "crc", lines.count > 3,
            lines.dropLast().map({ $0.joined(separator: " ") + "\n" }).joined().withChecksum(last[1]),
            lines[0] == ["converge", "mark", "1"]
        else { return nil }
        isClosed = lines[1] == ["closed"]
        for line in lines.dropFirst(2).dropLast() {
            switch (line[0], line.count) {
            case ("sequence", 2): sequence = UInt64(line[1]) ?? 0
            case ("file", 3): files.append(Entry(name: line[1], size: Int(line[2]) ?? 0))
            case ("digest", 2): digest = line[1]
            default: return nil
            }
        }
    }

    init(isClosed: Bool = false, sequence: UInt64 = 0, files: [Entry] = [], digest: String? = nil) {
        (self.isClosed, self.sequence, self.files, self.digest) = (isClosed, sequence, files, digest)
    }

    /// The mark of a directory; nil where there is none that can be read: a state of an older program has none.
    static func read(of directory: StateDirectory) throws(StoreError) -> StateMark? {
        guard let file = try StateFile(name, of: directory) else { return nil }
        // A line a file, of which RocksDB has some for each 128 MB.
        return StateMark(text: String(decoding: try file.start(min(try file.size(), 16 << 20)), as: UTF8.self))
    }

    /// Puts it in the place of the one before, durably.
    func write(to directory: StateDirectory) throws(StoreError) {
        let draft = "\(directory.path)/\(StateMark.draftName)"
        let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw directory.unwritable(StateMark.name, errno) }
        let isWritten = put(file) && fsync(file) == 0
        let failure = errno
        close(file)
        guard isWritten, rename(draft, "\(directory.path)/\(StateMark.name)") == 0, directory.sync() else {
            let cause = isWritten ? errno : failure
            unlink(draft)
            throw directory.unwritable(StateMark.name, cause)
        }
    }

    /// Writes it over what stands in a file, in one go.
    func put(_ file: Int32) -> Bool {
        var bytes = Array(text.utf8)
        if !isClosed { bytes += [UInt8](repeating: UInt8(ascii: "\n"), count: max(0, StateMark.openSize - bytes.count)) }
        return pwrite(file, bytes, bytes.count, 0) == bytes.count
    }
}

extension String {
    fileprivate func withChecksum(_ wanted: String) -> Bool {
        var checksum = CRC32C()
        Array(utf8).withUnsafeBytes { checksum.update($0) }
        return String(checksum.value, radix: 16) == wanted
    }
}
