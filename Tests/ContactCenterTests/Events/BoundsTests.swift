import Platform
import Foundation
import Lattice
import TestSupport
import Testing

@testable import ContactCenter

private typealias T = Texts

/// Events that tell more than an entity can hold, each beside an ordinary one that is merged all the same.
@Suite("events that are too large for an entity", .limited)
struct BoundsTests {
    private static func text(_ bytes: Int) -> String { String(repeating: "x", count: bytes) }

    private static func members(_ count: Int, bytes: Int = 1) -> String {
        "{" + (0..<count).map { "\"\(1_000 + $0)\":\"\(text(bytes))\"" }.joined(separator: ",") + "}"
    }

    private static func attributes(_ bytes: Int) -> String {
        T.record(updated: "2026-03-02T14:00:00Z", attributes: #"{"note":"\#(text(bytes))"}"#)
    }

    /// A line of a state file with a set of one member.
    private static func union(capacity: Int, bytes: Int) -> String {
        #"{"id":"a","kind":"username","registers":{"agents":{"capacity":\#(capacity),"members":[{"event":"","rank":0,"region":"","#
            + #""time":"2026-03-02T00:00:00.000Z","value":"\#(text(bytes))"}],"rule":"union"}}}"#
    }

    static let refused = [
        attributes(300_000),
        T.cloudEvent("session", data: members(1, bytes: 17_000)),
        T.cloudEvent("customer", data: members(201)),
        T.flowLog(at: "2026-03-02T14:00:00Z", parameters: #"{"Key":"a","Value":"\#(text(17_000))"}"#),
        T.flowLog(at: "2026-03-02T14:00:00Z", parameters: #"{"Key":"a","Value":["\#(text(70_000))"]}"#),
    ]

    @Test(
        "an event that is too large is refused completely, and the events around it in the same batch are merged",
        arguments: refused)
    func refusedWhole(event: String) {
        let before = T.cloudEvent("session", about: "before", data: #"{"a":1}"#)
        let after = T.cloudEvent("session", about: "after", data: #"{"a":1}"#)
        for sliceCount in 1...3 {
            let batch = MutationBatch(sliceCount: sliceCount)
            let decoder = RecordDecoder()
            for (number, line) in [before, event, after, event].enumerated() {
                Array(line.utf8).withUnsafeBytes { decoder.decode($0, arrival: nil, index: number, into: batch) }
            }
            #expect(batch.rejections.map(\.reason) == [.tooLarge, .tooLarge])
            #expect(batch.rejections.allSatisfy { $0.bytes == Array(event.utf8) })
            #expect(batch.eventCount == 2 && batch.times.count == 2 && batch.events.reduce(0, +) == 2)
            var told: [String: Int] = [:]
            for lane in 0..<sliceCount { batch.forEachMutation(ofSlice: lane) { told[EntityKey($0.key).id.text] = $0.event } }
            #expect(told == ["before": 0, "after": 1])
        }
    }

    @Test(
        "an event exactly at the bounds is merged",
        arguments: [
            attributes(250_000), T.cloudEvent("session", data: members(1, bytes: 16_000)),
            T.cloudEvent("customer", data: members(200)),
            T.cloudEvent("customer", data: members(200, bytes: 16_000)),
            T.flowLog(at: "2026-03-02T14:00:00Z", parameters: #"{"Key":"a","Value":"\#(text(16_000))"}"#),
        ])
    func within(event: String) {
        #expect(EventWorld(event).reasons == [])
    }

    @Test("of an envelope, only the event that is too large is refused")
    func inside() {
        let inner = [T.cloudEvent("session", data: #"{"a":1}"#), T.cloudEvent("session", data: Self.members(1, bytes: 17_000))]
        let batch = MutationBatch(sliceCount: 1)
        Array("[\(inner.joined(separator: ","))]".utf8).withUnsafeBytes {
            RecordDecoder().decode($0, arrival: nil, index: 0, into: batch)
        }
        #expect(batch.rejections.map(\.path) == [[2]] && batch.eventCount == 1)
    }

    @Test("a line of a state file is merged with its own stamps, also a second time")
    func stateLine() throws {
        var line = ByteBuffer()
        let events = [
            T.cloudEvent("session", data: #"{"a":1,"b":"\"x/%\"","c":null}"#), T.agent("LOGIN", at: "2026-03-02T14:00:00.000Z"),
            T.flowLog(at: "2026-03-02T14:00:00Z", parameters: #"{"Key":"a/b","Value":"y"}"#),
        ]
        for event in events {
            let batch = MutationBatch(sliceCount: 1)
            Array(event.utf8).withUnsafeBytes { RecordDecoder().decode($0, arrival: nil, index: 0, into: batch) }
            batch.forEachMutation(ofSlice: 0) { told in
                for isWhole in [true, false] {
                    line.removeAll()
                    if isWhole {
                        StateWriter().appendLine(key: EntityKey(told.key), entity: told.entity, to: &line)
                    } else {
                        StateWriter.appendRegisters(key: EntityKey(told.key), entity: told.entity, to: &line)
                    }
                    let again = MutationBatch(sliceCount: 1)
                    RecordDecoder().decode(line.bytes, arrival: nil, index: 0, into: again)
                    #expect(again.rejections.isEmpty && again.events[EventType.state.rawValue] == 1)
                    again.forEachMutation(ofSlice: 0) {
                        #expect($0.key.elementsEqual(told.key) && $0.entity.bytes.elementsEqual(told.entity.bytes))
                    }
                }
            }
        }
    }

    @Test(
        "an incomplete line of a state file is refused, and one ahead of its arrival is quarantined",
        arguments: [
            (#"{"id":"a","kind":"nothing","registers":{}}"#, "bad-envelope"),
            (#"{"id":"","kind":"session","registers":{}}"#, "no-identity"),
            (#"{"id":"a","kind":"session","registers":{"field/a":{"value":1}}}"#, "bad-envelope"),
            (#"{"id":"a","kind":"session","registers":{}}"#, "no-stamp"),
            (union(capacity: 16, bytes: 1025), "too-large"),
            (
                #"{"id":"a","kind":"session","registers":{"field/a":{"event":"","rank":0,"region":"","time":"2999-01-01T00:00:00.000Z","value":1}}}"#,
                "skew"
            ),
        ])
    func badStateLine(line: String, reason: String) {
        let batch = MutationBatch(sliceCount: 1)
        Array(line.utf8).withUnsafeBytes {
            RecordDecoder().decode($0, arrival: Timestamp(milliseconds: 1_772_460_000_000), index: 0, into: batch)
        }
        #expect(batch.rejections.map(\.reason.rawValue) == [reason])
    }

    /// A line of a state file with one register.
    private static func line(_ kind: EntityKind, _ path: String, _ rest: String = #""value":1"#) -> String {
        #"{"id":"a","kind":"\#(kind.name)","registers":{"\#(path)":{"event":"","rank":0,"region":"","#
            + #""time":"2026-03-02T00:00:00.000Z",\#(rest)}}}"#
    }

    /// The same with a set.
    private static func set(_ kind: EntityKind, _ path: String, capacity: Int) -> String {
        #"{"id":"a","kind":"\#(kind.name)","registers":{"\#(path)":{"capacity":\#(capacity),"members":["#
            + #"{"event":"","rank":0,"region":"","time":"2026-03-02T00:00:00.000Z","value":"v"}],"rule":"union"}}}"#
    }

    @Test(
        "a line of a state file with a register that no event writes is refused completely, and the dead letter contains the path",
        arguments: [
            (line(.session, "else/a"), "else/a"),
            (line(.session, "field"), "field"), (line(.session, "fields/a"), "fields/a"), (line(.session, ""), ""),
            (line(.agent, "record"), "record"), (line(.contact, "variable/a"), "variable/a"),
            (line(.flow, "event/a"), "event/a"),
            (line(.flow, "position/a"), "position/a"), (line(.contact, "event"), "event"),
            (line(.username, "field/a"), "field/a"), (line(.queue, "\u{1}/a"), "\u{1}/a"),
            (line(.customer, text(300)), text(158) + ".."),
            (line(.username, "agents"), "agents"), (line(.contact, "lens/categories"), "lens/categories"),
            (set(.contact, "lens/other", capacity: 256), "lens/other"), (set(.session, "field/a", capacity: 64), "field/a"),
            (set(.contact, "lens/categories", capacity: 1), "lens/categories"),
            (set(.username, "agents", capacity: 17), "agents"), (set(.customer, "contacts", capacity: 256), "contacts"),
            (set(.alias, "contacts", capacity: 64), "contacts"), (set(.alias, "agents", capacity: 16), "agents"),
        ])
    func unknownPaths(line: String, path: String) {
        let world = EventWorld(line.replacing("\u{1}", with: "\\u0001"))
        #expect(world.reasons == ["bad-envelope"] && world.encodings.isEmpty)
        #expect(world.rejections.first?.detail.hasSuffix(" that no event writes: \(path)") == true)
    }

    @Test(
        "a line of a state file that this or an earlier version wrote is merged",
        arguments: [
            line(.agent, "active/us-east-1", #""value":true"#), line(.agent, "snapshot/us-east-1"), line(.contact, "record"),
            line(.contact, "record/customer"), line(.flow, "position"), line(.session, "field/a%2Fb"), line(.session, "field/"),
            line(.customer, "lastContact/event", #""measure":1,"rule":"max","value":1"#),
            set(.contact, "lens/categories", capacity: 256), set(.contact, "analysis/rules", capacity: 64),
            set(.customer, "contacts", capacity: 64), set(.username, "agents", capacity: 16),
            set(.alias, "contacts", capacity: 16), set(.alias, "customers", capacity: 16),
        ])
    func knownPaths(line: String) {
        let world = EventWorld(line)
        #expect(world.reasons == [] && world.encodings.count == 1)
    }

    @Test("every entity of the fixtures, of any kind, is merged from its line")
    func fixtures() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../fixtures")
        var kinds: Set<EntityKind> = []
        for scenario in ["aliases", "late-and-duplicated", "malformed", "other-tools", "quiet-day", "region-failover"] {
            let state = try String(contentsOf: folder.appending(path: "\(scenario)/expected.state"), encoding: .utf8)
            for line in state.split(separator: "\n") {
                let world = EventWorld(String(line))
                #expect(world.reasons == [], "\(scenario): \(line.prefix(200))")
                kinds.formUnion(world.encodings.keys.map(\.kind))
            }
        }
        #expect(kinds == Set(EntityKind.allCases))
    }
}
