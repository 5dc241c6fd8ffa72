import Simulation
import TestSupport
import Testing

@testable import ContactCenter

/// A few thousand events of simulated traffic.
enum Traffic {
    static let lines: [[UInt8]] = {
        var options = TrafficOptions(events: 4000, agents: 40, seed: 11, duplicates: 0)
        options.mix = TrafficMix(agent: 40, contact: 30, record: 10, flow: 10, session: 4, queue: 3, customer: 3)
        var model = TrafficModel(options)
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        while model.next(into: &line) != nil {
            lines.append(line)
            line.removeAll(keepingCapacity: true)
        }
        return lines
    }()

    /// Every `step`th event, and one of each kind with all that the decoders read.
    static func some(every step: Int) -> [[UInt8]] {
        Texts.oneOfEach.map { Array($0.utf8) } + stride(from: 0, to: lines.count, by: step).map { lines[$0] }
    }
}

/// What must hold of any event: decoding is a function of its bytes, and joining does not depend on order.
@Suite(.limited) struct DecodingPropertyTests {
    /// A record as it is, and in each envelope.
    static let envelopes: [(name: String, wrap: @Sendable ([UInt8]) -> [UInt8])] = [
        ("array", { Envelope.array([$0]) }), ("lambda", { Envelope.lambda([$0], arrival: "1893456000") }),
        ("capture", { Envelope.capture($0, arrival: "2030-01-01T00:00:00Z") }), ("KPL", { Envelope.kpl([$0]) }),
        ("gzip", { Envelope.gzip($0) }), ("CloudWatch Logs", { Envelope.cloudWatchLogs([$0]) }),
        ("gzip in KPL in capture", { Envelope.capture(Envelope.kpl([Envelope.gzip($0)]), arrival: "2030-01-01T00:00:00Z") }),
    ]

    @Test("an event is decoded to the same mutations in any envelope", arguments: 0..<7)
    func envelopes(index: Int) {
        let envelope = DecodingPropertyTests.envelopes[index]
        for event in Traffic.some(every: 20) {
            let plain = EventWorld()
            plain.feed(event)
            let wrapped = EventWorld()
            wrapped.feed(envelope.wrap(event))
            #expect(wrapped.rejections.isEmpty, "\(envelope.name)")
            #expect(wrapped.mutations == plain.mutations, "\(envelope.name)")
            #expect(wrapped.counts == plain.counts)
        }
    }

    @Test("many events in one envelope are decoded like separate events")
    func manyInOne() {
        let events = Array(Traffic.lines.prefix(600))
        let plain = EventWorld()
        for event in events { plain.feed(event) }
        for record in [
            Envelope.array(events), Array(events.joined()), Array(events.joined(separator: Array("\r\n\t ".utf8))),
            Envelope.lambda(events, arrival: "1893456000"), Envelope.kpl(events), Envelope.cloudWatchLogs(events),
            Envelope.gzip(Envelope.array(events)),
        ] {
            let world = EventWorld()
            world.feed(record)
            #expect(world.rejections.isEmpty)
            #expect(world.mutations == plain.mutations)
        }
    }

    @Test(
        "order of members, white space, escapes and overridden members do not change what an event writes",
        arguments: ["order", "white space", "escapes in values", "escapes in keys", "overridden members", "all"])
    func spellings(kind: String) throws {
        for (number, event) in Traffic.some(every: 10).enumerated() {
            var respelling = Respelling(
                random: Dice(seed: UInt64(number)), shuffles: kind == "order" || kind == "all",
                spaces: kind == "white space" || kind == "all", escapes: kind == "escapes in values" || kind == "all",
                escapesKeys: kind == "escapes in keys" || kind == "all",
                decoys: kind == "overridden members" || kind == "all")
            let respelled = try respelling.respell(String(decoding: event, as: UTF8.self))
            let plain = EventWorld()
            plain.feed(event)
            let world = EventWorld()
            world.feed(respelled)
            #expect(world.mutations == plain.mutations, "\(String(decoding: respelled, as: UTF8.self))")
            #expect(world.reasons == plain.reasons)
        }
    }

    @Test("which of two spellings of a member counts does not depend on which comes first")
    func twoSpellings() {
        let pairs = [
            (#""channel":"VOICE""#, #""Channel":"CHAT""#), (#""eventType":"QUEUED""#, #""EventType":"INITIATED""#),
            (#""contactId":"c1""#, #""ContactId":"c2""#),
            (
                #""agentInfo":{"agentArn":"\#(Texts.arn("/agent/ada"))"}"#,
                #""AgentInfo":{"AgentArn":"\#(Texts.arn("/agent/bob"))"}"#
            ),
            (#""queueInfo":{"queueArn":"q1","QueueArn":"q2"}"#, #""QueueInfo":{"queueArn":"q3"}"#),
            (#""initiationTimestamp":"2026-03-02T14:00:00Z""#, #""InitiationTimestamp":"2026-03-02T14:00:01Z""#),
        ]
        for (camel, pascal) in pairs {
            for (before, behind) in [(#""id":"e","detail-type":"t","time":"2026-03-02T14:00:00Z","detail":{"#, "}"), ("", "")] {
                let rest = #""eventType":"QUEUED","contactId":"c1","disconnectTimestamp":"2026-03-02T14:09:00Z""#
                    .split(separator: ",").filter { $0 != camel }.joined(separator: ",")
                let one = EventWorld("{\(before)\(rest),\(camel),\(pascal)\(behind)}")
                let other = EventWorld("{\(before)\(pascal),\(rest),\(camel)\(behind)}")
                #expect(one.rejections.isEmpty)
                // A bare detail's id is the hash of all of it, which is the same; so is everything else.
                #expect(one.mutations == other.mutations, "\(camel)")
                #expect(!one.mutations.isEmpty)
            }
        }
    }

    @Test(
        "events in any order, with any repetition and on any number of lanes give the same entities", arguments: [1, 2, 3, 4])
    func anyOrder(lanes: Int) {
        var random = Dice(seed: UInt64(lanes))
        let expected = EventWorld()
        for event in Traffic.lines { expected.feed(event) }
        #expect(expected.rejections.isEmpty)
        #expect(expected.unknown == 0)
        #expect(Set(expected.encodings.keys.map(\.kind)) == Set(EntityKind.allCases).subtracting([.alias]))

        var lines = Traffic.lines
        for _ in 0..<(lines.count / 4) { lines.append(lines[random.below(lines.count)]) }
        lines.shuffle(using: &random)
        let world = EventWorld(lanes: lanes)
        for event in lines { world.feed(event) }
        #expect(world.state == expected.state)
        #expect(world.encodings == expected.encodings)
    }

    @Test("the join of two halves of the events equals the whole")
    func halves() {
        let whole = EventWorld()
        let halves = [EventWorld(), EventWorld()]
        for (number, line) in Traffic.lines.enumerated() {
            whole.feed(line)
            halves[number % 2].feed(line)
        }
        halves[0].join(halves[1])
        #expect(halves[0].encodings == whole.encodings)
    }

    @Test("a reused decoder decodes like a new one")
    func reuse() {
        let used = EventWorld()
        for event in Traffic.some(every: 50) {
            let before = used.mutations.count
            used.feed(event)
            let fresh = EventWorld()
            fresh.feed(event)
            #expect(Array(used.mutations[before...]) == fresh.mutations)
        }
    }
}
