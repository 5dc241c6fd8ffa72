import EngineCore
import Glibc

/// The files of a database, looked at before RocksDB opens them: RocksDB takes a good deal of damage for the end of a file, and deletes
/// what then seems to be nobody's.
struct StateFiles {
    private(set) var manifest = StateMark.Entry(name: "", size: 0)
    private(set) var facts = ManifestFacts()
    /// Write-ahead logs that hold what is in no table file, in order.
    private(set) var logs: [StateMark.Entry] = []
    /// The number of the newest write that is there.
    var sequence: UInt64 = 0
    /// The file whose last record a power failure or a kill cut off, and where: a write that never returned.
    private(set) var torn: StateMark.Entry?

    private let directory: StateDirectory

    /// Looks at every file that the state consists of: that it is there, with the size and the checksums that it has to have, and that nothing is
    /// missing of what `mark` vouches for. Throws `.corrupt`, naming the file.
    ///
    /// `readsLogs`: false where nothing but sizes is asked for. Cost: reads manifest and write-ahead logs (64 MB at most, as a rule) once;
    /// of a table file its size. Blocks of table files are checked as they are read.
    init(_ directory: StateDirectory, _ mark: StateMark?, readsLogs: Bool = true) throws(StoreError) {
        self.directory = directory
        try readManifest(mark)
        if facts.isUnderstood { try checkTables() }
        try findLogs()
        if readsLogs { try readLogs() }
        if let mark { try check(mark) }
    }

    private mutating func readManifest(_ mark: StateMark?) throws(StoreError) {
        guard let current = try StateFile("CURRENT", of: directory) else { throw directory.damaged("CURRENT", "is missing") }
        let named = String(decoding: try current.start(64), as: UTF8.self)
        guard named.hasPrefix("MANIFEST-"), named.hasSuffix("\n"), named.dropFirst(9).dropLast().allSatisfy(\.isNumber) else {
            throw directory.damaged("CURRENT", "is damaged: it contains no manifest name")
        }
        manifest.name = String(named.dropLast())
        guard let file = try StateFile(manifest.name, of: directory) else {
            throw directory.damaged(manifest.name, "is missing, although CURRENT names it")
        }
        var facts = ManifestFacts()
        let directory = directory
        let records = try LogRecords(file, of: directory, keep: .max) { record throws(StoreError) in
            do throws(ManifestFacts.Malformed) { try facts.apply(record) } catch {
                throw directory.damaged(file.name, "is damaged: it contains an invalid edit")
            }
        }
        guard records.count > 0 else { throw directory.damaged(manifest.name, "is damaged: it contains no record") }
        (self.facts, sequence, manifest.size) = (facts, facts.sequence, records.size)
        if case .torn(let at) = records.end { torn = StateMark.Entry(name: manifest.name, size: at) }
        // A newer manifest takes over as a whole, an older one never comes back.
        if let vouched = mark?.files.first(where: { $0.name.hasPrefix("MANIFEST-") }), vouched.name > manifest.name {
            throw directory.damaged("CURRENT", "is damaged: it names \(manifest.name), but \(vouched.name) was in use")
        }
    }

    private func checkTables() throws(StoreError) {
        for (number, size) in facts.tables.sorted(by: { $0.key < $1.key }) {
            let name = StateFiles.name(number, "sst")
            guard let found = directory.size(of: name) else { throw directory.damaged(name, "is missing") }
            guard found == Int(size) else {
                throw directory.damaged(name, "is damaged: it has \(found) bytes, but was written with \(size)")
            }
            guard let file = try StateFile(name, of: directory) else { throw directory.damaged(name, "is missing") }
            guard try file.isTable() else { throw directory.damaged(name, "is damaged: it does not end like a table file") }
        }
    }

    private mutating func findLogs() throws(StoreError) {
        let numbers = try directory.list().compactMap { StateFiles.number(of: $0, "log") }
        for number in numbers.sorted() where number >= facts.firstLog {
            let name = StateFiles.name(number, "log")
            if let size = directory.size(of: name) { logs.append(StateMark.Entry(name: name, size: size)) }
        }
        // Its number may have been passed over; one that is no less there is always.
        if facts.isUnderstood, facts.firstLog > 0, logs.isEmpty {
            throw directory.damaged(
                StateFiles.name(facts.firstLog, "log"), "or a later one is missing, and its records are in no other file")
        }
    }

    private mutating func readLogs() throws(StoreError) {
        var tornLog: StateMark.Entry?
        for index in logs.indices {
            guard let file = try StateFile(logs[index].name, of: directory) else {
                throw directory.damaged(logs[index].name, "is missing")
            }
            var newest = sequence
            let (directory, isFirst, manifest) = (directory, index == 0, torn?.name)
            let records = try LogRecords(file, of: directory, keep: 12) { record throws(StoreError) in
                guard record.count == 12 else { return }
                // A batch begins with the number of its first change and how many there are.
                let (first, count) = record.withUnsafeBytes {
                    ($0.integer(at: 0, as: UInt64.self), UInt64($0.integer(at: 8, as: UInt32.self)))
                }
                guard first <= newest + 1 else {
                    let why = "continues at write \(first), but some writes after \(newest) are in no file"
                    guard isFirst, let manifest else {
                        throw directory.damaged(file.name, why + ": a log before it is missing")
                    }
                    throw directory.damaged(manifest, "is damaged: it is truncated; \(file.name) \(why)")
                }
                newest = max(newest, first &+ count &- 1)
            }
            if let tornLog, records.count > 0 {
                throw directory.damaged(
                    tornLog.name, "is damaged at byte \(tornLog.size): it ends there, but a newer log continues")
            }
            logs[index].size = records.size
            sequence = max(sequence, newest)
            if case .torn(let at) = records.end { tornLog = StateMark.Entry(name: file.name, size: at) }
        }
        torn = tornLog ?? torn
    }

    /// Holds what is there against what was vouched for.
    private func check(_ mark: StateMark) throws(StoreError) {
        for file in mark.files {
            // While open others may have taken its place; that they are complete the sequence tells.
            if !mark.isClosed, file.name != manifest.name { continue }
            guard let size = directory.size(of: file.name) else { throw directory.damaged(file.name, "is missing") }
            guard mark.isClosed ? size == file.size : size >= file.size else {
                throw directory.damaged(file.name, "is damaged: it has \(size) bytes, but had \(file.size) when it was closed")
            }
        }
        if mark.isClosed, let torn {
            throw directory.damaged(torn.name, "is damaged at byte \(torn.size): it was complete when the worker ended")
        }
        guard sequence >= mark.sequence else {
            throw directory.damaged(
                torn?.name ?? logs.last?.name ?? manifest.name,
                "is damaged: it ends at write \(sequence), but write \(mark.sequence) was durable")
        }
    }

    /// Of all of them.
    var byteCount: Int { manifest.size + logs.reduce(0) { $0 + $1.size } + facts.tables.values.reduce(0) { $0 + Int($1) } }

    /// The mark of a state that nobody has open: every file with its size.
    func closedMark(digest: String?) -> StateMark {
        var files = [manifest] + logs
        for number in facts.tables.keys.sorted() {
            files.append(StateMark.Entry(name: StateFiles.name(number, "sst"), size: Int(facts.tables[number] ?? 0)))
        }
        return StateMark(isClosed: true, sequence: sequence, files: files, digest: digest)
    }

    /// `000012.sst`
    static func name(_ number: UInt64, _ ending: String) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".\(ending)"
    }

    private static func number(of name: String, _ ending: String) -> UInt64? {
        guard name.hasSuffix(".\(ending)") else { return nil }
        return UInt64(name.dropLast(ending.utf8.count + 1))
    }
}
