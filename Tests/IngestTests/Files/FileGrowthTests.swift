import EngineCore
import Glibc
import Platform
import TestSupport
import Testing

@testable import Ingest

/// Files that earlier runs read, and that have grown since; ends that are none.
@Suite("files that grow or are incomplete", .limited)
struct FileGrowthTests {
    private let directory = TemporaryDirectory()

    /// What a run told, and where it came to.
    private func run(_ path: String, from checkpoint: Checkpoint? = nil) throws -> (texts: [String], checkpoint: Checkpoint) {
        let source = try FileSource(paths: [path], checkpoints: checkpoint.map { [$0] } ?? [])
        guard !source.partitions.isEmpty else { return ([], try #require(checkpoint)) }
        var end = Position.beginning
        var ended = false
        let (told, error) = source.readAll {
            end = $0.end
            ended = $0.isLast
        }
        if let error { throw error }
        let after = Checkpoint(
            partition: source.partitions[0], position: end, ended: ended, identity: source.identity(partition: 0))
        return (told.map(\.text), after)
    }

    @Test(
        "a file that has grown is read from where it ended before",
        arguments: [
            ("{\"a\":1}\n", "{\"b\":2}\n{\"c\":3}\n", ["{\"b\":2}", "{\"c\":3}"]),
            ("{\"a\":1}{\"a\":2}", "{\"b\":2}", ["{\"b\":2}"]),
            ("{\n\"a\":1}\n", "{\n\"b\":2}\n", ["{\n\"b\":2}"]),
            ("[{\"a\":1}]", "[{\"b\":2}]", ["{\"b\":2}"]),
            // What ended inside a record, or in a line that may not have been all, is read anew.
            ("{\"a\":1}\n{\"b\"", ":2}\n", ["{\"a\":1}", "{\"b\":2}"]),
            ("{\"a\":1}\n{\"b\":2}", "\n{\"c\":3}\n", ["{\"a\":1}", "{\"b\":2}", "{\"c\":3}"]),
            ("{\"a\":1}{\"b\":{\"c\"", ":1}}", ["{\"a\":1}", "{\"b\":{\"c\":1}}"]),
            ("", "{\"a\":1}\n", ["{\"a\":1}"]), ("\n", "{\"a\":1}\n", ["{\"a\":1}"]),
        ])
    func grown(before: String, more: String, told: [String]) throws {
        let path = directory.write("a", before)
        let first = try run(path)
        #expect(first.checkpoint.ended)
        #expect(try run(path, from: first.checkpoint).texts == [], "as long as nothing has changed")
        directory.write("a", before + more)
        let second = try run(path, from: first.checkpoint)
        #expect(second.texts == told)
        #expect(second.checkpoint.ended)
        #expect(try run(path, from: second.checkpoint).texts == [])
    }

    @Test(
        "a compressed file with added members or frames is read from where it ended before", arguments: [Packing.gzip, .zstd])
    func compressed(packing: Packing) throws {
        let before = packing.pack(Array("{\"a\":1}\n".utf8))
        let path = directory.write("a", before)
        let first = try run(path)
        directory.write("a", before + packing.pack(Array("{\"b\":2}\n".utf8)))
        #expect(try run(path, from: first.checkpoint).texts == ["{\"b\":2}"])
    }

    @Test("a file whose reading was interrupted is read from there")
    func interrupted() throws {
        let path = directory.write("a", "{\"a\":1}\n{\"b\":2}\n")
        var checkpoint = try run(path).checkpoint
        checkpoint.position = Position(offset: 8, ordinal: 1)
        checkpoint.ended = false
        directory.write("a", "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n")
        #expect(try run(path, from: checkpoint).texts == ["{\"b\":2}", "{\"c\":3}"])
    }

    @Test(
        "a longer file with another start, or with other bytes where it ended before, is another file",
        arguments: [0, 40_000, 99_990])
    func rewritten(at offset: Int) throws {
        var bytes = Array(String(repeating: "{\"a\":1}\n", count: 12_500).utf8)
        let path = directory.write("a", bytes)
        let checkpoint = try run(path).checkpoint
        bytes[offset + 2] = UInt8(ascii: "b")
        bytes += Array("{\"c\":3}\n".utf8)
        directory.write("a", bytes)
        // What is changed in between does not show.
        if offset == 40_000 { bytes[offset + 2] = UInt8(ascii: "a") }
        guard offset != 40_000 else {
            directory.write("a", bytes)
            #expect(try run(path, from: checkpoint).texts == ["{\"c\":3}"])
            return
        }
        #expect(throws: FileSourceError.self) { try run(path, from: checkpoint) }
        // A shorter one is another, whatever it holds.
        directory.write("a", bytes.prefix(1_000))
        #expect(throws: FileSourceError.self) { try run(path, from: checkpoint) }
    }

    @Test("a checkpoint of an older version, without the end, is valid for the same file and not for a longer one")
    func olderVersion() throws {
        let path = directory.write("a", "{\"a\":1}\n")
        var checkpoint = try run(path).checkpoint
        checkpoint.identity = checkpoint.identity.split(separator: ";").prefix(2).joined(separator: ";")
        #expect(checkpoint.identity.hasPrefix("size=8;start=") && !checkpoint.identity.contains("end"))
        #expect(try run(path, from: checkpoint).texts == [])
        directory.write("a", "{\"a\":1}\n{\"b\":2}\n")
        #expect(throws: FileSourceError.self) { try run(path, from: checkpoint) }
    }

    @Test(
        "an array that ends after an element is an error after its records, however it is read",
        arguments: [("[{\"a\":1},{\"b\":2}", 2), ("[{\"a\":1},\n", 1), ("[{\"a\":1}]\n[{\"b\":2} ,", 2)], [4, 7, 1 << 20])
    func cutArray(text: (String, Int), blockBytes: Int) throws {
        let (records, error) = try told(text.0.utf8, blockBytes: blockBytes)
        #expect(records.count == text.1)
        guard case .cutOff(_, text.1) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("an array that is closed, or whose last element is a dead letter, is not an error", arguments: [4, 1 << 20])
    func wholeArray(blockBytes: Int) throws {
        for text in ["[{\"a\":1}]", "[{\"a\":1}]\n\n", "[{\"a\":1},]", "[]", "[{\"a\":1},{\"b\":", "[{\"a\":1}, nonsense"] {
            #expect(try told(text.utf8, blockBytes: blockBytes).error == nil, "\(text)")
        }
    }

    @Test("an array that was incomplete and is complete later is read from where it ended before")
    func mendedArray() throws {
        let path = directory.write("a", "[{\"a\":1}")
        let source = try FileSource(paths: [path], blockBytes: 4)
        var end = Position.beginning
        _ = source.readAll { end = $0.end }
        let checkpoint = Checkpoint(
            partition: source.partitions[0], position: end, ended: false, identity: source.identity(partition: 0))
        #expect(throws: FileSourceError.cutOff(path: path, recordsBefore: 1)) { try run(path, from: checkpoint) }
        directory.write("a", "[{\"a\":1},{\"b\":2}]")
        #expect(try run(path, from: checkpoint).texts == ["{\"b\":2}"])
        directory.write("a", "[{\"a\":1}]")
        #expect(try run(path, from: checkpoint).texts == [])
    }

    @Test("a file in UTF-16 or UTF-32 is one record", arguments: [4, 1 << 20])
    func utf16(blockBytes: Int) throws {
        let text = "{\"a\":1}\n{\"b\":\u{010A}}\n"
        let little = text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        let big = text.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        for bytes in [[0xFF, 0xFE] + little, [0xFE, 0xFF] + big, little, big] {
            let directory = TemporaryDirectory()
            let source = try FileSource(paths: [directory.write("a", bytes)], blockBytes: blockBytes)
            var whole: [[UInt8]] = []
            let (_, error) = source.readAll { block in whole += block.records.map { Array(block.bytes(of: $0)) } }
            #expect(error == nil)
            #expect(whole == [bytes])
            #expect(try told(bytes, blockBytes: blockBytes, recordBytesMax: 20).error != nil)
        }
    }

    @Test("byte order marks separate objects, and a carriage return ends a line", arguments: [1, 5, 1 << 20])
    func marks(blockBytes: Int) throws {
        let mark = "\u{FEFF}"
        #expect(
            try texts("\(mark){\"a\":1}\(mark){\"b\":2}\n\(mark)\n\(mark){\"c\":\"\(mark)\"}\(mark)", blockBytes: blockBytes)
                == ["{\"a\":1}", "{\"b\":2}", "{\"c\":\"\(mark)\"}"])
        #expect(try texts("{\"a\":1}\r{\"b\":2}\r", blockBytes: blockBytes) == ["{\"a\":1}", "{\"b\":2}"])
        #expect(try texts("{\"a\":1}\r{broken\r{\"b\":2}\r", blockBytes: blockBytes) == ["{\"a\":1}", "{broken", "{\"b\":2}"])
    }
}
