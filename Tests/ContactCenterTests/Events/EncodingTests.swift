import Platform
import TestSupport
import Testing

/// Byte order marks, text that is not UTF-8, and prefixes of schema registries.
@Suite(.limited) struct EncodingTests {
    typealias T = Texts
    static let mark = "\u{FEFF}"
    static let event = T.oneOfEach[0]

    static func utf16(_ text: String, bigEndian: Bool) -> [UInt8] {
        text.utf16.flatMap { unit in
            let (high, low) = (UInt8(unit >> 8), UInt8(unit & 0xFF))
            return bigEndian ? [high, low] : [low, high]
        }
    }

    @Test(
        "byte order marks before, between and after documents are ignored",
        arguments: [
            "\(mark)\(event)", "\(mark)\(event)\n\(mark)\(event)", " \(mark) \(event)", "\(event)\(mark)",
            "\(event)\r\n\(mark)\r\n",
            "\(mark)[\(mark)\(event),\(mark)\(event)\(mark)]", "\(mark)\(mark)\(event)",
        ])
    func marks(text: String) {
        let world = EventWorld(text)
        #expect(world.reasons.isEmpty)
        #expect(world.state == EventWorld(Self.event).state)
    }

    @Test("byte order marks inside envelopes are ignored; inside strings they are text")
    func marksInside() {
        let marked = Array((Self.mark + Self.event).utf8)
        for envelope in [
            Envelope.lambda([marked]), Envelope.capture(marked), Envelope.gzip(marked), Envelope.kpl([marked]),
            Array(#"{"messageId":"m","body":\#(Envelope.quoted(marked))}"#.utf8),
        ] {
            let world = EventWorld()
            world.feed(envelope)
            #expect(world.state == EventWorld(Self.event).state)
        }
        let logs = EventWorld()
        logs.feed(Envelope.cloudWatchLogs([Array((Self.mark + T.oneOfEach[7]).utf8)]))
        #expect(logs.counts == ["flow-log": 1])
        let kept = EventWorld(
            Self.event + Self.mark + T.cloudEvent("session", data: #"{"a":"\#(Self.mark)\\\"\#(Self.mark)"}"#) + Self.mark)
        #expect(kept.value(.session, "s1", "field/a") == #""\#(Self.mark)\\\"\#(Self.mark)""#)
    }

    @Test("a malformed record with byte order marks is refused completely, and the events before it are merged once")
    func broken() {
        let text = "\(Self.mark)\(Self.event)\(Self.mark){\"a\":"
        let world = EventWorld(text)
        #expect(world.reasons == ["not-json"])
        #expect(world.rejections.map(\.bytes) == [Array(text.utf8)])
        #expect(world.counts == ["agent.STATE_CHANGE": 1])
    }

    @Test("a record in UTF-16 or UTF-32 is refused with that reason and kept completely")
    func utf16() {
        for bytes: [UInt8] in [
            [0xFF, 0xFE] + Self.utf16(Self.event, bigEndian: false), [0xFE, 0xFF] + Self.utf16(Self.event, bigEndian: true),
            Self.utf16(Self.event, bigEndian: false), Self.utf16(Self.event, bigEndian: true),
            [0xFF, 0xFE, 0, 0] + Self.event.unicodeScalars.flatMap { [UInt8($0.value & 0xFF), UInt8($0.value >> 8), 0, 0] },
        ] {
            let world = EventWorld()
            world.feed(bytes)
            #expect(world.reasons == ["not-utf8"])
            #expect(world.rejections.map(\.bytes) == [bytes])
            #expect(world.rejections.first?.detail.hasPrefix("UTF-16") == true)
        }
    }

    @Test("Latin-1 text and zero bytes are refused with that reason")
    func others() {
        let latin = EventWorld()
        latin.feed(Array(#"{"a":"jos"#.utf8) + [0xE9] + Array(#""}"#.utf8))
        #expect(latin.reasons == ["not-utf8"])
        #expect(latin.rejections.first?.detail.contains("Latin-1") == true)
        let zeros = EventWorld()
        zeros.feed([UInt8](repeating: 0, count: 100))
        #expect(zeros.reasons == ["not-json"])
        #expect(zeros.rejections.first?.detail.hasPrefix("only zero bytes") == true)
    }

    @Test("JSON after the prefix of a schema registry is read; other data after it is refused with that reason")
    func schemaRegistry() {
        let confluent: [UInt8] = [0, 0, 0, 0, 42]
        let glue: [UInt8] = [3, 0] + [UInt8](repeating: 0xAB, count: 16)
        for prefix in [confluent, glue] {
            let world = EventWorld()
            world.feed(prefix + Array(Self.event.utf8))
            #expect(world.reasons.isEmpty)
            #expect(world.state == EventWorld(Self.event).state)
            let cut = EventWorld()
            cut.feed(prefix + Array(#"{"a":"#.utf8))
            #expect(cut.rejections.map(\.bytes) == [prefix + Array(#"{"a":"#.utf8)])
        }
        for (bytes, word) in [
            (confluent + [0x02, 0x06] + Array("ada".utf8), "Avro"), (confluent + [0, 0x0A, 0xFF, 0x01], "Avro"),
            (glue + [0x02, 0x06, 0xFF], "Glue"), ([3, 5] + [UInt8](repeating: 0xAB, count: 16) + [0x78, 0x9C, 1, 2], "Glue"),
        ] {
            let world = EventWorld()
            world.feed(bytes)
            #expect(world.reasons == ["bad-envelope"])
            #expect(world.rejections.first?.detail.contains(word) == true)
            #expect(world.rejections.map(\.bytes) == [bytes])
        }
    }
}
