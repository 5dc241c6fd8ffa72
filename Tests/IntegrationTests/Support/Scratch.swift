import CZlib
import CZstd
import Foundation
import Testing

/// A directory that goes away with its last use, and what tests do in it.
final class Scratch {
    let root: String

    init() throws {
        root = NSTemporaryDirectory() + "converge-program-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    func path(_ name: String) -> String { "\(root)/\(name)" }

    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

    @discardableResult
    func write(_ name: String, _ bytes: some Sequence<UInt8>) throws -> String {
        let url = URL(fileURLWithPath: path(name))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
        return url.path
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, text.utf8) }

    func read(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path(name))) }

    func lines(_ name: String) throws -> [String] {
        try read(name).split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Runs the program in this directory to its end.
    func converge(_ arguments: String..., environment: [String: String] = [:], seconds: Double = 300) throws -> Ended {
        try Program(arguments, in: self, environment: environment).wait(seconds: seconds)
    }

    func start(_ arguments: String..., output: FileHandle? = nil) throws -> Program {
        try Program(arguments, in: self, output: output)
    }

    /// The digest of these captures merged in memory.
    func digest(ofCaptures paths: String...) throws -> String {
        let ended = try Program(["replay", "--memory"] + paths, in: self).wait()
        try #require(ended.code == 0, "\(ended.errors)")
        return try #require(ended.digest)
    }
}

/// Traffic that tests share, made once by the program itself.
enum Captures {
    /// The lines of 3,000 events in the order of arrival, without repeated deliveries.
    static let small = Result { try generate(events: 3_000, seed: 11, duplicates: "0") }
    /// 6,000 events, some of them twice; one Region goes away in the middle.
    static let failover = Result { try generate(events: 6_000, seed: 13, duplicates: "0.05") }
    /// 24,000 events, some of them twice.
    static let large = Result { try generate(events: 24_000, seed: 12, duplicates: "0.05") }

    private static func generate(events: Int, seed: Int, duplicates: String) throws -> [String] {
        let scratch = try Scratch()
        let ended = try scratch.converge(
            "generate", "--events", "\(events)", "--seed", "\(seed)", "--duplicates", duplicates, "--agents", "60", "--start",
            "2026-03-02T14:00:00Z", "--output", "a.jsonl")
        try #require(ended.code == 0, "\(ended.errors)")
        return try scratch.lines("a.jsonl")
    }
}

extension Sequence<String> {
    /// As JSON Lines.
    var jsonLines: String { map { $0 + "\n" }.joined() }
}

extension Collection<String> {
    /// Every `count`th line from the `first` on.
    func part(_ first: Int, of count: Int) -> [String] {
        enumerated().filter { $0.offset % count == first }.map(\.element)
    }
}

func gzipped(_ text: String) throws -> Data {
    let scratch = try Scratch()
    let bytes = Array(text.utf8)
    let file = gzopen(scratch.path("packed"), "wb1")
    try #require(gzwrite(file, bytes, UInt32(bytes.count)) == Int32(bytes.count))
    gzclose(file)
    return try scratch.read("packed")
}

func zstdCompressed(_ text: String) -> Data {
    let bytes = Array(text.utf8)
    return Data(
        [UInt8](unsafeUninitializedCapacity: ZSTD_compressBound(bytes.count)) { buffer, count in
            count = ZSTD_compress(buffer.baseAddress, buffer.count, bytes, bytes.count, 1)
        })
}
