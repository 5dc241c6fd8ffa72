import JSON
import Platform
import TestSupport
import Testing

/// Input that nobody meant: nothing traps, and what is written is valid (``EventWorld`` checks every mutation).
@Suite(.limited) struct DamageTests {
    @Test("an event with a few bytes changed, removed or doubled is decoded to valid mutations or refused", arguments: 0..<4)
    func bytes(seed: Int) {
        var random = Dice(seed: UInt64(seed) &+ 1000)
        let world = EventWorld()
        let events = Traffic.some(every: 200)
        for _ in 0..<1500 {
            var event = events[random.below(events.count)]
            if random.chance(0.3) {
                event = DecodingPropertyTests.envelopes[random.below(DecodingPropertyTests.envelopes.count)].wrap(event)
            }
            for _ in 0...random.below(4) where !event.isEmpty {
                let at = random.below(event.count)
                switch random.below(5) {
                case 0: event[at] = UInt8(truncatingIfNeeded: random.next())
                case 1: event[at] = Array(#"{}[]",:\0Z-tn"#.utf8).randomElement(using: &random) ?? 0
                case 2: event.remove(at: at)
                case 3:
                    event.insert(contentsOf: event[at..<min(at + random.below(40), event.count)], at: random.below(event.count))
                default: event.removeSubrange(at..<min(at + random.below(60), event.count))
                }
            }
            world.feed(event)
        }
        #expect(!world.rejections.isEmpty)
    }

    @Test("an event with a value of any type at any place is decoded to valid mutations or refused")
    func types() throws {
        let values = [
            "null", "true", "-1", "1e999", "123456789012345678901234567890", #""""#, #""x""#, "[]", "{}", #"[null,"a",[],{}]"#,
            #"{"ContactId":7,"ARN":[],"Username":{}}"#, #""\ud800\u0000\n\/\"\\""#, #""arn:aws:connect:::instance/""#,
            #""arn:aws:connect:us-east-1:1:instance/i/agent/a""#, #""2026-03-02T14:00:00Z""#,
            "\"\(String(repeating: "é%/", count: 500))\"",
        ]
        let world = EventWorld()
        for event in Texts.oneOfEach {
            for position in try Positions.all(of: event) {
                for value in values {
                    var bytes = Array(event.utf8)
                    bytes.replaceSubrange(position, with: Array(value.utf8))
                    world.feed(bytes)
                }
            }
        }
        #expect(Set(world.reasons) == ["not-object", "no-stamp", "no-identity", "too-long", "bad-envelope"])
    }

    @Test("nested envelopes and envelopes with members of others do not trap")
    func mixedShapes() {
        let members =
            Texts.oneOfEach.map { String($0.dropFirst().dropLast()) } + [
                #""Records":[{"kinesis":{"data":"e30="}},7,{"kinesis":7},{"kinesis":{"data":null}}]"#,
                #""logEvents":[{"message":"{}"},{"message":7},7,{}]"#, #""capture":1,"data":"e30=""#, #""data":{"a":1}"#,
            ]
        let world = EventWorld()
        for first in members { for second in members { world.feed("{\(first),\(second)}") } }
        #expect(!world.mutations.isEmpty)
    }
}

/// Where the values of a JSON text are.
enum Positions {
    static func all(of text: String) throws -> [Range<Int>] {
        var positions: [Range<Int>] = []
        var bytes = Array(text.utf8)
        let parser = JSONParser()
        try bytes.withUnsafeMutableBytes { memory in
            func walk(_ value: JSONValue) {
                if let start = value.bytes.baseAddress, let base = memory.baseAddress {
                    let offset = start - UnsafeRawPointer(base)
                    positions.append(offset..<(offset + value.bytes.count))
                }
                for (_, member) in value.members { walk(member) }
                for element in value.elements { walk(element) }
            }
            walk(try parser.parse(ByteView(memory)).root)
            // Its index is the parser's.
            withExtendedLifetime(parser) {}
        }
        return positions
    }
}
