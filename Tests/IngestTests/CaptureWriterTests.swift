import CZstd
import EngineCore
import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Ingest

/// A file system of a few megabytes in memory; nil where mounting is not permitted.
private final class SmallFileSystem {
    private let directory = TemporaryDirectory()
    let path: String

    init?(_ size: String) {
        path = "\(directory.path)/disk"
        mkdir(path, 0o700)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(size)") == 0 else { return nil }
    }

    deinit { umount(path) }

    static let isPermitted = SmallFileSystem("1m") != nil
}

private func block(_ texts: [String], from ordinal: Int = 0, arrival: Timestamp? = nil) -> RecordBlock {
    let block = RecordBlock()
    for (number, text) in texts.enumerated() {
        block.records.append(
            .init(offset: block.text.count, length: text.utf8.count, ordinal: ordinal + number, arrival: arrival))
        block.text.append(text)
    }
    return block
}

@Suite("a capture", .limited)
struct CaptureWriterTests {
    private let directory = TemporaryDirectory()
    private var path: String { "\(directory.path)/captures" }
    private let partition = Partition(source: "kafka", stream: "agents", name: "3")
    private let events = Recorder<CaptureEvent>()

    private func writer(
        _ path: String? = nil, fileBytesMax: Int = 1 << 30, bytesMax: Int = 1 << 40, frameMillisecondsMax: Int64 = 1_000,
        now: Timestamp? = Timestamp("2026-03-02T14:30:00Z")
    ) throws -> CaptureWriter {
        let now = try #require(now)
        return try CaptureWriter(
            path: path ?? self.path, fileBytesMax: fileBytesMax, bytesMax: bytesMax, frameMillisecondsMax: frameMillisecondsMax,
            clock: { now }, observer: { [events] in events.add($0) })
    }

    /// Texts that do not compress.
    private func noise(_ count: Int, bytes: Int = 1_000, seed: UInt64 = 1) -> [String] {
        var dice = Dice(state: seed)
        return (0..<count).map { _ in String((0..<(bytes / 16)).map { _ in String(dice.next(), radix: 16) }.joined()) }
    }

    private func names(_ path: String? = nil) -> [String] {
        var names: [String] = []
        guard let stream = opendir(path ?? self.path) else { return [] }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            names.append(withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }

    private func bytes(of name: String) -> Int { readBytes("\(path)/\(name)").count }

    /// The data of every line, in order of files; and how reading ended.
    private func captured(_ path: String? = nil) throws -> (texts: [String], error: FileSourceError?) {
        let (told, error) = try FileSource(paths: [path ?? self.path]).readAll()
        return (try told.map { try data(of: $0.text) }, error)
    }

    private func data(of line: String) throws -> String {
        let start = try #require(line.range(ofText: "\"data\":\""))
        var text = ByteBuffer()
        let encoded = Array(line.utf8.dropFirst(start).prefix { $0 != UInt8(ascii: "\"") })
        try #require(encoded.withUnsafeBytes { text.appendBase64Decoded($0) })
        return text.bytes.text
    }

    @Test("a capture contains one record per line in the capture format, in files that only their owner can read")
    func form() throws {
        let writer = try writer()
        writer.append(block(["{\"a\":1}"], from: 12, arrival: Timestamp("2026-03-02T14:29:59.5Z")), of: partition)
        writer.append(block([""], from: 13), of: partition)
        writer.end()
        #expect(names() == ["20260302T143000.000Z.jsonl.zst"])
        let told = try FileSource(paths: [path]).readAll()
        #expect(told.error == nil)
        #expect(
            told.told.map(\.text) == [
                #"{"arrival":"2026-03-02T14:29:59.500Z","capture":1,"data":"eyJhIjoxfQ==","partition":"3","position":"12","#
                    + #""source":"kafka","stream":"agents"}"#,
                #"{"arrival":null,"capture":1,"data":"","partition":"3","position":"13","source":"kafka","stream":"agents"}"#,
            ])
        var status = stat()
        stat(path, &status)
        #expect(status.st_mode & 0o777 == 0o700)
        stat("\(path)/\(names()[0])", &status)
        #expect(status.st_mode & 0o777 == 0o600)
    }

    @Test("a capture starts a new file at the maximum file size, and all files together contain all records in order")
    func rotation() throws {
        let writer = try writer(fileBytesMax: 1 << 16)
        let texts = noise(1_000)
        for start in stride(from: 0, to: texts.count, by: 50) {
            writer.append(block(Array(texts[start..<(start + 50)])), of: partition)
            if start % 200 == 0 { writer.writeThrough() }
        }
        writer.end()
        #expect(names().count > 4)
        #expect(names().dropLast().allSatisfy { bytes(of: $0) >= 1 << 16 })
        #expect(names().allSatisfy { bytes(of: $0) < 4 << 16 })
        let (found, error) = try captured()
        #expect(error == nil)
        #expect(found == texts)
        #expect(writer.figures.records == 1_000)
        #expect(writer.figures.bytesOnDisk == names().reduce(0) { $0 + bytes(of: $1) })
        #expect(writer.figures.bytesWritten == writer.figures.bytesOnDisk)
    }

    @Test("a capture stays within its maximum size: the oldest files are deleted, and that is reported")
    func bound() throws {
        let writer = try writer(fileBytesMax: 1 << 17, bytesMax: 1 << 19)
        let texts = noise(2_000)
        for start in stride(from: 0, to: texts.count, by: 10) {
            writer.append(block(Array(texts[start..<(start + 10)])), of: partition)
            writer.writeThrough()
            #expect(names().reduce(0) { $0 + bytes(of: $1) } <= 1 << 19)
        }
        writer.end()
        let (found, error) = try captured()
        #expect(error == nil)
        #expect(found == texts.suffix(found.count) && found.count > 200 && found.count < 2_000)
        #expect(writer.figures.filesRemoved == events.all.count && writer.figures.filesRemoved > 2)
        #expect(events.all.allSatisfy { if case .removed = $0 { true } else { false } })
    }

    @Test("file names ascend across restarts, even if the clock is set back, and no file is overwritten")
    func restarts() throws {
        var all: [String] = []
        for (number, day) in [3, 1, 1, 5, 2].enumerated() {
            let writer = try writer(now: Timestamp("2026-03-0\(day)T00:00:00Z"))
            writer.append(block(["\(number)"]), of: partition)
            writer.end()
            let new = names().filter { !all.contains($0) }
            #expect(new.count == 1 && (all.max() ?? "") < (new.first ?? ""))
            all += new
        }
        #expect(try captured().texts == ["0", "1", "2", "3", "4"])
    }

    @Test("without a record no file is created; other files in the directory are neither counted nor deleted")
    func others() throws {
        mkdir(path, 0o700)
        directory.write("captures/a.jsonl", String(repeating: "x", count: 5_000) + "\n")
        directory.write("captures/20260302T143000.000Z.jsonl", "y\n")
        let writer = try writer(fileBytesMax: 1 << 9, bytesMax: 1 << 10)
        writer.writeThrough()
        writer.tick()
        #expect(writer.figures.bytesOnDisk == 0 && names().count == 2)
        for text in noise(20) {
            writer.append(block([text]), of: partition)
            writer.writeThrough()
        }
        writer.end()
        #expect(names().contains("a.jsonl") && names().contains("20260302T143000.000Z.jsonl"))
        #expect(writer.figures.filesRemoved > 10)
    }

    @Test("a file truncated anywhere is repaired to whole lines, with all lines that were flushed to it")
    func torn() throws {
        let writer = try writer()
        var through: [(bytes: Int, lines: Int)] = [(0, 0)]
        var texts: [String] = []
        for number in 0..<6 {
            texts += noise(2, bytes: 64, seed: UInt64(number)) + ["plain text, plain text, plain text"]
            writer.append(block(Array(texts.suffix(3))), of: partition)
            writer.writeThrough()
            through.append((writer.figures.bytesOnDisk, texts.count))
        }
        let file = "\(path)/\(names()[0])"
        let whole = readBytes(file)
        #expect(whole.count == through.last?.bytes)
        for length in 1...whole.count {
            let name = "cut.jsonl.zst"
            let cut = directory.write(name, whole[..<length])
            #expect(try CaptureMending.mend(cut) != nil)
            #expect(try CaptureMending.mend(cut) == nil)
            let kept = readBytes(cut)
            let atLeast = through.last { $0.bytes <= length }?.lines ?? 0
            if kept.isEmpty {
                #expect(atLeast == 0)
                continue
            }
            let (found, error) = try captured(cut)
            #expect(error == nil && found.count >= atLeast && found == Array(texts.prefix(found.count)), "\(length)")
        }
    }

    @Test("a frame that ends inside a line is truncated to whole lines")
    func tornWithinLine() throws {
        let writer = try writer()
        let texts = noise(1_500)
        writer.append(block(Array(texts[..<200])), of: partition)
        writer.writeThrough()
        let before = bytes(of: names()[0])
        writer.append(block(Array(texts[200...])), of: partition)
        #expect(bytes(of: names()[0]) > before)
        let cut = directory.write("cut.jsonl.zst", readBytes("\(path)/\(names()[0])"))
        #expect(try CaptureMending.mend(cut) != nil)
        let (found, error) = try captured(cut)
        #expect(error == nil && found.count >= 200 && found == Array(texts.prefix(found.count)))
    }

    @Test("a repair that was interrupted is done the next time")
    func tornTwice() throws {
        let writer = try writer()
        writer.append(block(noise(3)), of: partition)
        writer.writeThrough()
        let bytes = readBytes("\(path)/\(names()[0])")
        for added in 0..<3 {
            let cut = directory.write("cut.jsonl.zst", bytes + [1, 0, 0].prefix(added))
            #expect(try CaptureMending.mend(cut) == added)
            #expect(try captured(cut).texts == noise(3))
        }
        #expect(try CaptureMending.mend(directory.write("whole.jsonl.zst", bytes + [1, 0, 0])) == nil)
    }

    @Test("a file that is not a capture is not repaired", arguments: [5, 50])
    func stranger(length: Int) throws {
        let file = directory.write("a.jsonl.zst", String(repeating: "x", count: length))
        if length == 50 { #expect(throws: CaptureError.self) { try CaptureMending.mend(file) } }
        if length == 5 { #expect(try CaptureMending.mend(file) == 5) }
    }

    @Test("the next worker repairs the last file of a killed worker and starts its own; all flushed lines are present")
    func killed() throws {
        let first = try writer()
        let texts = noise(300)
        first.append(block(Array(texts[..<200])), of: partition)
        first.writeThrough()
        first.append(block(Array(texts[200...])), of: partition)
        // What the killed one leaves behind.
        let left = readBytes("\(path)/\(names()[0])")
        mkdir("\(directory.path)/left", 0o700)
        directory.write("left/\(names()[0])", left)
        #expect(try captured("\(directory.path)/left").error != nil)
        let second = try writer("\(directory.path)/left")
        second.append(block(Array(texts[200...]), from: 200), of: partition)
        second.end()
        let (found, error) = try captured("\(directory.path)/left")
        #expect(error == nil && names("\(directory.path)/left").count == 2)
        #expect(found == texts)
        guard case .mended? = events.all.first else { return #expect(Bool(false), "not told") }
    }

    @Test("a frame is ended between records after its maximum age, so that the file is complete")
    func tick() throws {
        let writer = try writer(frameMillisecondsMax: 0)
        writer.append(block(["a"]), of: partition)
        writer.tick()
        #expect(try captured().error == nil)
        writer.append(block(["b"]), of: partition)
        writer.writeThrough()
        let (found, error) = try captured()
        #expect(error == nil && found == ["a", "b"])
    }

    @Test("long records are written completely, and frames are bounded")
    func longRecords() throws {
        let writer = try writer()
        let texts = [String(repeating: "a", count: 9 << 20), "b"] + noise(2, bytes: 1 << 20)
        for text in texts { writer.append(block([text]), of: partition) }
        writer.end()
        let (found, error) = try captured()
        #expect(error == nil && found == texts)
    }

    @Test("several threads append concurrently, and no record is lost or mixed with another")
    func threads() throws {
        let writer = try writer(fileBytesMax: 1 << 16)
        let texts = noise(400, bytes: 200)
        let threads = (0..<4).map { [partition] thread in
            SystemThread {
                for number in 0..<100 {
                    writer.append(block([texts[thread * 100 + number]]), of: partition)
                    if number % 7 == 0 { writer.writeThrough() }
                }
            }
        }
        for thread in threads { thread?.join() }
        writer.end()
        let (found, error) = try captured()
        #expect(error == nil && found.sorted() == texts.sorted())
    }

    @Test(
        "a full disk stops the capture, which is reported once; written records stay readable, and later ones are counted as missed",
        .enabled(if: SmallFileSystem.isPermitted, "mounting a small file system is not permitted here"))
    func fullDisk() throws {
        let disk = try #require(SmallFileSystem("1m"))
        let writer = try writer("\(disk.path)/captures")
        let texts = noise(4_000)
        for start in stride(from: 0, to: texts.count, by: 20) {
            writer.append(block(Array(texts[start..<(start + 20)])), of: partition)
            writer.writeThrough()
        }
        writer.tick()
        writer.end()
        #expect(events.all.count == 1 && writer.figures.errors == 1)
        guard case .failed(let error)? = events.all.first else { return #expect(Bool(false), "not told") }
        #expect(error.action == "write" && error.reason.contains("No space left"), "\(error)")
        #expect(writer.figures.recordsMissed > 1_000)
        let (found, failure) = try captured("\(disk.path)/captures")
        #expect(failure == nil)
        #expect(found == Array(texts.prefix(found.count)) && found.count > 500)
        #expect(writer.figures.bytesOnDisk <= 1 << 20)
    }

    @Test("a directory that cannot be created, or that another worker writes to, is refused")
    func refused() throws {
        directory.write("file", "x")
        for path in ["\(directory.path)/file", "\(directory.path)/no/captures"] {
            #expect(throws: CaptureError.self) { try writer(path) }
        }
        let first = try writer()
        #expect(throws: CaptureError.self) { try writer() }
        first.end()
    }
}

extension String {
    /// Behind the first occurrence, in bytes.
    fileprivate func range(ofText text: String) -> Int? {
        let (bytes, wanted) = (Array(utf8), Array(text.utf8))
        guard bytes.count >= wanted.count else { return nil }
        return (0...(bytes.count - wanted.count)).first { bytes[$0..<($0 + wanted.count)].elementsEqual(wanted) }
            .map { $0 + wanted.count }
    }
}
