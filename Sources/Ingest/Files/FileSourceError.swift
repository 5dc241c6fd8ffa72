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
            "cannot read \(path): it is neither a regular file nor a directory. Save its contents to a file, or redirect it to "
                + "standard input and give - as the path."
        case .unnameable(let path):
            "cannot read \(path): its name is not UTF-8. Rename it."
        case .noCaptures(let path):
            "no captures in directory \(path). Captures are files named .json, .jsonl, .ndjson, .log, .txt, .capture or without "
                + "extension, each also with .gz or .zst; hidden files, \(DeadLetterFile.defaultName) and state directories are skipped. "
                + "To read a file of any other name, give its path."
        case .changed(let path, let expected, let found):
            "\(path) is not the file that was read before: it had \(expected) and now has \(found). To read it as a new file, give it another "
                + "name or use another state directory; to continue the old one, restore it."
        case .unreadable(let path, let offset, let reason):
            "reading \(path) failed at byte \(offset): \(reason). Check the disk and the file system, then restart."
        case .corrupt(let path, let compression, let offset, let reason, let recordsBefore):
            "\(path): the \(compression) data is damaged at byte \(offset): \(reason). \(recordsBefore) records before it were read. "
                + "Get the file again, under another name, or truncate it there."
        case .cutOff(let path, let recordsBefore):
            "\(path) is incomplete: its JSON array does not end. \(recordsBefore) records were read and merged; the records "
                + "after them are missing. Get the file again, or append them; reading continues from there."
        case .recordTooLong(let record, let limitBytes):
            "\(record) is longer than \(limitBytes) bytes, the maximum size of a record. Check that the file contains events; split it "
                + "or remove the record."
        }
    }

    /// What `errno` says.
    static func reason(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
}
