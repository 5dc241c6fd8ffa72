import Foundation
import Platform
import TestSupport
import Testing

@testable import EmbeddedStorage

/// A copy of the directory of an open store is what a killed process leaves behind.
@Suite("the state after a crash", .limited)
struct DurabilityTests {
    let scratch = Scratch()

    @Test("after a crash, every write that returned is present with its checkpoint", arguments: [20, 8 << 10])
    func acknowledgedWritesSurvive(size: Int) throws {
        let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        try store.setMetadata("options", "x")
        for time in 1...6 {
            // Every other one is small: both ways of writing, one after the other.
            try store.write(flush(time * 100..<time * 100 + 700, time: time, size: time % 2 == 0 ? 20 : size))
            let killed = try EmbeddedStore(path: try scratch.copy("copy-\(time)"), mode: .createOrOpen)
            #expect(try killed.checkpoints() == [checkpoint("a.jsonl", time)])
            #expect(try killed.contents() == store.contents())
            #expect(try killed.metadata("options") == "x")
        }
    }

    @Test("a closed state can be opened at once, even while a starting program has a copy of its descriptors")
    func closedIsFree() throws {
        var copies: [Int32] = []
        defer { for copy in copies { close(copy) } }
        do {
            let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
            for descriptor in Int32(3)..<4_096 {
                let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")
                if link?.hasPrefix(scratch.state) == true, link?.hasSuffix("LOCK") == false { copies.append(dup(descriptor)) }
            }
            #expect(!copies.isEmpty)
            try store.setMetadata("options", "x")
        }
        #expect(try EmbeddedStore(path: scratch.state, mode: .createOrOpen).metadata("options") == "x")
    }

    @Test("a truncated log contains each write completely or not at all, and none after a missing one")
    func tornLog() throws {
        let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        // A power failure may leave the mark as it was at any time before.
        let mark = try Data(contentsOf: URL(fileURLWithPath: "\(scratch.state)/converge-mark"))
        for time in 1...20 { try store.write(flush(0..<10 * time, time: time)) }
        let log = try #require(try scratch.names().last { $0.hasSuffix(".log") })
        let length = try #require(
            try FileManager.default.attributesOfItem(atPath: "\(scratch.state)/\(log)")[.size] as? Int)
        #expect(length > 1000)

        var seen: Set<Int> = []
        var random = Dice(seed: 1)
        for cut in 0..<40 {
            let copy = try scratch.copy("copy-\(cut)")
            let file = try #require(FileHandle(forWritingAtPath: "\(copy)/\(log)"))
            try file.truncate(atOffset: UInt64(Int.random(in: 0...length, using: &random)))
            try file.close()
            try mark.write(to: URL(fileURLWithPath: "\(copy)/converge-mark"))
            let killed = try EmbeddedStore(path: copy, mode: .createOrOpen)
            let checkpoints = try killed.checkpoints()
            let last = checkpoints.first?.position.offset ?? 0
            seen.insert(last)
            let rows = try killed.contents()
            #expect(rows.count == 10 * last)
            #expect(rows.values.allSatisfy(isEqual(entity(last))))
            try FileManager.default.removeItem(atPath: copy)
        }
        #expect(seen.count > 5)
    }

    enum Broken: CaseIterable {
        case lastCut, lastUnwritten, lastByte, lengthInTheMiddle, sectorsInTheMiddle, sectorsOfAnEarlierBlock

        static let block = 32 << 10

        /// What the disk did not get to; all else was whole once.
        var isTorn: Bool { self == .lastCut || self == .lastUnwritten }

        /// `starts`: where the records begin.
        func apply(_ log: inout Data, _ starts: [Int]) {
            // One of the last block, which is not full.
            let middle = starts.first { $0 > log.count / Broken.block * Broken.block } ?? 0
            func clear(_ range: Range<Int>) { log.replaceSubrange(range, with: Data(count: range.count)) }
            switch self {
            case .lastCut: log.removeLast(20)
            case .lastUnwritten: clear(((starts.last ?? 0) + 519) / 512 * 512..<log.count)
            case .lastByte: log[log.count - 5] ^= 1
            case .lengthInTheMiddle: log[middle + 5] = 0xFF
            case .sectorsInTheMiddle: clear(middle..<middle + 1200)
            case .sectorsOfAnEarlierBlock: clear((starts.last { $0 < 30_000 } ?? 0)..<Broken.block)
            }
        }
    }

    @Test("only the end of a log beyond the mark may be damaged", arguments: Broken.allCases)
    func brokenLog(_ broken: Broken) throws {
        let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        let mark = try Data(contentsOf: URL(fileURLWithPath: "\(scratch.state)/converge-mark"))
        for time in 1...60 { try store.write(flush(0..<12, time: time)) }
        let name = try #require(try scratch.names().last { $0.hasSuffix(".log") })
        let copy = try scratch.copy("copy")
        var log = try Data(contentsOf: URL(fileURLWithPath: "\(copy)/\(name)"))
        // Pieces: checksum, length, type, bytes; types 1 and 2 begin a record, and none begins in a block's last 6 bytes.
        var starts: [Int] = []
        var at = 0
        while at < log.count {
            if Broken.block - at % Broken.block < 7 { at += Broken.block - at % Broken.block }
            if log[at + 6] < 3 { starts.append(at) }
            at += 7 + Int(log[at + 4]) + Int(log[at + 5]) << 8
        }
        #expect(at == log.count && log.count / Broken.block == 1 && starts.last.map { log.count - $0 > 600 } == true)
        broken.apply(&log, starts)
        try log.write(to: URL(fileURLWithPath: "\(copy)/\(name)"))
        try mark.write(to: URL(fileURLWithPath: "\(copy)/converge-mark"))
        if broken.isTorn {
            let killed = try EmbeddedStore(path: copy, mode: .createOrOpen)
            #expect(try killed.checkpoints() == [checkpoint("a.jsonl", 59)])
        } else {
            let error = failure { _ = try EmbeddedStore(path: copy, mode: .createOrOpen) }
            #expect(error?.reason == .corrupt && error?.message.contains(name) == true, "\(error?.message ?? "no error")")
        }
    }

    @Test("a table file that was never ingested is deleted and is not part of the state")
    func orphanedTableFile() throws {
        let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        try store.write(flush(0..<700, time: 1, size: 8 << 10))
        #expect(try !scratch.names().contains("incoming.sst"))

        // As it is just before the ingestion.
        let file = try RocksDB.TableFile(store.database, path: store.directory.incoming)
        try key(1).withUnsafeBytes { key in try entity(2).withUnsafeBytes { try file.put(key, $0) } }
        try file.finish()
        let copy = try scratch.copy("copy")
        #expect(try scratch.names(copy).contains("incoming.sst"))

        let reading = try EmbeddedStore(path: copy, mode: .readOnly)
        #expect(try reading.contents() == store.contents())
        #expect(try scratch.names(copy).contains("incoming.sst"))
        let killed = try EmbeddedStore(path: copy, mode: .createOrOpen)
        #expect(try killed.contents() == store.contents())
        #expect(try killed.checkpoints() == [checkpoint("a.jsonl", 1)])
        #expect(try !scratch.names(copy).contains("incoming.sst"))
    }

    @Test(
        "a directory whose creation was interrupted by a crash is created again",
        arguments: ["", "converge-state.new", "lost+found"])
    func halfMadeDirectory(leftover: String) throws {
        try FileManager.default.createDirectory(atPath: scratch.state, withIntermediateDirectories: true)
        if !leftover.isEmpty { try Data("conv".utf8).write(to: URL(fileURLWithPath: "\(scratch.state)/\(leftover)")) }
        let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
        try store.write(flush(0..<10, time: 1))
        #expect(try store.contents().count == 10)
    }

    @Test("a closed store leaves its directory to the next one")
    func reopens() throws {
        for time in 1...3 {
            let store = try EmbeddedStore(path: scratch.state, mode: .createOrOpen)
            #expect(try store.checkpoints().first?.position.offset ?? 0 == time - 1)
            try store.write(flush(0..<10, time: time))
        }
        let mode = try FileManager.default.attributesOfItem(atPath: scratch.state)[.posixPermissions] as? Int
        #expect(mode == 0o700)
    }
}
