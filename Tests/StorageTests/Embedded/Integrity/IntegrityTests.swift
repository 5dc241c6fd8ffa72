import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

@testable import EmbeddedStorage

/// A worker that writes every row anew with each flush, small ones and large ones.
private final class Writing: Sendable {
    private let store: EmbeddedStore
    private let written = Atomic<Int>(0)
    private let isOver = Atomic<Bool>(false)
    private let failed = Mutex<String?>(nil)

    init(_ store: EmbeddedStore) { self.store = store }

    static func size(_ time: Int) -> Int { time % 3 == 0 ? 8 << 10 : 40 }

    /// The time of the newest flush that returned.
    var newest: Int { written.load(ordering: .acquiring) }
    var failure: String? { failed.withLock { $0 } }

    func write(_ time: Int) throws {
        try store.write(flush(0..<600, time: time, size: Writing.size(time)))
        written.store(time, ordering: .releasing)
    }

    func writeOn(from first: Int) {
        var time = first
        while !isOver.load(ordering: .relaxed) {
            do { try write(time) } catch { return failed.withLock { $0 = "\(error)" } }
            time += 1
        }
    }

    func end() { isOver.store(true, ordering: .relaxed) }
}

@Suite("checking, copying and repairing a state directory", .waiting(minutes: 5))
struct IntegrityTests {
    let scratch = Scratch()

    /// A state that ended well: rows in tables and in a log. Its digest.
    private func make(_ path: String? = nil) throws -> String {
        let store = try EmbeddedStore(path: path ?? scratch.state, mode: .createOrOpen)
        try store.write(flush(0..<600, time: 1, size: 8 << 10))
        try store.write(flush(0..<60, time: 2))
        try store.database.flush()
        for time in 3...10 { try store.write(flush(100..<160, time: time)) }
        let digest = try #require(store.digest(ofAtMost: 64 << 20))
        store.seal(digest: digest)
        return digest
    }

    private func check(_ path: String? = nil) throws -> StateCheck { try StateCheck(path: path ?? scratch.state, threads: 2) }

    private func damage(_ ending: String, _ change: (inout Data) -> Void) throws {
        let name = try #require(try scratch.names().last { $0.hasSuffix(ending) || $0.hasPrefix(ending) })
        let url = URL(fileURLWithPath: "\(scratch.state)/\(name)")
        var bytes = try Data(contentsOf: url)
        change(&bytes)
        try bytes.write(to: url)
    }

    // MARK: Checking

    @Test("a state that was closed cleanly is intact and has the digest from its end")
    func inOrder() throws {
        let digest = try make()
        let check = try check()
        #expect(check.ending == .closed)
        #expect(check.digest == digest)
        #expect(check.digestAtEnd == digest)
        #expect(check.entities[.contact] == 600)
        #expect(check.positions == 1)
        #expect(check.tables == 2)
        #expect(check.logs == 1)
        #expect(check.torn == nil)
    }

    @Test("a state that is open, or whose worker was killed, has no earlier digest; an unfinished write is reported")
    func open() throws {
        let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        let mark = try Data(contentsOf: URL(fileURLWithPath: "\(scratch.state)/converge-mark"))
        for time in 1...3 { try store.write(flush(0..<60, time: time)) }
        #expect(try check().ending == .open)
        #expect(try check().digestAtEnd == nil)
        #expect(try check().torn == nil)
        let killed = try scratch.copy("killed")
        let log = try #require(try scratch.names(killed).last { $0.hasSuffix(".log") })
        let file = try #require(FileHandle(forWritingAtPath: "\(killed)/\(log)"))
        try file.truncate(atOffset: file.seekToEnd() - 1)
        try file.close()
        try mark.write(to: URL(fileURLWithPath: "\(killed)/converge-mark"))
        #expect(try check(killed).torn?.file == log)
        // A state of an older program has no mark.
        try FileManager.default.removeItem(atPath: "\(killed)/converge-mark")
        #expect(try check(killed).ending == .unmarked)
    }

    @Test("a row that was replaced after the state was closed is reported, although every checksum is right")
    func otherRow() throws {
        _ = try make()
        let mark = try String(contentsOfFile: "\(scratch.state)/converge-mark", encoding: .utf8)
        var other = try #require(StateMark(text: mark))
        other.digest = "abc"
        try other.write(to: StateDirectory(path: scratch.state))
        #expect(failure { _ = try check() }?.message.contains("the digest was abc when the worker ended") == true)
    }

    @Test("a mark is read as it was written, and an incomplete mark counts as missing")
    func marks() throws {
        let mark = StateMark(
            isClosed: true, sequence: 7, files: [.init(name: "MANIFEST-000005", size: 12), .init(name: "000004.log", size: 0)],
            digest: "12ab")
        #expect(StateMark(text: mark.text) == mark)
        #expect(StateMark(text: StateMark().text + "\n\n\n") == StateMark())
        for cut in 0..<mark.text.utf8.count - 1 { #expect(StateMark(text: String(mark.text.prefix(cut))) == nil) }
        #expect(StateMark(text: mark.text.replacingOccurrences(of: "sequence 7", with: "sequence 8")) == nil)
    }

    // MARK: Copying

    @Test("a copy of a state that is being written is the state at one moment after the copy began")
    func backup() throws {
        let writing = Writing(try EmbeddedStore(path: scratch.state, mode: .createOrOpen))
        for time in 1...4 { try writing.write(time) }
        let writer = SystemThread { writing.writeOn(from: 5) }
        defer {
            writing.end()
            writer?.join()
        }
        for round in 0..<6 {
            let before = writing.newest
            let copy = "\(scratch.root)/backup-\(round)"
            _ = try StateBackup(of: scratch.state, to: copy)
            #expect(try check(copy).ending == .closed)
            let restored = try EmbeddedStore(path: copy, mode: .createOrOpen)
            let time = try #require(try restored.checkpoints().first?.position.offset)
            #expect(time >= before)
            let rows = try restored.contents()
            #expect(rows.count == 600)
            #expect(rows.values.allSatisfy(isEqual(entity(time, size: Writing.size(time)))), "at \(time)")
            try restored.write(flush(0..<10, time: 1))
            #expect(writing.failure == nil)
        }
    }

    @Test("a copy of a closed state has its digest, and the state does not change")
    func backupAtRest() throws {
        let digest = try make()
        let before = try scratch.names()
        let copy = try StateBackup(of: scratch.state, to: "\(scratch.root)/backup")
        #expect(copy.byteCount > 0)
        #expect(try check("\(scratch.root)/backup").digest == digest)
        #expect(try scratch.names() == before)
        #expect(try check().digest == digest)
        #expect(try scratch.names(scratch.root) == ["backup", "state"])
    }

    @Test("a copy to an existing path, or of a damaged state, is refused and leaves nothing behind")
    func backupRefused() throws {
        _ = try make()
        let copy = "\(scratch.root)/backup"
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
        #expect(failure { _ = try StateBackup(of: scratch.state, to: copy) }?.reason == .unavailable)
        try damage(".log") { $0[100] ^= 1 }
        #expect(failure { _ = try StateBackup(of: scratch.state, to: copy + "2") }?.reason == .corrupt)
        #expect(try scratch.names(scratch.root) == ["backup", "state"])
    }

    // MARK: Going on

    @Test("accepting a loss changes nothing in an intact state")
    func nothingLost() throws {
        let digest = try make()
        #expect(try StateLoss(accepting: scratch.state, threads: 2) == nil)
        #expect(try check().digest == digest)
    }

    @Test("after repair of a damaged log, rows and positions are those before the damaged write", arguments: [0, 1, 2, 3])
    func cut(fault: Int) throws {
        _ = try make()
        try damage(".log") { log in
            switch fault {
            case 0: log[log.count / 2] ^= 1
            case 1: log.removeLast()
            case 2: log[4] ^= 0x40
            default: log.replaceSubrange((log.count / 2)..., with: Data(count: log.count - log.count / 2))
            }
        }
        #expect(failure { _ = try check() }?.reason == .corrupt)
        let loss = try #require(try StateLoss(accepting: scratch.state, threads: 2))
        #expect(loss.way == .cut)
        #expect(try #require(loss.writesLost) > 0)
        #expect(loss.files.count == 1)
        #expect(loss.positions.isEmpty)
        #expect(try check().ending == .closed)
        let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        let time = try #require(try store.checkpoints().first?.position.offset)
        #expect((2...9).contains(time))
        let rows = try store.contents()
        #expect(rows.count == 600)
        #expect(rows[key(0)] == entity(2))
        #expect(rows[key(100)] == (time == 2 ? entity(1, size: 8 << 10) : entity(time)))
    }

    @Test("repair truncates the damaged log and removes the later ones, so that no write follows a gap")
    func cutOfTwo() throws {
        let digest = try {
            let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
            try store.write(flush(0..<60, time: 1))
            try store.database.flush()
            for time in 2...7 { try store.write(flush(0..<20, time: time)) }
            defer { store.seal() }
            return try #require(store.digest(ofAtMost: 64 << 20))
        }()
        // Its first three records in a file, the others in another: records do not say where they stand.
        let name = try #require(try scratch.names().last { $0.hasSuffix(".log") })
        let first = URL(fileURLWithPath: "\(scratch.state)/\(name)")
        let second = URL(fileURLWithPath: "\(scratch.state)/900000.log")
        let bytes = try Data(contentsOf: first)
        var cut = 0
        for _ in 0..<3 { cut += 7 + Int(bytes[cut + 4]) + Int(bytes[cut + 5]) << 8 }
        try bytes[cut...].write(to: second)
        try bytes[..<cut].write(to: first)
        try FileManager.default.removeItem(atPath: "\(scratch.state)/converge-mark")
        #expect(try check().logs == 2)
        #expect(try check().digest == digest)

        try bytes[..<(cut - 1)].write(to: first)
        #expect(failure { _ = try check() }?.reason == .corrupt)
        let loss = try #require(try StateLoss(accepting: scratch.state, threads: 2))
        #expect(loss.way == .cut && loss.files == [name, "900000.log"])
        let mended = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        #expect(try mended.checkpoints() == [checkpoint("a.jsonl", 3)])
        #expect(try mended.contents()[key(0)] == entity(3) && mended.contents()[key(59)] == entity(1))
    }

    @Test(
        "without a manifest or tables, repair keeps all readable rows and drops the positions",
        arguments: ["CURRENT", "MANIFEST", ".sst", "gone"])
    func rebuilt(what: String) throws {
        _ = try make()
        switch what {
        case "CURRENT": try FileManager.default.removeItem(atPath: "\(scratch.state)/CURRENT")
        case "gone":
            let name = try #require(try scratch.names().first { $0.hasSuffix(".sst") })
            try FileManager.default.removeItem(atPath: "\(scratch.state)/\(name)")
        case ".sst": try damage(what) { $0[20] ^= 1 }
        default: try damage(what) { $0.removeLast() }
        }
        #expect(failure { _ = try check() }?.reason == .corrupt)
        let loss = try #require(try StateLoss(accepting: scratch.state, threads: 2))
        #expect(loss.way == .rebuilt)
        #expect(loss.positions.count == 1)
        #expect(try check().ending == .closed)
        let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        #expect(try store.checkpoints().isEmpty)
        let rows = try store.contents()
        #expect(rows[key(100)] == entity(10))
        #expect(what == ".sst" || rows[key(0)] == entity(2))
        #expect(rows.count == (what == "gone" ? 120 : 600))
    }

    @Test("repair refuses a state that is in use")
    func lossInUse() throws {
        let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        try store.write(flush(0..<60, time: 1))
        try damage(".log") { $0[20] ^= 1 }
        let names = try scratch.names()
        #expect(failure { _ = try StateLoss(accepting: scratch.state, threads: 2) }?.reason == .inUse)
        #expect(try scratch.names() == names)
        withExtendedLifetime(store) {}
    }
}
