import ContactCenter
import Foundation
import TestSupport
import Testing

@testable import Simulation

@Suite("shifting the times inside an event", .limited)
struct FeedClockShiftTests {
    private func shifted(_ event: [UInt8], by seconds: Int64) -> [UInt8] {
        var event = event
        ClockShift.apply(seconds: seconds, to: &event)
        return event
    }

    private func shifted(_ text: String, by seconds: Int64) -> String {
        String(decoding: shifted(Array(text.utf8), by: seconds), as: UTF8.self)
    }

    @Test(
        "times are shifted across minutes, days and years",
        arguments: [
            (#"{"a":"2026-03-02T14:00:00Z"}"#, 61, #"{"a":"2026-03-02T14:01:01Z"}"#),
            (#"{"a":"2026-03-02T14:00:00.123Z"}"#, -1, #"{"a":"2026-03-02T13:59:59.123Z"}"#),
            (#"{"a": "2025-12-31T23:59:59.9999Z" }"#, 1, #"{"a": "2026-01-01T00:00:00.9999Z" }"#),
            (#"["2024-02-28T23:59:59Z"]"#, 1, #"["2024-02-29T00:00:00Z"]"#),
            (#"{"timestamp":1772460000000}"#, -2, #"{"timestamp":1772459998000}"#),
            (#"{"timestamp" : 1772460000000,"b":1}"#, 2, #"{"timestamp" : 1772460002000,"b":1}"#),
        ])
    func moves(before: String, seconds: Int64, after: String) {
        #expect(shifted(before, by: seconds) == after)
    }

    @Test(
        "nothing but times is changed",
        arguments: [
            #"{"a":"1970-01-01T00:00:00.001Z"}"#, #"{"a":"1970-01-01T00:00:00Z"}"#, #"{"timestamp":1772460000}"#,
            #"{"number":1772460000000}"#, #"{"timestamp":1772460000000.5}"#, #"{"timestamp":"1772460000000"}"#,
            #"{"2026-03-02T14:00:00Z":1}"#, #"{"a":"at 2026-03-02T14:00:00Z"}"#, #"{"a":"2026-03-02T14:00:00"}"#,
            #"{"a":"2026-03-02T14:00:60Z"}"#, #"{"a":"2026-13-02T14:00:00Z"}"#, #"{"a":"\"2026-03-02T14:00:00Z\""}"#,
            #"{"id":"20260302-0000-4000-8000-00000000000Z"}"#, "\"", "{\"a\\", "",
        ])
    func stays(text: String) {
        #expect(shifted(text, by: 3_600) == text)
    }

    @Test(
        "a shifted event has the same length, is decoded alike, and is restored by the opposite shift",
        arguments: [-90_061, -240, -1, 1, 240, 301])
    func traffic(seconds: Int64) throws {
        var number = 0
        for (_, event) in TrafficSample.lines(TrafficOptions(events: 1_500, agents: 40, seed: UInt64(bitPattern: seconds))) {
            number += 1
            let moved = shifted(event, by: seconds)
            #expect(shifted(event, by: 0) == event)
            #expect(moved != event && moved.count == event.count)
            #expect(shifted(moved, by: -seconds) == event)
            #expect(try JSONSerialization.jsonObject(with: Data(moved)) is [String: Any])
            let before = try #require(FeedEvent(event).time)
            #expect(FeedEvent(moved).time == before + seconds * 1000)
            let (was, this) = (MutationBatch(sliceCount: 1), MutationBatch(sliceCount: 1))
            event.withUnsafeBytes { RecordDecoder().decode($0, arrival: nil, index: 0, into: was) }
            moved.withUnsafeBytes { RecordDecoder().decode($0, arrival: nil, index: 0, into: this) }
            #expect(was.events == this.events && this.eventCount == 1 && this.rejections.isEmpty)
        }
        #expect(number == 1_500)
    }

    @Test("in generated traffic only digits of times are changed")
    func onlyTimes() throws {
        let time = try Regex(#""20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z""#)
        for (_, event) in TrafficSample.lines(TrafficOptions(events: 300, agents: 40, seed: 4)) {
            let before = String(decoding: event, as: UTF8.self)
            let after = shifted(before, by: 100_000)
            #expect(before.replacing(time, with: "T") == after.replacing(time, with: "T"))
        }
    }
}
