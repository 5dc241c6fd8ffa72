import EngineCore
import TestSupport
import Testing

@testable import Ingest

@Suite("Kinesis sequence numbers", .limited)
struct KinesisSequenceTests {
    @Test(
        "a sequence number is converted back to the same text",
        arguments: [
            "0", "1", "9", "10", "18446744073709551615", "18446744073709551616", "340282366920938463463374607431768211456",
            "49590338271490256608559692538361571095921575989136588898",
            "999999999999999999999999999999999999999999999999999999999", "000001795254227835000000000002", "00", "04",
            "10000000000000000000", "100000000000000000000000000000000000000",
        ])
    func roundTrip(text: String) throws {
        let position = try #require(Position(sequenceNumber: text))
        #expect(position.sequenceNumber == text)
        #expect(position.subSequenceNumber == 0)
        let inside = try #require(Position(sequenceNumber: text, subSequenceNumber: 41))
        #expect(inside.sequenceNumber == text && inside.subSequenceNumber == 41 && position < inside)
    }

    @Test("sequence numbers are ordered as numbers, then by the place in an aggregate")
    func order() throws {
        var numbers: [String] = []
        for digits in 1...57 {
            for _ in 0..<20 {
                let rest = (1..<digits).map { _ in String(Int.random(in: 0...9)) }.joined()
                numbers.append(String(Int.random(in: 1...9)) + rest)
            }
        }
        for _ in 0..<20_000 {
            let (a, b) = (numbers.randomElement() ?? "", numbers.randomElement() ?? "")
            let less = a.utf8.count != b.utf8.count ? a.utf8.count < b.utf8.count : a < b
            let (one, other) = try (#require(Position(sequenceNumber: a)), #require(Position(sequenceNumber: b)))
            #expect((one < other) == less && (one == other) == (a == b), "\(a) and \(b)")
            #expect(one.sequenceNumber == a)
        }
    }

    @Test(
        "text that is not a sequence number is refused",
        arguments: ["", "-1", "+1", " 1", "1 ", "1.0", "1e5", "TRIM_HORIZON", "12:3", "1/2", String(repeating: "9", count: 58)])
    func bad(text: String) {
        #expect(Position(sequenceNumber: text) == nil)
    }

    @Test("there is no place before the first record of an aggregate")
    func badSubSequence() {
        #expect(Position(sequenceNumber: "1", subSequenceNumber: -1) == nil)
        #expect(Position(sequenceNumber: "1", subSequenceNumber: 1 << 56) == nil)
    }
}
