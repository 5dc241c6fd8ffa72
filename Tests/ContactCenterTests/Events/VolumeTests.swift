import Lattice
import TestSupport
import Testing

@testable import ContactCenter
@testable import Platform

/// How contacts that customers start are counted: `docs/merge.md`.
@Suite("contacts that customers start", .limited)
struct VolumeTests {
    private static func event(
        _ contact: String, type: String = "INITIATED", at time: String = "2026-03-02T14:05:07Z", channel: String? = "VOICE",
        method: String? = "INBOUND", region: String = "us-east-1", initiated: String? = nil, origin: String? = nil,
        id: String = "e"
    ) -> String {
        let members = [
            channel.map { #""channel":"\#($0)""# }, method.map { #""initiationMethod":"\#($0)""# },
            initiated.map { #""initiationTimestamp":"\#($0)""# },
            origin.map { #""globalResiliencyMetadata":{"activeRegion":"us-west-2","originRegion":"\#($0)"}"# },
        ].compactMap { $0 }.map { "," + $0 }.joined()
        return
            #"{"id":"\#(id)","detail-type":"Amazon Connect Contact Event","time":"\#(time)","region":"\#(region)","detail":{"#
            + #""contactId":"\#(contact)","eventType":"\#(type)","instanceArn":"arn:aws:connect:\#(region):111122223333:instance/i""#
            + members + "}}"
    }

    private func volumes(_ world: EventWorld) -> [String] {
        world.encodings.keys.filter { $0.kind == .volume }.map(\.id).sorted()
    }

    private func minutes(_ world: EventWorld, _ id: String) -> [Int] {
        world.encodings[EntityName(kind: .volume, id: id)]?.withUnsafeBytes { VolumeState.minutes(EntityView($0)) } ?? []
    }

    @Test(
        "what counts as a start is an INITIATED event of a contact that a customer began, by channel and method",
        arguments: [
            ("VOICE", "INBOUND", true), ("voice", "INBOUND", true), ("VOICE", "WEBRTC_API", true), ("CHAT", "API", true),
            ("CHAT", "INBOUND", true), ("TASK", "API", true), ("EMAIL", "INBOUND", true), ("VOICE", "API", false),
            ("VOICE", "OUTBOUND", false), ("VOICE", "EXTERNAL_OUTBOUND", false), ("VOICE", "CALLBACK", false),
            ("VOICE", "TRANSFER", false), ("VOICE", "QUEUE_TRANSFER", false), ("CHAT", "DISCONNECT", false),
            ("VOICE", "MONITOR", false), ("EMAIL", "AGENT_REPLY", false), ("EMAIL", "OUTBOUND", false), ("TASK", "FLOW", false),
            ("VOICE", "inbound", false), ("VO/CE", "INBOUND", false), ("VOICE9", "INBOUND", false),
            ("ABCDEFGHIJKLMNOP", "INBOUND", true), ("ABCDEFGHIJKLMNOPQ", "INBOUND", false), ("", "INBOUND", false),
            ("VOICE", "", false),
        ])
    func counted(channel: String, method: String, counts: Bool) {
        let world = EventWorld(Self.event("c1", channel: channel, method: method))
        #expect(volumes(world) == (counts ? ["us-east-1/\(channel.uppercased())/2026-03-02T14"] : []))
        #expect(world.rejections.isEmpty)
    }

    @Test("no other event of the contact counts, and none without channel, method or Region")
    func others() {
        for type in [
            "CONNECTED_TO_SYSTEM", "QUEUED", "CONNECTED_TO_AGENT", "DISCONNECTED", "COMPLETED", "CONTACT_DATA_UPDATED",
        ] {
            #expect(volumes(EventWorld(Self.event("c1", type: type))).isEmpty, "\(type)")
        }
        for event in [Self.event("c1", channel: nil), Self.event("c1", method: nil), Self.event("c1", region: "")] {
            #expect(volumes(EventWorld(event)).isEmpty)
        }
        var options = DecoderOptions()
        options.countsVolume = false
        let without = EventWorld(options: options)
        without.feed(Self.event("c1"))
        #expect(volumes(without).isEmpty && without.names == ["contact#c1"])
    }

    @Test("a start is counted in the minute of its initiation, of which the event is at most late")
    func minute() {
        for (time, initiated, hour, minute): (String, String?, String, Int) in [
            ("2026-03-02T14:05:07Z", nil, "14", 5), ("2026-03-02T15:00:01Z", "2026-03-02T14:59:59.999Z", "14", 59),
            ("2026-03-02T15:00:00Z", "2026-03-02T15:00:00.000Z", "15", 0),
            // A clock that is ahead, and what was never told.
            ("2026-03-02T14:05:07Z", "2026-03-02T19:00:00Z", "14", 5),
            ("2026-03-02T14:05:07Z", "1970-01-01T00:00:00.001Z", "14", 5),
        ] {
            let world = EventWorld(Self.event("c1", at: time, initiated: initiated))
            let id = "us-east-1/VOICE/2026-03-02T\(hour)"
            #expect(volumes(world) == [id])
            #expect(minutes(world, id) == [Int](repeating: 0, count: minute) + [1])
            #expect(
                world.register(.volume, id, "starts/\(minute < 10 ? "0" : "")\(minute)")?.hasSuffix(
                    #""event":"","rank":0,"region":"","rule":"sketch","time":"2026-03-02T\#(hour):00:00.000Z"}"#) == true)
        }
    }

    @Test("with global routing a contact that both Regions tell of counts once, where it began")
    func globalRouting() {
        let told = ["us-east-1", "us-west-2"].map {
            Self.event("c1", region: $0, initiated: "2026-03-02T14:05:06.500Z", origin: "us-east-1", id: "e-\($0)")
        }
        for events in [told, told.reversed()] {
            let world = EventWorld()
            for event in events { world.feed(event) }
            #expect(volumes(world) == ["us-east-1/VOICE/2026-03-02T14"])
            #expect(minutes(world, "us-east-1/VOICE/2026-03-02T14") == [0, 0, 0, 0, 0, 1])
        }
        #expect(volumes(EventWorld(Self.event("c1", origin: "not a Region"))) == ["us-east-1/VOICE/2026-03-02T14"])
    }

    @Test(
        "starts in any order, with duplicates and cut into any parts, come to the same state, and their number is about right")
    func anyOrder() {
        var random = Dice(seed: 3)
        let events = (0..<600).map { number in
            let second = random.below(1800)
            let time = "2026-03-02T14:\(String(second / 60 + 100).dropFirst()):\(String(second % 60 + 100).dropFirst())Z"
            return Self.event(
                "contact-\(number)", at: time, channel: random.chance(4) ? "CHAT" : "VOICE",
                region: random.chance(3) ? "us-west-2" : "us-east-1")
        }
        let whole = EventWorld()
        for event in events { whole.feed(event) }
        #expect(volumes(whole).count == 4)
        let counted = volumes(whole).map { minutes(whole, $0).reduce(0, +) }.reduce(0, +)
        #expect((520...680).contains(counted), "\(counted)")
        for parts in 1...4 {
            let worlds = (0..<parts).map { _ in EventWorld() }
            for event in (events + events.prefix(200)).shuffled(using: &random) { worlds[random.below(parts)].feed(event) }
            let joined = EventWorld()
            for world in worlds.shuffled(using: &random) { joined.join(world) }
            #expect(joined.state == whole.state)
        }
    }

    @Test("an id says Region, channel and hour, and is read back; nothing else is one")
    func ids() {
        let id = VolumeID(region: "us-east-1", channel: "VOICE", at: Timestamp(milliseconds: 1_772_460_307_123))
        #expect(id.text == "us-east-1/VOICE/2026-03-02T14" && id.hour == Timestamp(milliseconds: 1_772_460_000_000))
        let parts = id.text.utf8Bytes.withUnsafeBytes { VolumeID.parts($0).map { ($0.region.text, $0.channel.text, $0.hour) } }
        #expect(parts?.0 == id.region && parts?.1 == id.channel && parts?.2 == id.hour)
        for text in [
            "", "us-east-1", "us-east-1/VOICE", "us-east-1/VOICE/2026-03-02", "us-east-1/VOICE/2026-03-02T14:05",
            "us-east-1/VOICE/2026-03-02T25", "us-east-1/VOICE/x/2026-03-02T14",
        ] { #expect(text.utf8Bytes.withUnsafeBytes { VolumeID.parts($0) == nil }, "\(text)") }
    }

    @Test("a line of a state file may hold a volume's minutes, and no other sketch")
    func stateLines() {
        func line(_ kind: String, _ path: String) -> String {
            #"{"id":"us-east-1/VOICE/2026-03-02T14","kind":"\#(kind)","registers":{"\#(path)":{"buckets":""#
                + "1" + String(repeating: "0", count: 63)
                + #"","event":"","rank":0,"region":"","rule":"sketch","time":"2026-03-02T14:00:00.000Z"}}}"#
        }
        let world = EventWorld(line("volume", "starts/59"))
        #expect(world.rejections.isEmpty && minutes(world, "us-east-1/VOICE/2026-03-02T14").last == 1)
        for (kind, path) in [
            ("volume", "starts/60"), ("volume", "starts/5"), ("volume", "starts/005"), ("volume", "starts/"),
            ("volume", "other/05"),
            ("contact", "seen/05"), ("contact", "starts/05"),
        ] { #expect(EventWorld(line(kind, path)).reasons == ["bad-envelope"], "\(kind) \(path)") }
        let broken = line("volume", "starts/05").replacing("10000", with: "g0000")
        #expect(EventWorld(broken).reasons == ["bad-envelope"])
    }
}

extension String {
    fileprivate var utf8Bytes: [UInt8] { Array(utf8) }
}
