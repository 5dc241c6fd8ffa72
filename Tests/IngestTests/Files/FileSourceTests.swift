import EngineCore
import Glibc
import Platform
import TestSupport
import Testing

@testable import Ingest

@Suite("files as a source", .limited)
struct FileSourceTests {
    private let directory = TemporaryDirectory()

    private func error(_ paths: [String], _ checkpoints: [Checkpoint] = []) -> FileSourceError? {
        do {
            _ = try FileSource(paths: paths, checkpoints: checkpoints)
            return nil
        } catch {
            return error
        }
    }

    @Test("a directory gives the files with the names of captures, at any depth, sorted")
    func search() throws {
        for name in [
            "b.jsonl", "a.json", "deep/er/c.ndjson.gz", "d.LOG", "e.txt.zst", "f.capture.zstd", "firehose-1-2024-01-01",
            "x.parquet", "y.csv.gz", ".hidden", ".git/config", "dead-letters.jsonl", "deep/dead-letters.jsonl",
            "state/CURRENT", "state/IDENTITY", "state/a.log", "state/sub/a.log",
        ] { directory.write(name, "{}\n") }
        symlink("\(directory.path)/a.json", "\(directory.path)/again.json")
        symlink(directory.path, "\(directory.path)/circle")
        let source = try FileSource(paths: [directory.path, "\(directory.path)/a.json"])
        let root = String(cString: realpath(directory.path, nil)!)
        #expect(
            source.partitions.map { String($0.stream.dropFirst(root.count + 1)) } == [
                "a.json", "b.jsonl", "d.LOG", "deep/er/c.ndjson.gz", "e.txt.zst", "f.capture.zstd", "firehose-1-2024-01-01",
            ])
        #expect(source.partitions.allSatisfy { $0.source == "file" && $0.name.isEmpty })
    }

    @Test("a file given by its path is read whatever its name is")
    func named() throws {
        let paths = [directory.write("dead-letters.jsonl", "{}\n"), directory.write(".hidden.csv", "{}\n")]
        #expect(try FileSource(paths: paths).readAll().told.count == 2)
    }

    @Test("the place of a record contains the path as it was given")
    func describe() throws {
        let lines = directory.write("lines.json", "\n{}\n")
        let array = directory.write("array.json", "[{},{}]")
        let source = try FileSource(paths: ["\(directory.path)/./lines.json", array])
        let (told, _) = source.readAll()
        #expect(
            told.map { source.describe(partition: $0.partition, ordinal: $0.ordinal) }
                == ["\(directory.path)/./lines.json:2", "\(array)#1", "\(array)#2"])
        #expect(source.partitions[0].stream == String(cString: realpath(lines, nil)!))
    }

    @Test("a missing path, a directory without captures and a path that is not a file are refused at once")
    func refusals() {
        let path = directory.path
        #expect(error(["\(path)/no"]) == .unavailable(path: "\(path)/no", action: "find", reason: "No such file or directory"))
        #expect(error([path]) == .noCaptures(path: path))
        mkfifo("\(path)/pipe", 0o600)
        #expect(error(["\(path)/pipe"]) == .notAFile(path: "\(path)/pipe"))
        #expect(error([path]) == .noCaptures(path: path))
        directory.write("CURRENT", "")
        directory.write("IDENTITY", "")
        directory.write("a.log", "{}")
        #expect(error([path]) == .noCaptures(path: path))
    }

    @Test("a pipe in a directory with the name of a capture is skipped and reported")
    func pipes() throws {
        directory.write("a.json", "{}\n")
        mkfifo("\(directory.path)/pipe", 0o600)
        mkfifo("\(directory.path)/b.json", 0o600)
        mkfifo("\(directory.path)/c.socket", 0o600)
        let source = try FileSource(paths: [directory.path])
        #expect(source.partitions.count == 1)
        #expect(source.others.sorted() == ["\(directory.path)/b.json", "\(directory.path)/pipe"])
    }

    @Test("a capture whose name is not UTF-8 is refused, and other files with such names are ignored")
    func namesThatAreNoText() {
        let path = directory.path
        directory.write("a.json", "{}")
        func make(_ name: [UInt8]) {
            let whole = Array("\(path)/".utf8) + name + [0]
            whole.withUnsafeBufferPointer { bytes in
                bytes.withMemoryRebound(to: CChar.self) { _ = close(open($0.baseAddress!, O_CREAT | O_WRONLY, 0o600)) }
            }
        }
        make([0xFF] + Array(".png".utf8))
        #expect(error([path]) == nil)
        make([0xFF] + Array(".json".utf8))
        #expect(error([path]) == .unnameable(path: "\(path)/\u{FFFD}.json"))
    }

    @Test("a file without read permission is refused at once", .enabled(if: geteuid() != 0, "root reads everything"))
    func notPermitted() {
        let path = directory.write("a.json", "{}")
        chmod(path, 0)
        #expect(error([path]) == .unavailable(path: path, action: "open", reason: "Permission denied"))
    }

    @Test("a file that was read to its end is not listed")
    func ended() throws {
        let one = directory.write("1.json", "{\"a\":1}\n")
        let two = directory.write("2.json", "{\"a\":2}\n")
        let source = try FileSource(paths: [one, two])
        let checkpoints = [
            Checkpoint(
                partition: source.partitions[0], position: Position(offset: 8, ordinal: 1), ended: true,
                identity: source.identity(partition: 0)),
            Checkpoint(partition: Partition(source: "kafka", stream: one), position: .beginning, ended: true),
        ]
        let again = try FileSource(paths: [directory.path], checkpoints: checkpoints)
        #expect(again.skipped == 1)
        #expect(again.bytesTotal == 8)
        #expect(again.readAll().told.map(\.text) == ["{\"a\":2}"])
    }

    @Test("a file that differs from the one in the checkpoint is refused", arguments: [true, false])
    func changed(ended: Bool) throws {
        let path = directory.write("a.json", "{\"a\":1}\n")
        let source = try FileSource(paths: [path])
        let identity = source.identity(partition: 0)
        #expect(identity.hasPrefix("size=8;start="))
        #expect(identity.contains(";end="))
        #expect(identity.utf8.count == "size=8;start=;end=".utf8.count + 128)
        let checkpoint = Checkpoint(
            partition: source.partitions[0], position: Position(offset: 8, ordinal: 1), ended: ended, identity: identity)
        #expect(error([path], [checkpoint]) == nil)
        directory.write("a.json", "{\"b\":1}\n")
        guard case .changed(path, identity, let found) = error([path], [checkpoint]) else {
            Issue.record("not refused")
            return
        }
        #expect(found.hasPrefix("size=8;start="))
    }

    @Test("a file that grows, shrinks or disappears before it is read is a permanent error")
    func changedMeanwhile() throws {
        let path = directory.write("a.json", "{\"a\":1}\n")
        for text in ["{\"a\":1}\n{}", "{"] {
            directory.write("a.json", "{\"a\":1}\n")
            let source = try FileSource(paths: [path])
            directory.write("a.json", text)
            let changed = FileSourceError.changed(path: path, expected: "8 bytes", found: "\(text.utf8.count) bytes")
            for _ in 0..<2 { #expect(source.readAll().error == changed) }
        }
        let source = try FileSource(paths: [path])
        unlink(path)
        #expect(source.readAll().error == .unavailable(path: path, action: "open", reason: "No such file or directory"))
    }

    @Test("thousands of files use one file descriptor at a time")
    func descriptors() throws {
        for number in 0..<1500 { directory.write("\(number).json", "{}") }
        let source = try FileSource(paths: [directory.path])
        var open = 0
        let (told, error) = source.readAll { _ in open = max(open, Self.descriptors(below: directory.path)) }
        #expect(told.count == 1500)
        #expect(error == nil)
        #expect(open <= 1)
    }

    /// Descriptors of this process on files below `path`.
    private static func descriptors(below path: String) -> Int {
        (0..<256).count { descriptor in
            guard let target = realpath("/proc/self/fd/\(descriptor)", nil) else { return false }
            defer { free(target) }
            return String(cString: target).hasPrefix(path)
        }
    }

    @Test("an error contains the action, the path, the reason and what to do")
    func messages() {
        let errors: [FileSourceError] = [
            .unavailable(path: "P", action: "open", reason: "R"), .notAFile(path: "P"), .noCaptures(path: "P"),
            .changed(path: "P", expected: "R", found: "S"), .unreadable(path: "P", offset: 1, reason: "R"),
            .corrupt(path: "P", compression: "gzip", offset: 1, reason: "R", recordsBefore: 2),
            .cutOff(path: "P", recordsBefore: 2),
            .recordTooLong(record: "P:1", limitBytes: 1),
        ]
        for error in errors {
            #expect(error.description.contains("P"))
            #expect(error.description.hasSuffix("."))
        }
    }
}
