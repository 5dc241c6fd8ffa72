import EngineCore
import Glibc

/// Writes the mark of a state that is open for writing. Under the store's lock.
struct StateMarker {
    private let directory: StateDirectory
    private var mark: StateMark
    private let file: Int32

    /// Takes the place of the mark before, durably: from now on files may change. What was found is vouched for.
    init(_ directory: StateDirectory, _ found: StateFiles?) throws(StoreError) {
        self.directory = directory
        mark = StateMark(sequence: found?.sequence ?? 0, files: found.map { [$0.manifest] } ?? [])
        // A torn end goes as RocksDB opens the file.
        if let torn = found?.torn, torn.name == mark.files.first?.name { mark.files = [torn] }
        try mark.write(to: directory)
        file = open("\(directory.path)/\(StateMark.name)", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { throw directory.unwritable(StateMark.name, errno) }
    }

    /// Looks at the manifest anew. Cost: some microseconds.
    mutating func manifestGrew() {
        guard let current = try? StateFile("CURRENT", of: directory), let named = try? current.start(64) else { return }
        let name = String(decoding: named.dropLast(), as: UTF8.self)
        if let size = directory.size(of: name) { mark.files = [StateMark.Entry(name: name, size: size)] }
    }

    /// A write returned. Where it cannot be noted, what was noted before still holds. Cost: some microseconds, no sync.
    mutating func wrote(_ sequence: UInt64) {
        mark.sequence = sequence
        _ = mark.put(file)
    }

    /// The last word: `closed`, or what was noted last.
    func end(_ closed: StateMark?) {
        close(file)
        if let closed { try? closed.write(to: directory) }
    }
}
