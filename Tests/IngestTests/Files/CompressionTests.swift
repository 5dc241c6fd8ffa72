import Platform
import TestSupport
import Testing

@testable import Ingest

@Suite("compressed files", .limited)
struct CompressionTests {
    static let lines = (0..<20_000).map { "{\"number\":\($0),\"text\":\"\($0 &* 2_654_435_761 % 1_000_003)\"}" }
    static let text = Array((lines.joined(separator: "\n") + "\n").utf8)

    @Test("compression is recognized by the first bytes")
    func sniffing() {
        func sniff(_ packing: Packing) -> Compression {
            packing.pack(Self.text).withUnsafeBytes { Compression(start: $0) }
        }
        #expect(sniff(.plain) == .none)
        #expect(sniff(.gzipMembers) == .gzip)
        #expect(sniff(.zstdFrames) == .zstd)
        let skippable: [UInt8] = [0x53, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 9]
        #expect(skippable.withUnsafeBytes { Compression(start: $0) } == .zstd)
    }

    @Test("a truncated file gives all complete records before the cut, then an error", arguments: Packing.allCases)
    func truncated(_ packing: Packing) throws {
        guard packing != .plain else { return }
        let packed = packing.pack(Self.text)
        let name = packing == .gzip || packing == .gzipMembers ? "gzip" : "zstd"
        for kept in [packed.count - 1, packed.count - 5, packed.count * 3 / 4, packed.count / 3] {
            let (told, error) = try told(packed[..<kept], blockBytes: 1 << 16)
            #expect(told.map(\.text) == Array(Self.lines.prefix(told.count)))
            #expect(told.count > Self.lines.count / 10)
            guard case .corrupt(_, name, let offset, _, told.count) = error else {
                Issue.record("\(kept) of \(packed.count): \(String(describing: error))")
                continue
            }
            #expect(offset <= kept)
        }
    }

    @Test(
        "a damaged file gives the records before the damage, then an error that is repeated", arguments: [Packing.gzip, .zstd])
    func damaged(_ packing: Packing) throws {
        var packed = packing.pack(Self.text)
        for at in (packed.count / 2)..<(packed.count / 2 + 64) { packed[at] ^= 0x5A }
        let directory = TemporaryDirectory()
        let source = try FileSource(paths: [directory.write("a", packed)], blockBytes: 1 << 14)
        let (told, error) = source.readAll()
        guard case .corrupt = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(told.prefix(1000).map(\.text) == Array(Self.lines.prefix(1000)))
        #expect(source.readAll().error == error)
        #expect(source.readAll().told.isEmpty)
    }

    @Test("compressed data may be followed only by compressed data, or by zeros after gzip")
    func trailing() throws {
        for packing in [Packing.gzip, .zstd] {
            let (told, error) = try told(packing.pack(Self.text) + Array("trailing".utf8))
            #expect(told.count == Self.lines.count)
            guard case .corrupt = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        let zeros = [UInt8](repeating: 0, count: 300_000)
        let padded = try told(Packing.gzip.pack(Self.text) + zeros)
        #expect(padded.told.count == Self.lines.count)
        #expect(padded.error == nil)
    }

    @Test("a skippable zstd frame is skipped")
    func skippable() throws {
        let (told, error) = try told([0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 9] + Packing.zstd.pack(Self.text))
        #expect(told.count == Self.lines.count)
        #expect(error == nil)
    }

    @Test("a file truncated inside its first record gives only the error")
    func nothingComplete() throws {
        let (told, error) = try told(Packing.gzip.pack(Self.text)[..<12])
        #expect(told.isEmpty)
        guard case .corrupt(_, "gzip", _, _, 0) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
