import Foundation
import JSON
import Lattice
import Platform
import Simulation
import TestSupport
import Testing

@testable import ContactCenter

/// What rows show of generated traffic: by what `converge show` prints, in size, and read together.
@Suite("what rows show of generated traffic", .limited(minutes: 5))
struct LeanTrafficTests {
    typealias Members = [String: Any]

    /// How the events of two Regions come to the two workers.
    enum Routing: CaseIterable {
        /// What happens in a Region is told there.
        case regional
        /// As regional, but contact events come to both.
        case global
    }

    static let regions = ["us-east-1", "us-west-2"]

    private static func events(_ count: Int, seed: UInt64, agents: Int = 60) -> [[UInt8]] {
        var model = TrafficModel(TrafficOptions(events: count, agents: agents, regions: regions, seed: seed))
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        while model.next(into: &line) != nil {
            lines.append(line)
            line.removeAll(keepingCapacity: true)
        }
        return lines
    }

    typealias Rows = [EntityName: [UInt8]]

    /// The join of what events tell.
    private static func fold(_ events: some Sequence<[UInt8]>) -> Rows {
        let (decoder, batch) = (RecordDecoder(), MutationBatch(sliceCount: 1))
        var rows: Rows = [:]
        for event in events {
            batch.removeAll()
            event.withUnsafeBytes { decoder.decode($0, arrival: nil, index: 0, into: batch) }
            batch.forEachMutation(ofSlice: 0) { mutation in
                guard let kind = EntityKey(mutation.key).kind else { return }
                let name = EntityName(kind: kind, id: EntityKey(mutation.key).id.text)
                rows[name] = join(rows[name], mutation.entity)
            }
        }
        return rows
    }

    private static func join(_ before: [UInt8]?, _ entity: EntityView) -> [UInt8] {
        guard let before else { return [UInt8](entity.bytes) }
        var joined = ByteBuffer()
        let outcome = before.withUnsafeBytes { Join.join(EntityView($0), entity, into: &joined) }
        return outcome.changed ? joined.array : before
    }

    /// What each Region's worker knows.
    private static func worlds(_ events: [[UInt8]], _ routing: Routing) -> [Rows] {
        let texts = events.map { String(decoding: $0, as: UTF8.self) }
        return regions.indices.map { index in
            let own = zip(texts, events).filter { text, _ in
                let isWest = text.contains(":us-west-2:") || text.contains("\"region\":\"us-west-2\"")
                return (index == 1) == isWest || routing == .global && text.contains("\"Amazon Connect Contact Event\"")
            }
            return fold(own.map(\.1))
        }
    }

    private static func text(_ name: EntityName, _ encoding: [UInt8], lean: Bool, _ writer: StateWriter) -> [UInt8] {
        var key = ByteBuffer()
        key.append(name.kind.rawValue)
        key.append(name.id)
        var out = ByteBuffer()
        encoding.withUnsafeBytes { bytes in
            if lean {
                writer.appendLean(key: EntityKey(key.bytes), entity: EntityView(bytes), to: &out)
            } else {
                writer.appendState(key: EntityKey(key.bytes), entity: EntityView(bytes), to: &out)
            }
        }
        return out.array
    }

    private static func members(_ text: [UInt8]) throws -> Members {
        try #require(try JSONSerialization.jsonObject(with: Data(text)) as? Members)
    }

    @Test("a row shows what converge show prints of it, and nothing else", arguments: [UInt64(1), 2, 3])
    func shown(seed: UInt64) throws {
        let writer = StateWriter()
        for (name, encoding) in Self.fold(Self.events(6_000, seed: seed)) {
            var lean = try Self.members(Self.text(name, encoding, lean: true, writer))
            let whole = try Self.members(Self.text(name, encoding, lean: false, writer))
            if name.kind == .contact || name.kind == .flow { #expect(lean.removeValue(forKey: "at") is Int, "\(name)") }
            lean["deleted"] = nil
            #expect(lean as NSDictionary == LeanModel.lean("\(name.kind.name)", id: name.id, whole) as NSDictionary, "\(name)")
        }
    }

    @Test("a row has no null, no empty list, no empty map and no name twice", arguments: [UInt64(4), 5])
    func lean(seed: UInt64) throws {
        let (writer, parser) = (StateWriter(), JSONParser())
        for (name, encoding) in Self.fold(Self.events(4_000, seed: seed)) {
            try Self.text(name, encoding, lean: true, writer).withUnsafeBytes { text in
                try Self.check(try parser.parse(text).root, "\(name)")
            }
        }
    }

    private static func check(_ value: JSONValue, _ place: String) throws {
        #expect(!value.isNull, "\(place)")
        if value.isObject || value.isArray { #expect(value.bytes.count > 2, "\(place)") }
        #expect(Set(value.members.map { $0.name.text }).count == Array(value.members).count, "\(place)")
        for (name, member) in value.members { try check(member, "\(place) \(name.text)") }
        for element in value.elements { try check(element, place) }
    }

    // MARK: - Size

    /// As DynamoDB counts it.
    private static func size(_ value: JSONValue) -> Int {
        switch value.kind {
        case .object: value.members.reduce(3) { $0 + 1 + $1.name.count + size($1.value) }
        case .array: value.elements.reduce(3) { $0 + 1 + size($1) }
        case .string: value.rawString.count
        case .number: (value.bytes.count + 1) / 2 + 1
        default: 1
        }
    }

    @Test("nine rows of ten show an agent in 400 bytes, 325 where one Region tells of it, and a contact in 1,070")
    func size() throws {
        let events = Self.events(20_000, seed: 7, agents: 300)
        let (rows, all) = (Self.worlds(events, .regional), Self.fold(events))
        let (writer, parser) = (StateWriter(), JSONParser())
        func sizes(_ kind: EntityKind, _ rows: [Rows]) throws -> [Int] {
            try rows.joined().filter { $0.key.kind == kind }.map { name, encoding in
                try Self.text(name, encoding, lean: true, writer).withUnsafeBytes {
                    "state".utf8.count + Self.size(try parser.parse($0).root)
                }
            }.sorted()
        }
        for (kind, rows, most) in [(EntityKind.agent, [all], 400), (.agent, rows, 325), (.contact, rows, 1_070)] {
            let sizes = try sizes(kind, rows)
            let (half, most9) = (sizes[sizes.count / 2], sizes[sizes.count * 9 / 10])
            #expect(sizes.count > 250 && most9 <= most, "\(kind): \(half), \(most9)")
        }
    }

    // MARK: - Two Regions

    /// Calls `body` with the two rows that show an entity, and with what the join of both shows: of many entities, each at some moment.
    private static func pairs(
        _ routing: Routing, seed: UInt64,
        _ body: (EntityName, _ rows: [Members], _ joined: Members, _ shown: Members) throws -> Void
    ) throws {
        let writer = StateWriter()
        let events = events(6_000, seed: seed)
        for share in [20, 40, 60, 80, 100] {
            let events = Array(events.prefix(events.count * share / 100))
            let (rows, all) = (worlds(events, routing), fold(events))
            for (name, encoding) in all {
                let states = try rows.compactMap { try $0[name].map { try members(text(name, $0, lean: true, writer)) } }
                guard states.count == 2 else { continue }
                try body(
                    name, states, members(text(name, encoding, lean: true, writer)),
                    members(text(name, encoding, lean: false, writer)))
            }
        }
    }

    @Test("of two Regions' rows an agent's presence, status and contacts in each Region are exact", arguments: Routing.allCases)
    func agents(_ routing: Routing) throws {
        var count = 0
        try Self.pairs(routing, seed: 10) { name, rows, joined, shown in
            guard name.kind == .agent else { return }
            count += 1
            let merged = LeanReader.merge(rows)
            #expect(merged["regions"] as? NSDictionary == joined["regions"] as? NSDictionary, "\(name)")
            let status = shown["status"] as? Members
            let newest = LeanReader.status(merged)
            #expect(newest?.region == status?["region"] as? String && newest?.name == status?["name"] as? String, "\(name)")
        }
        #expect(count > 50)
    }

    /// Members of a contact that are exact where both Regions have its events; of an agent and a queue it is the ids.
    private static let contactMembers = [
        "activeRegion", "agentWork", "at", "attributes", "channel", "customerEndpoint", "customerId",
        "disconnectReason", "initialContactId", "initiationMethod", "instance", "milestones", "nextContactId", "originRegion",
        "phase", "previousContactId", "queueSeconds", "queueType", "recordUpdatedAt", "subtype", "systemEndpoint",
    ]

    @Test("of two Regions' rows a contact is exact, of which both have the contact events and one has the rest")
    func contacts() throws {
        var count = 0
        try Self.pairs(.global, seed: 20) { name, rows, joined, shown in
            guard name.kind == .contact else { return }
            count += 1
            let merged = LeanReader.merge(rows)
            for member in Self.contactMembers {
                #expect(merged[member] as? NSObject == joined[member] as? NSObject, "\(name) \(member)")
            }
            for member in ["agent", "queue"] {
                #expect(
                    (merged[member] as? Members)?["id"] as? String == (joined[member] as? Members)?["id"] as? String, "\(name)")
            }
            #expect(merged["phase"] as? String == shown["phase"] as? String)
        }
        #expect(count > 300)
    }

    @Test("of two Regions' rows what one of them alone has told or deleted by name is exact", arguments: Routing.allCases)
    func names(_ routing: Routing) throws {
        var count = 0
        try Self.pairs(routing, seed: 21) { name, rows, joined, _ in
            let merged = LeanReader.merge(rows)
            for part in ["authentication", "fields", "variables"] {
                let told = rows.map { row in
                    Set((row[part] as? Members ?? [:]).keys).union(
                        (row["deleted"] as? [String] ?? []).filter { $0.hasPrefix(part + "/") }.map {
                            String($0.dropFirst(part.count + 1))
                        })
                }
                for field in told[0].symmetricDifference(told[1]) {
                    count += 1
                    let (read, shown) = ((merged[part] as? Members)?[field], (joined[part] as? Members)?[field])
                    #expect(read as? NSObject == shown as? NSObject, "\(name) \(part) \(field)")
                }
            }
            if name.kind == .username {
                #expect(Set(merged["agents"] as? [String] ?? []) == Set(joined["agents"] as? [String] ?? []), "\(name)")
            }
        }
        #expect(count > 50)
    }
}
