import EngineCore
import Glibc

/// The directory that an ``EmbeddedStore`` lives in, looked at before RocksDB touches anything.
///
/// It is known by its marker, a file `converge-state` that holds the format version. A directory with other things in it and
/// no marker belongs to somebody else. The rest of the files are RocksDB's.
struct StateDirectory {
    static let formatVersion = 1
    private static let markerName = "converge-state"
    private static let markerDraftName = "converge-state.new"
    private static let markerIntroduction = "converge state format "

    let path: String

    private var marker: String { "\(path)/\(StateDirectory.markerName)" }
    private var markerDraft: String { "\(path)/\(StateDirectory.markerDraftName)" }

    /// Where a table file is written before it is ingested.
    var incoming: String { "\(path)/incoming.sst" }

    /// What is to be done with a directory that was found in order.
    enum Found {
        /// There is no database in it yet.
        case new
        case database
    }

    /// Makes sure that a state is here or can be made here: creates the directory (mode 0700) and the marker.
    func prepare() throws(StoreError) -> Found {
        let found: Found?
        if mkdir(path, 0o700) == 0 {
            found = nil
        } else if errno == EEXIST {
            found = try look()
        } else {
            throw unavailable("create", because: reason(errno), advice: "create its parent directory, or choose another path")
        }
        guard let found else {
            try writeMarker()
            return .new
        }
        return found
    }

    /// Keeps every other writer out until ``unlock(_:)``, or the end of the process. RocksDB's own lock comes too late:
    /// the mark is written before.
    func lock() throws(StoreError) -> Int32 {
        let file = open(marker, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw unavailable("open", because: reason(errno), advice: "check its permissions") }
        while flock(file, LOCK_EX | LOCK_NB) != 0 {
            let cause = errno
            if cause == EINTR { continue }
            close(file)
            guard cause == EWOULDBLOCK else {
                throw unavailable("lock", because: reason(cause), advice: "use a file system that supports locks (flock)")
            }
            throw StoreError(
                .inUse,
                "cannot open the state at \(path): another worker has it open; stop that worker, or give this one another directory"
            )
        }
        return file
    }

    /// Gives up what ``lock()`` returned. A program that is being started has a copy of each descriptor for a moment, and closing one's own
    /// would leave the lock with it.
    static func unlock(_ file: Int32) {
        flock(file, LOCK_UN)
        close(file)
    }

    /// Makes sure that a database is here. Changes nothing.
    func require() throws(StoreError) {
        guard try look() == .database else {
            throw unavailable("open", because: "it contains no data yet", advice: "run a worker with it first")
        }
    }

    /// A crash between writing a table file and ingesting it leaves the file; nothing refers to it. Only under RocksDB's lock.
    func removeLeftovers() { unlink(incoming) }

    /// Nil where the directory holds nothing at all.
    private func look() throws(StoreError) -> Found? {
        let names = try list()
        if let version = try markedVersion() {
            guard version <= StateDirectory.formatVersion else {
                throw StoreError(
                    .corrupt,
                    "cannot open the state at \(path): it has format version \(version); this program reads versions up to "
                        + "\(StateDirectory.formatVersion): use a newer program")
            }
            if names.contains("CURRENT") { return .database }
            // RocksDB would take the directory for a new one and delete the tables in it.
            if names.contains(where: { $0.hasSuffix(".sst") || $0.hasSuffix(".log") }) {
                throw damaged("CURRENT", "is missing")
            }
            if let mark = try StateMark.read(of: self), mark.sequence > 0 { throw damaged("CURRENT", "is missing") }
            return .new
        }
        guard names.isEmpty else {
            throw unavailable(
                "open", because: "the directory contains other files, but no file \(StateDirectory.markerName)",
                advice: "give the path of a state, or of a directory that is empty or does not exist")
        }
        return nil
    }

    /// The names in the directory, but for those of an empty one: what a fresh file system has, and a marker half made.
    func list() throws(StoreError) -> Set<String> {
        guard let directory = opendir(path) else {
            throw unavailable("open", because: reason(errno), advice: "check the path and its permissions")
        }
        defer { closedir(directory) }
        var names: Set<String> = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            names.insert(name)
        }
        return names.subtracting([".", "..", "lost+found", StateDirectory.markerDraftName])
    }

    // MARK: The marker

    private func markedVersion() throws(StoreError) -> Int? {
        let file = open(marker, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw unavailable("open", because: reason(errno), advice: "check its permissions")
        }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(file, &bytes, bytes.count)
        guard count >= 0 else { throw unavailable("open", because: reason(errno), advice: "check its disk") }
        let text = String(decoding: bytes.prefix(count), as: UTF8.self)
        guard text.hasPrefix(StateDirectory.markerIntroduction), text.hasSuffix("\n"),
            let version = Int(text.dropFirst(StateDirectory.markerIntroduction.utf8.count).dropLast())
        else {
            throw StoreError(
                .corrupt,
                "cannot open the state at \(path): its file \(StateDirectory.markerName) is damaged; restore a backup of the directory"
            )
        }
        return version
    }

    /// Durable and whole when it returns, or not there.
    func writeMarker() throws(StoreError) {
        let text = Array("\(StateDirectory.markerIntroduction)\(StateDirectory.formatVersion)\n".utf8)
        let file = open(markerDraft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw failedToMark() }
        let written = write(file, text, text.count) == text.count && fsync(file) == 0
        let failure = errno
        close(file)
        guard written else {
            unlink(markerDraft)
            errno = failure
            throw failedToMark()
        }
        guard rename(markerDraft, marker) == 0, sync() else { throw failedToMark() }
    }

    /// Makes names durable: of files that were made, renamed or removed.
    func sync() -> Bool {
        let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return false }
        defer { close(directory) }
        return fsync(directory) == 0
    }

    private func failedToMark() -> StoreError {
        let cause = errno
        if cause == ENOSPC || cause == EDQUOT {
            return StoreError(.full, "cannot create the state at \(path): \(reason(cause)); free space there, then restart")
        }
        return unavailable("create", because: reason(cause), advice: "check its permissions")
    }

    /// Bytes of a file; nil where it is not there.
    func size(of name: String) -> Int? {
        var status = stat()
        return stat("\(path)/\(name)", &status) == 0 ? Int(status.st_size) : nil
    }

    // MARK: Errors

    /// What there is to do about damage; it ends a sentence.
    static func advice(_ path: String) -> String {
        "restore a backup of the directory, rebuild it with 'converge replay' from captures or the archive, or continue without the lost data: "
            + "'converge check \(path) --accept-loss' reports what is lost"
    }

    /// `why` goes on behind the file's name: "is missing", "is damaged at byte 17: ...".
    func damaged(_ file: String, _ why: String) -> StoreError {
        StoreError(.corrupt, "cannot open the state at \(path): its file \(file) \(why); \(StateDirectory.advice(path))")
    }

    func unreadable(_ file: String, _ code: Int32) -> StoreError {
        unavailable(
            "open", because: "its file \(file) cannot be read: \(reason(code))", advice: "check its permissions and its disk")
    }

    func unwritable(_ file: String, _ code: Int32) -> StoreError {
        if code == ENOSPC || code == EDQUOT {
            return StoreError(.full, "cannot open the state at \(path): \(reason(code)); free space there, then restart")
        }
        return unavailable(
            "open", because: "its file \(file) cannot be written: \(reason(code))", advice: "check its permissions")
    }

    private func unavailable(_ doing: String, because: String, advice: String) -> StoreError {
        StoreError(.unavailable, "cannot \(doing) the state at \(path): \(because); \(advice)")
    }

    private func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}
