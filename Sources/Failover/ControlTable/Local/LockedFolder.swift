import Glibc
import HTTPClient
import Platform

/// A folder of small files that several processes of one machine write one at a time: each holds a lock (`flock`) meanwhile, which ends with the process
/// that has it. A file is written beside its place, brought to the disk, and then put there, so that it is there whole or not at all.
struct LockedFolder: Sendable {
    /// A file that would be longer is not read.
    static let fileBytesMax = 1 << 20

    let path: String

    /// Makes the folder (mode 0700) and those in it.
    init(_ path: String, folders: [String]) throws(ControlTableError) {
        self.path = path
        for folder in [path] + folders.map({ "\(path)/\($0)" }) where mkdir(folder, 0o700) != 0 && errno != EEXIST {
            throw ControlTableError(
                "cannot create \(printable(folder)) for the control table: \(errorText(errno)); create its parent folder, or choose another"
            )
        }
    }

    /// Runs `body` while nobody else has the folder; nil where somebody had it until `deadline` of ``monotonicMilliseconds()``.
    func locked<Output>(until deadline: Int64, _ body: () -> Output) throws(ControlTableError) -> Output? {
        // A descriptor of its own for each: locks of one process keep each other out, too.
        let file = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failed("open", "lock") }
        defer { close(file) }
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else { throw failed("lock", "lock") }
            guard monotonicMilliseconds() < deadline else { return nil }
            waitMilliseconds(2)
        }
        return body()
    }

    /// The text of a file; nil where there is none.
    func read(_ name: String) throws(ControlTableError) -> String? {
        guard exists("\(path)/\(name)") else { return nil }
        do throws(FileError) {
            return String(decoding: try readFile("\(path)/\(name)", bytesMax: LockedFolder.fileBytesMax), as: UTF8.self)
        } catch {
            throw ControlTableError("\(error)")
        }
    }

    /// Puts a file in its place. Under the lock. `isDoubtful` where it may be there, and may not be after a loss of power.
    func write(_ name: String, _ text: String) -> (error: ControlTableError?, isDoubtful: Bool) {
        let (draft, place) = ("\(path)/draft", "\(path)/\(name)")
        let file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { return (failed("create", "draft"), false) }
        var bytes = Array(text.utf8)[...]
        var isWritten = true
        while isWritten, !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count > 0 { bytes = bytes.dropFirst(count) } else { isWritten = count < 0 && errno == EINTR }
        }
        isWritten = isWritten && fsync(file) == 0
        let cause = errno
        close(file)
        guard isWritten else {
            errno = cause
            return (failed("write", "draft"), false)
        }
        guard rename(draft, place) == 0 else { return (failed("write", name), false) }
        return settle(name)
    }

    /// Takes a file away, if it is there. Under the lock.
    func remove(_ name: String) -> (error: ControlTableError?, isDoubtful: Bool) {
        guard unlink("\(path)/\(name)") == 0 || errno == ENOENT else { return (failed("delete", name), false) }
        return settle(name)
    }

    /// Brings a folder's entries to the disk.
    private func settle(_ name: String) -> (error: ControlTableError?, isDoubtful: Bool) {
        let folder = name.split(separator: "/").dropLast().joined(separator: "/")
        let descriptor = open("\(path)/\(folder)", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return (failed("open", folder), true) }
        defer { close(descriptor) }
        return fsync(descriptor) == 0 ? (nil, false) : (failed("write", name), true)
    }

    /// Names of the files in a folder of it, in ascending order.
    func names(in folder: String) throws(ControlTableError) -> [String] {
        guard let directory = opendir("\(path)/\(folder)") else { throw failed("read", folder) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private func failed(_ action: String, _ name: String) -> ControlTableError {
        let reason = errorText(errno)
        return ControlTableError("cannot \(action) \(printable("\(path)/\(name)")) of the control table: \(reason)")
    }
}
