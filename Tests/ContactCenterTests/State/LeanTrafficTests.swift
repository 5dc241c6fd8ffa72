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

    /// What each Region's worker knows, and what all know.
    private static func worlds(_ events: [[UInt8]], _ routing: Routing) -> (rows: [EventWorld], all: EventWorld) {
        let (rows, all) = (regions.map { _ in EventWorld() }, EventWorld())
        for event in events {
            let text = String(decoding: event, as: UTF8.self)
            let isWest = text.contains(":us-west-2:") || text.contains("\"region\":\"us-west-2\"")
            let isShared = routing == .global && text.contains("\"Amazon Connect Contact Event\"")
            for (index, world) in rows.enumerated() where isShared || (index == 1) == isWest { world.feed(event) }
            all.feed(event)
        }
        return (rows, all)
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
        let world = EventWorld()
        for event in Self.events(6_000, seed: seed) { world.feed(event) }
        let writer = StateWriter()
        for (name, encoding) in world.encodings {
            var lean = try Self.members(Self.text(name, encoding, lean: true, writer))
            let whole = try Self.members(Self.text(name, encoding, lean: false, writer))
            if name.kind == .contact || name.kind == .flow { #expect(lean.removeValue(forKey: "at") is Int, "\(name)") }
            lean["deleted"] = nil
            #expect(lean as NSDictionary == LeanModel.lean("\(name.kind.name)", id: name.id, whole) as NSDictionary, "\(name)")
        }
    }

    @Test("a row has no null, no empty list, no empty map and no name twice", arguments: [UInt64(4), 5])
    func lean(seed: UInt64) throws {
        let world = EventWorld()
        for event in Self.events(4_000, seed: seed) { world.feed(event) }
        let (writer, parser) = (StateWriter(), JSONParser())
        for (name, encoding) in world.encodings {
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

    @Test("nine rows of ten show an agent in 490 bytes, 400 where one Region tells of it, and a contact in 1,300")
    func size() throws {
        let (rows, all) = Self.worlds(Self.events(20_000, seed: 7, agents: 300), .regional)
        let (writer, parser) = (StateWriter(), JSONParser())
        func sizes(_ kind: EntityKind, _ worlds: [EventWorld]) throws -> [Int] {
            try worlds.flatMap(\.encodings).filter { $0.key.kind == kind }.map { name, encoding in
                try Self.text(name, encoding, lean: true, writer).withUnsafeBytes {
                    "state".utf8.count + Self.size(try parser.parse($0).root)
                }
            }.sorted()
        }
        for (kind, worlds, most) in [(EntityKind.agent, [all], 490), (.agent, rows, 400), (.contact, rows, 1_300)] {
            let sizes = try sizes(kind, worlds)
            #expect(
                sizes.count > 250 && sizes[sizes.count * 9 / 10] <= most,
                "\(kind): \(sizes[sizes.count / 2]), \(sizes[sizes.count * 9 / 10])")
        }
    }

    // MARK: - Two Regions

    @Test("of two Regions' rows an agent's presence, status and contacts in each Region are exact", arguments: Routing.allCases)
    func agents(_ routing: Routing) throws {
        let writer = StateWriter()
        for seed in UInt64(10)..<13 {
            let (rows, all) = Self.worlds(Self.events(8_000, seed: seed), routing)
            var both = 0
            for (name, encoding) in all.encodings where name.kind == .agent {
                let states = try rows.compactMap {
                    try $0.encodings[name].map { try Self.members(Self.text(name, $0, lean: true, writer)) }
                }
                if states.count == 2 { both += 1 }
                let merged = LeanReader.merge(states)
                let joined = try Self.members(Self.text(name, encoding, lean: true, writer))
                #expect(merged["regions"] as? NSDictionary == joined["regions"] as? NSDictionary, "\(name)")
                let shown = try Self.members(Self.text(name, encoding, lean: false, writer))
                let status = shown["status"] as? Members
                let newest = LeanReader.status(merged)
                #expect(newest?.region == status?["region"] as? String && newest?.name == status?["name"] as? String, "\(name)")
            }
            #expect(both > 20)
        }
    }

    @Test("what two Regions' rows show", arguments: Routing.allCases)
    func explore(_ routing: Routing) throws {
        let writer = StateWriter()
        var differ: [String: Int] = [:]
        var count: [String: Int] = [:]
        for seed in UInt64(20)..<24 {
            let (rows, all) = Self.worlds(Self.events(8_000, seed: seed), routing)
            for (name, encoding) in all.encodings {
                let states = try rows.compactMap {
                    try $0.encodings[name].map { try Self.members(Self.text(name, $0, lean: true, writer)) }
                }
                guard states.count == 2 else { continue }
                let merged = LeanReader.merge(states)
                let joined = try Self.members(Self.text(name, encoding, lean: true, writer))
                for member in Set(merged.keys).union(joined.keys) {
                    count["\(name.kind).\(member)", default: 0] += 1
                    if (merged[member] as? NSObject) != (joined[member] as? NSObject) {
                        differ["\(name.kind).\(member)", default: 0] += 1
                        if differ["\(name.kind).\(member)"]! < 3 {
                            print(routing, name, member, states.map { $0[member] ?? "-" }, joined[member] ?? "-")
                        }
                    }
                }
            }
        }
        for (name, n) in count.sorted(by: { $0.key < $1.key }) { print(routing, name, n, "differ", differ[name] ?? 0) }
    }
}
