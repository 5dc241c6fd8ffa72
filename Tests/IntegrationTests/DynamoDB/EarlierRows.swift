import CZstd
import Foundation
import Servers
import Testing

/// Rows that an earlier release wrote, with the events behind them: a folder of `Tests/Rows`.
struct EarlierRows {
    private let folder: URL

    init(_ name: String) {
        folder =
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../Rows/\(name)")
            .standardized
    }

    /// Of a replay of the events, as that release had it.
    var digest: String {
        get throws {
            try String(contentsOf: folder.appendingPathComponent("digest"), encoding: .utf8).trimmingCharacters(in: .newlines)
        }
    }

    /// Of the events as that release merged them, which did not count the contacts that customers start, and these as this one does.
    func digest(with more: [String], in scratch: Scratch) throws -> String {
        try scratch.write("earlier.jsonl", events.jsonLines)
        try scratch.write("more.jsonl", more.jsonLines)
        let replays = [["earlier.jsonl", "--without-volume"], ["more.jsonl"]]
        for (number, replay) in replays.enumerated() {
            let ended = try Program(["replay", "--memory", "--output", "part-\(number).jsonl"] + replay, in: scratch).wait()
            try #require(ended.code == 0, "\(ended.errors)")
        }
        let joined = try scratch.converge("join", "part-0.jsonl", "part-1.jsonl", "--output", "joined.jsonl")
        return try #require(joined.digest, "\(joined.errors)")
    }

    var events: [String] {
        get throws { try text("events.jsonl.zst").split(separator: "\n").map(String.init) }
    }

    /// The tables in these Regions then hold these rows and no other.
    func load(into prefix: String, regions: [String], _ environment: [String: String], in scratch: Scratch) throws {
        let file = try scratch.write("rows.jsonl", text("rows.jsonl.zst"))
        try Script.run("rows.py", ["load", "--prefix", prefix, "--from", file] + regions, environment)
    }

    private func text(_ name: String) throws -> String {
        let packed = [UInt8](try Data(contentsOf: folder.appendingPathComponent(name)))
        let length = Int(ZSTD_getFrameContentSize(packed, packed.count))
        let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
            count = ZSTD_decompress(buffer.baseAddress, length, packed, packed.count)
        }
        try #require(bytes.count == length, "\(name)")
        return String(decoding: bytes, as: UTF8.self)
    }
}
