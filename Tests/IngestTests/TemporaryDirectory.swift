import CZlib
import CZstd
import EngineCore
import Glibc
import Platform
import Simulation
import TestSupport

@testable import Ingest

/// A directory that goes away with its last use.
final class TemporaryDirectory {
    let path: String

    init() {
        var template = Array("/tmp/ingest-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template)!)
    }

    deinit { Self.removeAll(path) }

    private static func removeAll(_ path: String) {
        if let stream = opendir(path) {
            while let entry = readdir(stream) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
                if name == "." || name == ".." { continue }
                // Not through a symbolic link.
                if unlink("\(path)/\(name)") != 0 { removeAll("\(path)/\(name)") }
            }
            closedir(stream)
        }
        remove(path)
    }

    @discardableResult
    func write(_ name: String, _ bytes: some Sequence<UInt8>) -> String {
        let file = "\(path)/\(name)"
        var parent = path
        for part in name.split(separator: "/").dropLast() {
            parent += "/\(part)"
            mkdir(parent, 0o755)
        }
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        let bytes = Array(bytes)
        precondition(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
        close(descriptor)
        return file
    }

    @discardableResult
    func write(_ name: String, _ text: String) -> String { write(name, text.utf8) }

    func read(_ name: String) -> String { String(decoding: readBytes("\(path)/\(name)"), as: UTF8.self) }
}

func readBytes(_ path: String) -> [UInt8] {
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    var status = stat()
    fstat(descriptor, &status)
    return [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
        count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    }
}

enum Packing: CaseIterable {
    case plain
    case gzip
    case gzipMembers
    case zstd
    case zstdFrames

    func pack(_ bytes: [UInt8]) -> [UInt8] {
        let (front, back) = (Array(bytes[..<(bytes.count / 2)]), Array(bytes[(bytes.count / 2)...]))
        switch self {
        case .plain: return bytes
        case .gzip: return gzipped(bytes)
        case .gzipMembers: return gzipped(front) + gzipped([]) + gzipped(back)
        case .zstd: return zstdCompressed(bytes)
        case .zstdFrames: return zstdCompressed(front) + zstdCompressed([]) + zstdCompressed(back)
        }
    }
}

private func gzipped(_ bytes: [UInt8]) -> [UInt8] {
    let directory = TemporaryDirectory()
    let file = gzopen("\(directory.path)/packed", "wb1")
    if !bytes.isEmpty { precondition(gzwrite(file, bytes, UInt32(bytes.count)) == Int32(bytes.count)) }
    gzclose(file)
    return readBytes("\(directory.path)/packed")
}

private func zstdCompressed(_ bytes: [UInt8]) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { buffer, count in
        count = ZSTD_compress(buffer.baseAddress, buffer.count, bytes, bytes.count, 1)
    }
}

/// A record as it came out of a source.
struct Told: Equatable {
    var text: String
    var ordinal: Int
    var partition = 0
}

extension RecordBlock {
    var told: [Told] {
        records.map { Told(text: text.bytes.slice($0.offset, $0.length).text, ordinal: $0.ordinal, partition: partition) }
    }
}

extension FileSource {
    /// Reads to the end, or to the first error, which is returned.
    func readAll(_ visit: (RecordBlock) -> Void = { _ in }) -> (told: [Told], error: FileSourceError?) {
        let block = RecordBlock(capacity: 16)
        var told: [Told] = []
        do {
            while try read(into: block) == .records {
                told += block.told
                visit(block)
            }
            return (told, nil)
        } catch {
            return (told, error)
        }
    }
}

/// The records of one file with these contents, or the error.
func told(
    _ contents: some Sequence<UInt8>, blockBytes: Int = 1 << 20, recordBytesMax: Int = 256 << 20
) throws -> (told: [Told], error: FileSourceError?) {
    let directory = TemporaryDirectory()
    let path = directory.write("a", contents)
    return try FileSource(paths: [path], blockBytes: blockBytes, recordBytesMax: recordBytesMax).readAll()
}

func texts(_ contents: String, blockBytes: Int = 1 << 20, recordBytesMax: Int = 256 << 20) throws -> [String] {
    let (told, error) = try told(contents.utf8, blockBytes: blockBytes, recordBytesMax: recordBytesMax)
    if let error { throw error }
    return told.map(\.text)
}

extension Dice {
    /// An object with nested values and strings full of what could mislead a scanner; with line breaks where `isPretty`.
    mutating func object(isPretty: Bool = false, depth: Int = 0) -> String {
        let lineBreak = isPretty ? "\n" + String(repeating: "  ", count: depth + 1) : ""
        let members = (0..<Int.random(in: 0...3, using: &self)).map { number in
            "\(lineBreak)\"k\(number)\":\(value(isPretty: isPretty, depth: depth + 1))"
        }
        let end = isPretty && !members.isEmpty ? "\n" + String(repeating: "  ", count: depth) : ""
        return "{" + members.joined(separator: ",") + end + "}"
    }

    private mutating func value(isPretty: Bool, depth: Int) -> String {
        let strings = [
            #""""#, #""}{""#, #""\"{\\""#, #""a\\\"}""#, #""[],:""#, #""plain text that goes on for a while""#, #""é€😀""#,
        ]
        switch Int.random(in: 0...(depth < 4 ? 7 : 4), using: &self) {
        case 0: return "-12.5e3"
        case 1: return ["null", "true", "false"].randomElement(using: &self)!
        case 2...4: return strings.randomElement(using: &self)!
        case 5: return "[]"
        case 6: return object(isPretty: isPretty, depth: depth)
        default:
            let separator = isPretty ? " , " : ","
            return "[" + object(depth: depth) + separator + "1" + separator + object(depth: depth) + "]"
        }
    }
}
