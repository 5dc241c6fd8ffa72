import CZstd
import EngineCore
import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Ingest

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
        var dice = Dice(seed: seed)
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
        let (lines, cutOff, error) = try read(path ?? self.path)
        #expect(cutOff.isEmpty)
        return (try lines.map { try data(of: $0) }, error)
    }

    /// Every line; which files were cut off; and how reading ended.
    private func read(
        _ path: String, blockBytes: Int = 1 << 18
    ) throws -> (lines: [String], cutOff: [String], error: FileSourceError?) {
        let source = try FileSource(paths: [path], blockBytes: blockBytes)
        let (told, error) = source.readAll()
        return (told.map(\.text), source.cutOff, error)
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

    @Test("the file being written has .open in its name until the next one begins or the capture ends")
    func openName() throws {
        let writer = try writer(fileBytesMax: 1 << 8)
        for (number, text) in noise(2).enumerated() {
            writer.append(block([text]), of: partition)
            writer.writeThrough()
            #expect(names().map { $0.hasSuffix(".open.jsonl.zst") } == Array(repeating: false, count: number) + [true])
        }
        writer.end()
        #expect(names() == ["20260302T143000.000Z.jsonl.zst", "20260302T143000.001Z.jsonl.zst"])
    }

    /// A capture of a whole frame and one without end: its bytes, how many of them the whole frame has, its lines, and how many of them
    /// were written through after how many bytes.
    private func unfinished() throws -> (bytes: [UInt8], whole: Int, lines: [String], through: [(bytes: Int, lines: Int)]) {
        func texts(_ number: Int) -> [String] {
            noise(2, bytes: 64, seed: UInt64(number)) + ["plain text, plain text, plain text"]
        }
        let first = try writer()
        first.append(block(texts(0)), of: partition)
        first.end()
        let whole = readBytes("\(path)/\(names()[0])")
        var through = [(bytes: 0, lines: 0), (bytes: whole.count, lines: 3)]
        let second = try writer("\(directory.path)/second")
        for number in 1..<7 {
            second.append(block(texts(number)), of: partition)
            second.writeThrough()
            through.append((whole.count + second.figures.bytesOnDisk, 3 * (number + 1)))
        }
        let bytes = whole + readBytes("\(directory.path)/second/\(names("\(directory.path)/second")[0])")
        #expect(bytes.count == through.last?.bytes)
        return (bytes, whole.count, try read(directory.write("all.open.jsonl.zst", bytes)).lines, through)
    }

    @Test(
        "an open file that is cut off anywhere yields complete lines, with all lines that were flushed, and is reported")
    func cutOff() throws {
        let (bytes, whole, lines, through) = try unfinished()
        #expect(lines.count == 21)
        for length in 0...bytes.count {
            let cut = directory.write("cut.open.jsonl.zst", bytes[..<length])
            let (found, cutOff, error) = try read(cut, blockBytes: length % 2 == 0 ? 16 : 1 << 18)
            let atLeast = through.last { $0.bytes <= length }?.lines ?? 0
            #expect(error == nil && found.count >= atLeast && found == Array(lines.prefix(found.count)), "\(length)")
            #expect(cutOff == (length == whole ? [] : [cut]), "\(length)")
        }
    }

    @Test("a file of another name that is cut off is an error after the same lines")
    func cutOffUnmarked() throws {
        let (bytes, whole, lines, through) = try unfinished()
        // Fewer bytes do not tell that it is Zstandard.
        for length in 4...bytes.count {
            let (found, cutOff, error) = try read(directory.write("cut.jsonl.zst", bytes[..<length]))
            let atLeast = through.last { $0.bytes <= length }?.lines ?? 0
            // What begins a line is handed over, too, as of any other file.
            #expect(found.count >= atLeast && found.prefix(atLeast) == lines.prefix(atLeast) && cutOff.isEmpty, "\(length)")
            #expect((error == nil) == (length == whole), "\(length)")
        }
    }

    @Test("a cut in the middle of a file is an error, whatever its name")
    func cutInTheMiddle() throws {
        let (bytes, whole, lines, _) = try unfinished()
        for length in 0..<whole {
            let file = directory.write("cut.open.jsonl.zst", bytes[..<length] + bytes[whole...])
            let (found, cutOff, error) = try read(file)
            #expect(error != nil || length == 0, "\(length)")
            #expect(cutOff == (length == 0 ? [file] : []) && (length == 0 || found.count <= lines.count), "\(length)")
        }
    }

    @Test("a frame that ends inside a line yields the complete lines before it")
    func cutOffWithinLine() throws {
        let writer = try writer()
        let texts = noise(1_500)
        writer.append(block(Array(texts[..<200])), of: partition)
        writer.writeThrough()
        let before = bytes(of: names()[0])
        writer.append(block(Array(texts[200...])), of: partition)
        #expect(bytes(of: names()[0]) > before)
        let cut = directory.write("cut.open.jsonl.zst", readBytes("\(path)/\(names()[0])"))
        let (found, cutOff, error) = try read(cut)
        #expect(error == nil && cutOff == [cut] && found.count > 200)
        #expect(try found.map { try data(of: $0) } == Array(texts.prefix(found.count)))
    }

    @Test("a file that was cut off and grew later is continued after what was read")
    func grown() throws {
        let (bytes, _, lines, _) = try unfinished()
        let path = directory.write("cut.open.jsonl.zst", bytes[..<(bytes.count * 2 / 3)])
        let source = try FileSource(paths: [path])
        var end = Position.beginning
        let before = source.readAll { end = $0.end }.told.map(\.text)
        let checkpoint = Checkpoint(
            partition: source.partitions[0], position: end, ended: true, identity: source.identity(partition: 0))
        #expect(try FileSource(paths: [path], checkpoints: [checkpoint]).skipped == 1)
        directory.write("cut.open.jsonl.zst", bytes)
        let after = try FileSource(paths: [path], checkpoints: [checkpoint]).readAll().told.map(\.text)
        #expect(before.count > 3 && !after.isEmpty && before + after == lines)
    }

    @Test("the file of a killed worker is readable at once and is not changed; the next worker starts its own")
    func killed() throws {
        let first = try writer()
        let texts = noise(300)
        first.append(block(Array(texts[..<200])), of: partition)
        first.writeThrough()
        first.append(block(Array(texts[200...])), of: partition)
        // What the killed one leaves behind.
        let left = "\(directory.path)/left"
        mkdir(left, 0o700)
        let file = directory.write("left/\(names()[0])", readBytes("\(path)/\(names()[0])"))
        let found = try read(left)
        #expect(found.error == nil && found.lines.count >= 200 && found.cutOff == [file])
        let second = try writer(left)
        #expect(second.figures.bytesOnDisk == readBytes(file).count)
        second.append(block(Array(texts[found.lines.count...]), from: found.lines.count), of: partition)
        second.end()
        let both = try read(left)
        #expect(both.error == nil && both.cutOff == [file] && names(left).count == 2)
        #expect(try both.lines.map { try data(of: $0) } == texts)
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
        let (found, cutOff, failure) = try read("\(disk.path)/captures")
        #expect(failure == nil && cutOff.count == 1)
        #expect(try found.map { try data(of: $0) } == Array(texts.prefix(found.count)) && found.count > 500)
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
