import EngineCore

/// What RocksDB said went wrong. Its C interface has one text for everything, "Kind: context: reason"; the kinds that a person
/// acts on differently are told apart here and nowhere else.
struct RocksDBError: Error {
    enum Kind {
        /// The LOCK file is held, by another process or by this one.
        case locked
        case noSpace
        case corruption
        case notPermitted
        /// A file that RocksDB was told to open is not there.
        case noSuchFile
        case other
    }

    let kind: Kind
    let text: String

    init(_ text: String) {
        self.text = text
        if text.contains("Permission denied") || text.contains("Read-only file system") {
            kind = .notPermitted
        } else if text.contains("lock hold by current process") || text.contains("While lock file") {
            kind = .locked
        } else if text.contains("No space left") || text.contains("Disk quota exceeded") {
            kind = .noSpace
        } else if text.hasPrefix("Corruption") {
            kind = .corruption
        } else if text.contains("No such file or directory") {
            kind = .noSuchFile
        } else {
            kind = .other
        }
    }

    /// The error a store reports: what was being done, where, why, and what to do. `doing` completes "cannot ... the state".
    func storeError(_ doing: String, at path: String) -> StoreError {
        let failed = "cannot \(doing) the state at \(path)"
        switch kind {
        case .locked:
            return StoreError(
                .inUse,
                "\(failed): another worker has it open (\(text)); stop that worker, or give this one another directory")
        case .noSpace:
            return StoreError(
                .full,
                "\(failed): no space left on its file system (\(text)); nothing of this write was stored; free space there, then restart"
            )
        case .corruption:
            // The manifest was looked at before; RocksDB names it for what is wrong with the tables that it names.
            let what = text.contains("/MANIFEST-") ? "one of its table files (.sst) is" : "its files are"
            return StoreError(
                .corrupt, "\(failed): \(what) damaged (\(text)); \(StateDirectory.advice(path))")
        case .notPermitted:
            return StoreError(
                .unavailable, "\(failed): not permitted (\(text)); run as the owner of the directory, or change its permissions"
            )
        case .noSuchFile:
            return StoreError(
                .unavailable,
                "\(failed): a file of it is missing (\(text)); \(StateDirectory.advice(path))")
        case .other:
            return StoreError(.failed, "\(failed): \(text)")
        }
    }
}
