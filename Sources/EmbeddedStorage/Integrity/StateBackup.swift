public import EngineCore
import Glibc

/// A copy of a state directory, which may be in use.
///
/// RocksDB's own checkpoints want the lock that the worker holds, so this goes by the files: table files never change and are linked (copied to
/// another file system), manifest and write-ahead logs only grow and are copied as far as they go. The manifest is looked at again at the end:
/// where it has changed meanwhile, what is new is fetched and it is looked at once more. So the copy is the state of one moment, no earlier than
/// the last write that returned before the beginning; the worker is neither asked nor stopped.
public struct StateBackup: Sendable {
    /// How often the manifest may change under way. Each time only what is new since is fetched.
    static let roundsMax = 100

    public private(set) var byteCount = 0
    public private(set) var fileCount = 0
    /// The number of the newest write in it.
    public private(set) var sequence: UInt64 = 0

    /// Makes the copy at `output`, which must not be there: it appears whole or not at all. Memory: 1 MB and the longest record of the manifest.
    /// Throws `.corrupt` where the state is damaged, `.unavailable` where `output` cannot be made.
    public init(of path: String, to output: String) throws(StoreError) {
        let source = StateDirectory(path: path)
        try source.require()
        guard access(output, F_OK) != 0 else { throw StateBackup.refused(output, EEXIST) }
        let draft = StateDirectory(path: output + ".partial")
        try StateBackup.remove(draft)
        guard mkdir(draft.path, 0o700) == 0 else { throw StateBackup.refused(draft.path, errno) }
        do throws(StoreError) {
            try fill(draft, from: source)
            guard rename(draft.path, output) == 0 else { throw StateBackup.refused(output, errno) }
        } catch {
            try StateBackup.remove(draft)
            throw error
        }
    }

    private mutating func fill(_ draft: StateDirectory, from source: StateDirectory) throws(StoreError) {
        let vouched = try StateMark.read(of: source)
        var rounds = 0
        var seen = StateBackup.manifest(of: source)
        var unchanged = 0
        while true {
            rounds += 1
            do throws(StoreError) {
                if try copy(source, draft) { break }
            } catch {
                // What was compacted away meanwhile; where the manifest stays as it was it is damage.
                guard error.reason == .corrupt else { throw error }
                let now = StateBackup.manifest(of: source)
                unchanged = now == seen ? unchanged + 1 : 0
                seen = now
                guard unchanged < 5 else { throw error }
            }
            guard rounds < StateBackup.roundsMax else {
                throw StoreError(
                    .unavailable,
                    "cannot copy the state at \(source.path): its manifest changed \(rounds) times during the copy; try again when the worker writes less"
                )
            }
        }
        try draft.writeMarker()
        // Nothing that was durable at the beginning may be missing.
        let files = try StateFiles(draft, vouched.map { StateMark(sequence: $0.sequence) })
        try files.closedMark(digest: nil).write(to: draft)
        (byteCount, fileCount, sequence) = (files.byteCount, files.facts.tables.count + files.logs.count + 2, files.sequence)
    }

    /// The manifest in use and its size: it grows, or another takes over, whenever files come or go. Empty where that cannot be told.
    private static func manifest(of source: StateDirectory) -> StateMark.Entry {
        guard let current = try? StateFile("CURRENT", of: source), let start = try? current.start(64) else {
            return StateMark.Entry(name: "", size: 0)
        }
        let name = String(decoding: start.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        return StateMark.Entry(name: name, size: source.size(of: name) ?? 0)
    }

    /// Whether it is the state of one moment.
    private func copy(_ source: StateDirectory, _ draft: StateDirectory) throws(StoreError) -> Bool {
        let files = try StateFiles(source, nil)
        for (number, size) in files.facts.tables {
            let name = StateFiles.name(number, "sst")
            if draft.size(of: name) != Int(size) { try StateBackup.bring(name, source, draft) }
        }
        for name in try draft.list() where !name.hasSuffix(".sst") { unlink("\(draft.path)/\(name)") }
        for log in files.logs { try StateBackup.bring(log.name, source, draft, isGrowing: true) }
        try StateBackup.bring(files.manifest.name, source, draft, isGrowing: true)
        try StateBackup.bring("CURRENT", source, draft, isGrowing: true)
        let now = try StateFiles(source, nil, readsLogs: false)
        return now.manifest == files.manifest && draft.size(of: files.manifest.name) == files.manifest.size
            && now.logs.map(\.name) == files.logs.map(\.name)
    }

    /// A file of the one directory into the other, durably. What `isGrowing` is cut behind its last whole record.
    static func bring(
        _ name: String, _ source: StateDirectory, _ draft: StateDirectory, isGrowing: Bool = false, isLenient: Bool = false
    ) throws(StoreError) {
        let place = "\(draft.path)/\(name)"
        unlink(place)
        if !isGrowing, link("\(source.path)/\(name)", place) == 0 { return }
        guard let file = try StateFile(name, of: source) else { throw source.damaged(name, "is missing") }
        let target = open(place, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw refused(place, errno) }
        defer { close(target) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 8)
        defer { buffer.deallocate() }
        var at = 0
        while true {
            let count = try file.read(at: at, into: buffer)
            var written = 0
            while written < count {
                let put = write(target, buffer.baseAddress.unsafelyUnwrapped + written, count - written)
                if put < 0, errno == EINTR { continue }
                guard put > 0 else { throw refused(place, errno) }
                written += put
            }
            at += count
            if count < buffer.count { break }
        }
        if isGrowing, name != "CURRENT" {
            guard let copied = try StateFile(name, of: draft) else { throw draft.damaged(name, "is missing") }
            let records = try LogRecords(copied, of: draft, keep: 0, isLenient: isLenient) { _ in }
            guard ftruncate(target, off_t(records.wholeBytes)) == 0 else { throw refused(place, errno) }
        }
        guard fsync(target) == 0 else { throw refused(place, errno) }
    }

    /// A copy that was not completed.
    private static func remove(_ draft: StateDirectory) throws(StoreError) {
        guard access(draft.path, F_OK) == 0 else { return }
        for name in try draft.list().union([StateMark.draftName, "converge-state.new"]) { unlink("\(draft.path)/\(name)") }
        guard rmdir(draft.path) == 0 else { throw refused(draft.path, errno) }
    }

    private static func refused(_ path: String, _ code: Int32) -> StoreError {
        StoreError(
            code == ENOSPC || code == EDQUOT ? .full : .unavailable,
            "cannot write the copy to \(path): \(String(cString: strerror(code))); give a path that does not exist, on a disk with free space"
        )
    }
}
