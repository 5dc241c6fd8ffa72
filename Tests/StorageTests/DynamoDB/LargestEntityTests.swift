import EngineCore
import Foundation
import TestSupport
import Testing

@testable import ContactCenter
@testable import Lattice
@testable import Platform
@testable import Storage

/// A kind's entity with every family and union that events write, each as full as it may be.
private struct LargestEntity: CustomTestStringConvertible, Sendable {
    var testDescription: String { "\(kind.name)" }
    var kind: EntityKind
    /// Paths without a second segment.
    var alone: [String] = []
    /// First segments, each with its slash, and how many registers they keep.
    var families: [String: Int] = [:]
    /// Paths of unions and their capacities.
    var unions: [String: Int] = [:]
    /// The first segment of sketches.
    var sketches: String?

    static let all = [
        LargestEntity(
            kind: .agent,
            families: ["active/": 64, "firstSeen/": 64, "presence/": 64, "seen/": 64, "snapshot/": 16, "status/": 64]),
        LargestEntity(
            kind: .contact, alone: ["record"],
            families: [
                "agent/": 64, "analysis/": 64, "connected/": 64, "event/": 64, "lens/": 64, "milestone/": 64, "record/": 64,
                "seen/": 64,
            ],
            unions: ["analysis/categories": 256, "analysis/rules": 64, "lens/categories": 256]),
        LargestEntity(kind: .flow, alone: ["position"], families: ["field/": 100, "variable/": 100]),
        LargestEntity(kind: .session, families: ["field/": 200]),
        LargestEntity(
            kind: .customer, families: ["authentication/": 100, "field/": 100, "lastContact/": 64], unions: ["contacts": 64]),
        LargestEntity(kind: .queue, families: ["field/": 200]),
        LargestEntity(kind: .username, unions: ["agents": 16]),
        LargestEntity(kind: .alias, unions: ["contacts": 16, "customers": 16]),
        LargestEntity(kind: .volume, sketches: "starts/"),
    ]

    /// What no one compresses much: any printable character in a string.
    private static func value(_ bytes: Int, _ random: inout Dice) -> [UInt8] {
        let letters = Array(UInt8(ascii: "#")...UInt8(ascii: "[")) + Array(UInt8(ascii: "]")...UInt8(ascii: "~"))
        let inner = (0..<(bytes - 2)).map { _ in letters[Int(random.next() % UInt64(letters.count))] }
        return [UInt8(ascii: "\"")] + inner + [UInt8(ascii: "\"")]
    }

    var encoding: [UInt8] {
        var random = Dice(seed: 5)
        var buffer = ByteBuffer()
        var writer = EntityWriter(&buffer)
        // The longest stamp that there is.
        let region = Array(String(repeating: "r", count: 255).utf8)
        let id = Array(String(repeating: "i", count: 255).utf8)
        func write(_ path: String) {
            let path = Array(path.utf8)
            region.withUnsafeBytes { region in
                id.withUnsafeBytes { id in
                    path.withUnsafeBytes { path in
                        let rest = RegisterBounds.of(path).bytes - RegisterView.headerSize - path.count - 2 * 255
                        writer.beginRegister(
                            &buffer, encodedPath: path, rule: .lastWriterWins,
                            stamp: Stamp(
                                time: Timestamp(milliseconds: 1), rank: 9, region: region, id: EventID(form: .text, bytes: id)))
                        LargestEntity.value(rest, &random).withUnsafeBytes { buffer.append($0) }
                        writer.endRegister(&buffer)
                    }
                }
            }
        }
        for path in alone { write(path) }
        for (prefix, count) in families {
            // A name of slashes, each of which takes three bytes.
            for number in 0..<count { write(prefix + String(repeating: "%2F", count: 900) + "\(number)") }
        }
        for (path, capacity) in unions {
            for _ in 0..<capacity {
                let value = LargestEntity.value(1026, &random)
                Array(path.utf8).withUnsafeBytes { path in
                    value.withUnsafeBytes {
                        writer.unionMember(
                            &buffer, encodedPath: path, capacity: capacity, stamp: Stamp(time: Timestamp(milliseconds: 1)),
                            value: $0)
                    }
                }
            }
        }
        for minute in sketches == nil ? 0..<0 : 0..<60 {
            let path = Array("starts/\(minute / 10)\(minute % 10)".utf8)
            region.withUnsafeBytes { region in
                id.withUnsafeBytes { id in
                    path.withUnsafeBytes {
                        writer.sketch(
                            &buffer, encodedPath: $0,
                            stamp: Stamp(
                                time: Timestamp(milliseconds: 1), rank: 9, region: region, id: EventID(form: .text, bytes: id)),
                            buckets: .init(repeating: 15))
                    }
                }
            }
        }
        writer.finish(&buffer)
        return buffer.array
    }

    /// How many registers are written, and members of unions.
    var count: Int { alone.count + families.values.reduce(0, +) + unions.count + (sketches == nil ? 0 : 60) }
}

@Suite("the largest entity", .limited(minutes: 3))
struct LargestEntityTests {
    /// Of an item as DynamoDB counts it: names and values, a number by every two digits.
    private func size(_ item: [String: Any]) throws -> Int {
        try item.reduce(0) { sum, attribute in
            let value = try #require((attribute.value as? [String: String])?.first)
            let length =
                switch value.key {
                case "B": try #require(Data(base64Encoded: value.value)).count
                case "N": (value.value.utf8.count + 1) / 2 + 1
                default: value.value.utf8.count
                }
            return sum + attribute.key.utf8.count + length
        }
    }

    @Test(
        "the largest entity of each kind has a register at every path that an event or a state file can write",
        arguments: LargestEntity.all)
    private func isWhole(_ largest: LargestEntity) {
        let known = KnownPaths.of(largest.kind)
        #expect(Set(known.alone.map(\.description)) == Set(largest.alone))
        #expect(Set(known.families.map(\.description)) == Set(largest.families.keys))
        #expect(Dictionary(uniqueKeysWithValues: known.sets.map { ($0.path.description, $0.capacity) }) == largest.unions)
        #expect(known.sketches?.description == largest.sketches)
    }

    @Test(
        "the largest entity of each kind fits into one DynamoDB transaction, even without compression",
        arguments: LargestEntity.all)
    private func fits(_ largest: LargestEntity) throws {
        let entity = largest.encoding
        let id = String(repeating: "\u{1}", count: EntityKind.idLengthMax)
        let key = [largest.kind.rawValue] + Array(id.utf8)
        try entity.withUnsafeBytes { bytes in
            try key.withUnsafeBytes { key in
                let view = EntityView(bytes)
                #expect(view.isWithinBounds && view.count == largest.count)
                let members = view.filter { $0.rule == .union }.map(\.members.count)
                #expect(members.reduce(0, +) == largest.unions.values.reduce(0, +))
                // Any register that is larger by a byte is over the bounds: it is as large as it can be.
                for register in view where register.rule != .union && register.rule != .sketch {
                    #expect(register.bytes.count == RegisterBounds.of(register.path).bytes)
                }
                // Names, Region, revision and number of parts are in the overhead, and what zlib adds to what it cannot compress.
                let parts = view.parts(of: RowItem.partBytesMax)
                let sizes = parts.map { $0.count + key.count + RowItem.itemOverhead }
                #expect(sizes.allSatisfy { $0 <= RowItem.itemBytesLimit }, "\(sizes)")
                #expect(sizes.count <= RowItem.transactionItemsLimit)
                #expect(sizes.reduce(0, +) <= RowItem.transactionBytesLimit, "\(sizes.reduce(0, +)) bytes")

                let rows = RowBatch()
                rows.append(key: key, entity: bytes, revision: Revision(writer: .max, count: .max))
                let row = try #require(Array(rows).first)
                let item = RowItem(region: "ap-northeast-1", retention: 1)
                let requests: [[String: Any]]
                if let input = item.put(row, table: "converge") {
                    requests = [try #require(try JSONSerialization.jsonObject(with: Data(input.body)) as? [String: Any])]
                } else {
                    let input = try JSONSerialization.jsonObject(with: Data(item.transaction(row, table: "converge").body))
                    let items = try #require((input as? [String: Any])?["TransactItems"] as? [[String: [String: Any]]])
                    requests = items.compactMap { $0["Put"] }
                    #expect(requests.count == parts.count)
                    let written = try requests.map { try size(try #require($0["Item"] as? [String: Any])) }
                    for (size, bound) in zip(written, sizes) { #expect(size <= bound) }
                }
                #expect(!requests.isEmpty)
            }
        }
    }
}
