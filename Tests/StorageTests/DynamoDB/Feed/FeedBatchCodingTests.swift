import CZstd
import FeedCore
import TestSupport
import Testing

@testable import Storage

@Suite("a batch of the feed as an item has it", .limited(minutes: 5))
struct FeedBatchCodingTests {
    @Test("comes back, from nothing to a register of megabytes, and the same batch gives the same bytes")
    func roundTrip() throws {
        for batch in [FeedBatch.made(1), .large(2, size: 20), .large(3, size: 300_000), .large(4, size: 5_000_000)] {
            let bytes = try #require(FeedBatchCoding.encode(batch))
            #expect(try FeedBatchCoding.decode(bytes) == batch)
            #expect(FeedBatchCoding.encode(batch) == bytes)
        }
    }

    @Test("an empty batch with a cursor of a hundred shards takes few write units")
    func size() throws {
        var batch = FeedBatch.made(1)
        var dice = Dice(seed: 1)
        for number in 0..<100 {
            let id = "shardId-000000017000\(10_000_000 + dice.below(80_000_000))-\(String(dice.below(1 << 32), radix: 16))"
            batch.cursor.tables["converge-agent"]?.shards[id] = .init(
                number.isMultiple(of: 2) ? .ended : .after("\(3_000_000_000_000_000 + dice.below(1 << 50))00000"),
                seen: 1_700_000_000_000 + Int64(dice.below(100_000)))
        }
        let bytes = try #require(FeedBatchCoding.encode(batch))
        #expect(bytes.count < 4_000, "\(bytes.count) bytes")
    }

    @Test("a byte that is damaged anywhere, a cut and an addition are errors")
    func damaged() throws {
        let bytes = try #require(FeedBatchCoding.encode(.large(2, size: 400)))
        for at in bytes.indices {
            for bit in 0..<8 {
                var other = bytes
                other[at] ^= 1 << UInt8(bit)
                // The frame's header has bits that mean nothing.
                guard let read = try? FeedBatchCoding.decode(other) else { continue }
                #expect(read == .large(2, size: 400), "byte \(at), bit \(bit)")
            }
            #expect(throws: FeedBatchCoding.Malformed.self) { try FeedBatchCoding.decode(Array(bytes[..<at])) }
        }
        #expect(throws: FeedBatchCoding.Malformed.self) { try FeedBatchCoding.decode(bytes + [0]) }
        #expect(throws: FeedBatchCoding.Malformed.self) { try FeedBatchCoding.decode(bytes + bytes.dropFirst()) }
        forAll(20_000) { dice in _ = try? FeedBatchCoding.decode([1] + dice.bytes(dice.below(60))) }
    }

    @Test("a newer format says so, and a frame that would swell beyond all bounds is refused before it does")
    func refused() throws {
        var newer = try #require(FeedBatchCoding.encode(.made(1)))
        newer[0] = 2
        let error = #expect(throws: FeedBatchCoding.Malformed.self) { try FeedBatchCoding.decode(newer) }
        #expect(error?.why == "it has format version 2; this program reads version 1: use a newer program")
        // A frame whose header says 1 GiB.
        let swollen: [UInt8] = [1, 0x28, 0xB5, 0x2F, 0xFD, 0xA0, 0, 0, 0, 0x40, 1, 0, 0]
        let large = #expect(throws: FeedBatchCoding.Malformed.self) { try FeedBatchCoding.decode(swollen) }
        #expect(large?.why.contains("larger than 80 MiB") == true, "\(large?.why ?? "")")
    }
}
