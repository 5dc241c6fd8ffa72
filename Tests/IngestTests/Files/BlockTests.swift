import EngineCore
import Glibc
import Platform
import Synchronization
import TestSupport
import Testing

@testable import Ingest

@Suite("blocks of a file", .limited)
struct BlockTests {
    /// Random objects in every layout, with the records that they make.
    static func captures(_ seed: UInt64) -> [(layout: String, text: String, records: [String])] {
        var dice = Dice(seed: seed)
        let compact = (0..<40).map { _ in dice.object() }
        let pretty = (0..<20).map { _ in dice.object(isPretty: true) }
        return [
            ("lines", compact.joined(separator: "\n") + "\n", compact),
            ("CRLF lines, the last unterminated", compact.joined(separator: "\r\n\n"), compact),
            ("concatenated", compact.joined(), compact),
            ("pretty", pretty.joined(separator: "\n") + "\n", pretty),
            ("array", "[" + compact.joined(separator: ",") + "]\n", compact),
            ("pretty array", "[\n" + pretty.joined(separator: ",\n") + "\n]", pretty),
        ]
    }

    @Test("blocks of any size contain the same records", arguments: [1, 2, 3] as [UInt64])
    func everySize(_ seed: UInt64) throws {
        for capture in Self.captures(seed) {
            let directory = TemporaryDirectory()
            let path = directory.write("a", capture.text)
            for blockBytes in 16...200 {
                let (told, error) = try FileSource(paths: [path], blockBytes: blockBytes).readAll()
                #expect(told.map(\.text) == capture.records, "\(capture.layout), blocks of \(blockBytes)")
                #expect(error == nil)
            }
        }
    }

    @Test("after a block, reading continues with exactly the rest", arguments: Packing.allCases)
    func resume(_ packing: Packing) throws {
        for capture in Self.captures(9) {
            let directory = TemporaryDirectory()
            let path = directory.write("a", packing.pack(Array("\u{FEFF}\(capture.text)".utf8)))
            let source = try FileSource(paths: [path], blockBytes: 50)
            var ends: [(position: Position, told: Int)] = []
            var count = 0
            let (all, error) = source.readAll { block in
                count += block.records.count
                ends.append((block.end, count))
            }
            #expect(error == nil)
            #expect(all.map(\.text) == capture.records)
            #expect(ends.count > 5)
            for end in ends {
                let checkpoint = Checkpoint(
                    partition: source.partitions[0], position: end.position, ended: false,
                    identity: source.identity(partition: 0))
                for blockBytes in [50, 1 << 20] {
                    let rest = try FileSource(paths: [path], checkpoints: [checkpoint], blockBytes: blockBytes)
                    let (told, error) = rest.readAll()
                    #expect(told == Array(all[end.told...]), "\(capture.layout), from \(end.position.offset)")
                    #expect(error == nil)
                    #expect(rest.bytesRead == rest.bytesTotal)
                }
            }
        }
    }

    @Test("blocks are numbered from 0, and the last one is marked")
    func sequence() throws {
        let directory = TemporaryDirectory()
        let path = directory.write("a", String(repeating: "{\"a\":1}\n", count: 100))
        var last: [Bool] = []
        let source = try FileSource(paths: [path], blockBytes: 64)
        let (told, _) = source.readAll { block in
            #expect(block.sequence == last.count)
            last.append(block.isLast)
        }
        #expect(told.count == 100)
        #expect(last.dropLast().allSatisfy { !$0 })
        #expect(last.last == true)
        #expect(try source.read(into: RecordBlock()) == .ended)
    }

    @Test("an empty file is one empty last block", arguments: Packing.allCases)
    func emptyFile(_ packing: Packing) throws {
        let directory = TemporaryDirectory()
        let path = directory.write("a", packing.pack([]))
        let source = try FileSource(paths: [path])
        let block = RecordBlock()
        #expect(try source.read(into: block) == .records)
        #expect(block.isLast)
        #expect(block.records.isEmpty)
        #expect(block.sequence == 0)
        #expect(try source.read(into: block) == .ended)
    }

    @Test("four threads get every record once, and the blocks of each file in order", arguments: [1, 3, 25])
    func parallel(files: Int) throws {
        let directory = TemporaryDirectory()
        let perFile = 6000 / files
        for file in 0..<files {
            let text = (0..<perFile).map { "{\"file\":\(file),\"n\":\($0)}" }.joined(separator: file % 2 == 0 ? "\n" : "")
            directory.write("\(file)", Packing.allCases[file % Packing.allCases.count].pack(Array(text.utf8)))
        }
        let source = try FileSource(paths: [directory.path], blockBytes: 512)
        #expect(source.partitions.count == files)
        let seen = Mutex<(told: [Told], sequences: [[Int]], last: Int)>(([], Array(repeating: [], count: files), 0))
        let threads = (0..<4).map { _ in
            SystemThread {
                let block = RecordBlock()
                while let status = try? source.read(into: block), status == .records {
                    let told = block.told
                    let (partition, sequence, isLast) = (block.partition, block.sequence, block.isLast)
                    seen.withLock {
                        $0.told += told
                        $0.sequences[partition].append(sequence)
                        $0.last += isLast ? 1 : 0
                    }
                }
            }
        }
        for thread in threads { thread?.join() }
        seen.withLock { seen in
            #expect(seen.told.count == perFile * files)
            #expect(Set(seen.told.map(\.text)).count == perFile * files)
            #expect(seen.last == files)
            for sequences in seen.sequences { #expect(sequences.sorted() == Array(0..<sequences.count)) }
        }
        #expect(source.bytesRead == source.bytesTotal)
    }

    @Test("a line of 100 MB is a record")
    func hugeLine() throws {
        let size = 100_000_000
        var bytes = Array("{\"a\":1}\n{\"b\":\"".utf8)
        bytes += [UInt8](repeating: UInt8(ascii: "x"), count: size)
        bytes += Array("\"}\n{\"c\":1}".utf8)
        let directory = TemporaryDirectory()
        let path = directory.write("a", bytes)
        var lengths: [Int] = []
        let source = try FileSource(paths: [path])
        let block = RecordBlock()
        while try source.read(into: block) == .records { lengths += block.records.map(\.length) }
        #expect(lengths == [7, size + 8, 7])
    }

    @Test("a record over the limit is an error that contains its place, after the records before it")
    func tooLong() throws {
        let long = "{\"long\":\"\(String(repeating: "x", count: 100))\"}"
        let layouts: [(String, String)] = [
            ("{\"a\":1}\n\n\(long)\n{\"b\":1}\n", "a:3"), ("{\"a\":1}\(long){\"b\":1}", "a#2"),
            ("[{\"a\":1},\(long),{\"b\":1}]", "a#2"),
        ]
        for (text, name) in layouts {
            for blockBytes in [16, 64, 1 << 20] {
                let (told, error) = try told(text.utf8, blockBytes: blockBytes, recordBytesMax: 50)
                #expect(told.map(\.text) == [#"{"a":1}"#])
                guard case .recordTooLong(let record, 50) = error else {
                    Issue.record("\(String(describing: error))")
                    continue
                }
                #expect(record.hasSuffix("/\(name)"))
            }
            let (told, error) = try told(text.utf8, recordBytesMax: long.utf8.count)
            #expect(told.count == 3)
            #expect(error == nil)
        }
    }

    @Test("garbage over the limit is split into several records")
    func longGarbage() throws {
        let garbage = String(repeating: "x", count: 130)
        for blockBytes in [16, 64, 1 << 20] {
            let records = try texts("{\"a\":1}\(garbage){\"b\":1}", blockBytes: blockBytes, recordBytesMax: 50)
            #expect(records.joined() == "{\"a\":1}\(garbage){\"b\":1}")
            #expect(records.count == 5)
        }
    }
}
