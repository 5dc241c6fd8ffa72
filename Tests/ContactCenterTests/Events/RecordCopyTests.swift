import TestSupport
import Testing

/// Copies of a contact record, which may come again for two years, with stamps of whole seconds.
@Suite("copies of a contact record", .limited)
struct RecordCopyTests {
    typealias T = Texts

    static let recordings = #""Recordings":[{"Location":"b/r.wav","Status":"AVAILABLE"}]"#
    /// Two copies of one second: the poorer one, which comes before or after the richer one by its hash, as `salt` has it.
    static func copies(salt: Int) -> (poor: String, rich: String) {
        let attributes = #"{"salt":"\#(salt)"}"#
        return (
            T.record(updated: "2026-03-02T14:30:00Z", attributes: attributes, extra: #""Recordings":null"#),
            T.record(updated: "2026-03-02T14:30:00Z", attributes: attributes, extra: recordings)
        )
    }

    @Test("of two copies in one second the more complete one is kept, whichever hash is greater", arguments: 0..<16)
    func recordingsNull(salt: Int) {
        let (poor, rich) = Self.copies(salt: salt)
        for order in [[poor, rich], [rich, poor], [rich, poor, poor, rich]] {
            let world = EventWorld()
            for event in order { world.feed(event) }
            #expect(
                world.shown(.contact, "c1", "recordings")
                    == #"[{"location":"b/r.wav","mediaStreamType":null,"participantType":null,"status":"AVAILABLE"}]"#)
        }
    }

    @Test("a newer copy is kept, however incomplete it is")
    func newer() {
        let (_, rich) = Self.copies(salt: 1)
        let newer = T.record(updated: "2026-03-02T14:30:01Z")
        #expect(EventWorld(newer, rich).shown(.contact, "c1", "recordings") == "[]")
    }

    @Test("the customer is that of the kept copy")
    func customer() {
        let poor = T.record(updated: "2026-03-02T14:30:00Z", attributes: #"{"customerId":"wrong"}"#)
        let rich = T.record(
            updated: "2026-03-02T14:30:00Z", attributes: #"{"customerId":"right","tier":"gold"}"#, extra: Self.recordings)
        #expect(EventWorld(rich, poor).value(.contact, "c1", "record/customer") == #""right""#)
        #expect(EventWorld(poor, rich).value(.contact, "c1", "record/customer") == #""right""#)
    }

    /// A record of `said` facts and `attributes` attributes, and an equal one with one more.
    static func rank(said: Int, attributes: Int) -> Int {
        let facts = (0..<said).map { "\"F\($0)\":\($0)" }.joined(separator: ",")
        let map = (0..<attributes).map { "\"a\($0)\":\"x\"" }.joined(separator: ",")
        let text = T.record(updated: "2026-03-02T14:30:00Z", attributes: "{\(map)}", extra: facts)
        let register = EventWorld(text).register(.contact, "c1", "record") ?? ""
        return Int(register.split(separator: "\"rank\":").last?.prefix { $0.isNumber } ?? "") ?? -1
    }

    @Test(
        "the rank grows with the number of facts up to its maximum of 255",
        arguments: [0, 1, 50, 122, 123, 124, 200, 1000])
    func full(count: Int) {
        // Four members are in every record.
        #expect(Self.rank(said: count, attributes: 0) == min(count + 4, 127))
        #expect(Self.rank(said: 0, attributes: count) == 4 + min(count, 128))
        #expect(Self.rank(said: 1000, attributes: count) == 127 + min(count, 128))
    }

    @Test(
        "null, \"\", {} and [] do not count as facts, at any depth",
        arguments: ["null", "\"\"", "{}", "[]", "{\"b\":null}", "[[],{\"c\":\"\"}]"])
    func nothing(value: String) {
        let text = T.record(updated: "2026-03-02T14:30:00Z", extra: "\"X\":\(value)")
        #expect(EventWorld(text).register(.contact, "c1", "record")?.contains("\"rank\":4,") == true)
    }

    @Test("the rank depends only on the record's meaning: any spelling gives the same mutation", arguments: 0..<40)
    func respelled(seed: Int) throws {
        let (_, rich) = Self.copies(salt: seed)
        var respelling = Respelling(random: Dice(seed: UInt64(seed)))
        let world = EventWorld()
        world.feed(try respelling.respell(rich))
        #expect(world.mutations == EventWorld(rich).mutations)
    }

    @Test("the join of any copies does not depend on their order, repetition and grouping", arguments: 0..<60)
    func laws(seed: Int) {
        var random = Dice(seed: UInt64(seed) &+ 1000)
        let copies = (0..<5).map { _ in
            T.record(
                updated: "2026-03-02T14:30:0\(random.below(2))Z",
                attributes: "{\((0..<random.below(4)).map { "\"a\($0)\":\"\(random.below(2))\"" }.joined(separator: ","))}",
                extra: ["\"Recordings\":null", Self.recordings, "\"Agent\":null,\"Recordings\":[]"][random.below(3)])
        }
        func world(_ events: [String]) -> EventWorld {
            let world = EventWorld()
            for event in events { world.feed(event) }
            return world
        }
        let expected = world(copies).state
        #expect(world(copies.shuffled(using: &random) + copies.shuffled(using: &random)).state == expected)
        let (left, right) = (world(Array(copies[..<2])), world(Array(copies[2...])))
        left.join(right)
        left.join(right)
        right.join(world(Array(copies[..<2])))
        #expect(left.state == expected && right.state == expected)
    }
}
