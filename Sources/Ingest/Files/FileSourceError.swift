import Glibc

/// Why files cannot be read, and what to do about it.
public enum FileSourceError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The file or directory is missing, or not permitted. `action` is what was tried: `open`, `list`, ..
    case unavailable(path: String, action: String, reason: String)
    /// A pipe, a socket, a device.
    case notAFile(path: String)
    /// In a directory, a capture or directory whose name is not UTF-8; `path` shows what could be read of it.
    case unnameable(path: String)
    /// A directory that holds nothing to read.
    case noCaptures(path: String)
    /// Not the file that it was: against the checkpoint, or while it was being read.
    case changed(path: String, expected: String, found: String)
    /// The operating system failed a read. `offset` counts bytes on disk.
    case unreadable(path: String, offset: Int, reason: String)
    /// Compressed contents that are cut off or damaged. `offset` counts bytes on disk.
    case corrupt(path: String, compression: String, offset: Int, reason: String, recordsBefore: Int)
    /// An array that ends behind an element, without its bracket.
    case cutOff(path: String, recordsBefore: Int)
    /// A record over the limit. `record` is named as ``FileSource/describe(partition:ordinal:)`` does.
    case recordTooLong(record: String, limitBytes: Int)

    public var description: String {
        switch self {
        case .unavailable(let path, let action, let reason):
            "cannot \(action) \(path): \(reason). Check the path and its permissions."
        case .notAFile(let path):
            "cannot read \(path): it is neither a regular file nor a directory. Save what it yields to a file, or send it to "
                + "standard input and name - instead."
        case .unnameable(let path):
            "cannot read \(path): its name is not UTF-8. Rename it."
        case .noCaptures(let path):
            "no captures in directory \(path): looked for files named .json, .jsonl, .ndjson, .log, .txt, .capture or without "
                + "extension, each also with .gz or .zst; hidden files, \(DeadLetterFile.defaultName) and state directories are left out. "
                + "Name a file itself to have it read whatever it is called."
        case .changed(let path, let expected, let found):
            "\(path) is not the file it was: it had \(expected), it has \(found). To read it as a new file, give it another "
                + "name or use another state directory; to go on with the old one, put it back."
        case .unreadable(let path, let offset, let reason):
            "reading \(path) failed at byte \(offset): \(reason). Check the disk or the file system, then start again."
        case .corrupt(let path, let compression, let offset, let reason, let recordsBefore):
            "\(path) is broken \(compression) at byte \(offset): \(reason). \(recordsBefore) records before it were read. "
                + "Fetch the file again, under another name, or cut it there."
        case .cutOff(let path, let recordsBefore):
            "\(path) ends inside its array, behind an element: \(recordsBefore) records of it were read and are merged, what "
                + "followed is missing. Fetch the file again, or add what is missing; it then goes on from there."
        case .recordTooLong(let record, let limitBytes):
            "\(record) is longer than \(limitBytes) bytes, the limit of one record. Check that the file holds events; split it "
                + "or take the record out."
        }
    }

    /// What `errno` says.
    static func reason(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
}
