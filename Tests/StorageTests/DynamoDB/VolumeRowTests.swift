import ContactCenter
import EngineCore
import Foundation
import Lattice
import Platform
import TestSupport
import Testing

@testable import Storage

/// What a row of starts costs.
@Suite("rows of volumes", .limited)
struct VolumeRowTests {
    /// Bytes of the item as DynamoDB counts them, an hour after it began, with so many starts a minute.
    private func bytes(startsAMinute: Int, minutes: Int = 60) throws -> Int {
        var random = Dice(seed: UInt64(startsAMinute))
        var known = ByteBuffer()
        EntityView.emptyEncoding.withUnsafeBytes { known.append($0) }
        var plan = JoinPlan()
        for minute in 0..<minutes {
            let segment = Array("\(minute / 10)\(minute % 10)".utf8)
            for _ in 0..<startsAMinute {
                var told = ByteBuffer()
                var writer = EntityWriter(&told)
                segment.withUnsafeBytes {
                    writer.sketch(
                        &told, "starts/", segment: $0, stamp: Stamp(time: Timestamp(milliseconds: 1_796_058_000_000)),
                        hash: random.next())
                }
                writer.finish(&told)
                guard plan.make(EntityView(known.bytes), EntityView(told.bytes)).changed else { continue }
                let length = known.count
                _ = known.extend(by: plan.roomNeeded)
                let joined = plan.apply(to: known.base, length: length)
                known.truncate(to: joined)
            }
        }
        let rows = RowBatch()
        let key = [EntityKind.volume.rawValue] + Array("us-east-1/VOICE/2026-11-30T17".utf8)
        key.withUnsafeBytes { rows.append(key: $0, entity: known.bytes, revision: Revision(writer: .max, count: 1)) }
        let row = try #require(Array(rows).first)
        let dictionary = RowDictionary.standard
        let item = RowItem(region: "us-east-1", retention: 2_592_000_000, coding: RegistersCoding(dictionary))
        let put = try #require(item.put(row, table: "converge-volume"))
        let body = try #require(try JSONSerialization.jsonObject(with: Data(put.body)) as? [String: Any])
        return try size(try #require(body["Item"] as? [String: Any]))
    }

    private func size(_ item: [String: Any]) throws -> Int {
        try item.reduce(0) { try $0 + $1.key.utf8.count + size(of: $1.value) }
    }

    private func size(of typed: Any) throws -> Int {
        let value = try #require((typed as? [String: Any])?.first)
        switch value.key {
        case "M":
            return try 3
                + (value.value as? [String: Any] ?? [:]).reduce(0) { try $0 + 1 + $1.key.utf8.count + size(of: $1.value) }
        case "L": return try 3 + (value.value as? [Any] ?? []).reduce(0) { try $0 + 1 + size(of: $1) }
        case "B": return Data(base64Encoded: value.value as? String ?? "")?.count ?? 0
        case "N": return ((value.value as? String ?? "").utf8.count + 1) / 2 + 1
        default: return (value.value as? String ?? "").utf8.count
        }
    }

    @Test(
        "a whole hour's row takes two write units at most, and one while the hour is young or few contacts are started",
        arguments: [(1, 60, 1), (5, 60, 1), (15, 60, 2), (150, 20, 1), (150, 60, 2), (1_500, 20, 1), (1_500, 60, 2)])
    func units(startsAMinute: Int, minutes: Int, units: Int) throws {
        let bytes = try bytes(startsAMinute: startsAMinute, minutes: minutes)
        #expect(bytes <= units * 1024, "\(bytes)")
    }
}
