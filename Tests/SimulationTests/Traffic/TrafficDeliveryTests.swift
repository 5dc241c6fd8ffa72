import TestSupport
import Testing

@testable import Simulation

@Suite("delivery of generated traffic", .limited)
struct TrafficDeliveryTests {
    @Test("the same options give the same bytes at the same times")
    func determinism() {
        let first = TrafficSample.lines(TrafficOptions(events: 4_000))
        let second = TrafficSample.lines(TrafficOptions(events: 4_000))
        #expect(first.map(\.time) == second.map(\.time))
        #expect(first.map(\.bytes) == second.map(\.bytes))
    }

    @Test("different seeds give different traffic")
    func seeds() {
        let first = TrafficSample.lines(TrafficOptions(events: 200, seed: 1))
        let second = TrafficSample.lines(TrafficOptions(events: 200, seed: 2))
        #expect(first.map(\.bytes) != second.map(\.bytes))
    }

    @Test("a copy of a traffic model continues like the original")
    func copies() {
        var original = TrafficModel(TrafficOptions(events: 600))
        var line: [UInt8] = []
        for _ in 0..<300 { _ = original.next(into: &line) }
        var copy = original
        var rest: [UInt8] = []
        var restOfCopy: [UInt8] = []
        while original.next(into: &rest) != nil {}
        while copy.next(into: &restOfCopy) != nil {}
        #expect(!rest.isEmpty)
        #expect(rest == restOfCopy)
    }

    @Test("a run has exactly the requested number of events", arguments: [0, 1, 2, 49, 500, 3_001])
    func count(events: Int) {
        #expect(TrafficSample.lines(TrafficOptions(events: events)).count == events)
        #expect(TrafficSample.lines(TrafficOptions(events: events, regions: ["eu-west-2"], duplicates: 0.5)).count == events)
    }

    @Test("after the last event nothing is appended")
    func end() {
        var traffic = TrafficModel(TrafficOptions(events: 1))
        var line: [UInt8] = []
        #expect(traffic.next(into: &line) != nil)
        let length = line.count
        #expect(traffic.next(into: &line) == nil)
        #expect(line.count == length)
    }

    @Test("a line is appended to the buffer")
    func append() {
        var traffic = TrafficModel(TrafficOptions(events: 2))
        var line = Array("prefix".utf8)
        _ = traffic.next(into: &line)
        #expect(line.starts(with: Array("prefix{".utf8)))
        #expect(line.last == UInt8(ascii: "}"))
        #expect(!line.contains(UInt8(ascii: "\n")))
    }

    @Test("arrival times are in order, and none is before the start", arguments: [0, 5_000, 120_000])
    func order(disorder: Int) {
        let times = TrafficSample.lines(TrafficOptions(events: 3_000, disorderMilliseconds: disorder)).map(\.time)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
        #expect((times.first ?? 0) >= TrafficOptions.defaultStart)
    }

    @Test("the share of repeated deliveries is the requested one", arguments: [0, 0.02, 0.2])
    func repeats(share: Double) {
        let run = TrafficSample.lines(TrafficOptions(events: 20_000, duplicates: share))
        let repeated = Double(run.count - Set(run.map(\.bytes)).count) / Double(run.count)
        #expect(abs(repeated - share) < 0.005 + share * 0.1)
    }

    @Test("options out of range are clamped")
    func bounds() {
        let options = TrafficOptions(
            events: -5, agents: 0, regions: [], disorderMilliseconds: -1, duplicates: .nan, start: -1, eventsPerSecond: 0)
        let bounded = options.bounded
        #expect(bounded.events == 0)
        #expect(bounded.agents == 1)
        #expect(bounded.regions == ["us-east-1"])
        #expect(bounded.disorderMilliseconds == 0)
        #expect(bounded.duplicates == 0)
        #expect(bounded.start == 0)
        #expect(bounded.eventsPerSecond == 0.1)
        #expect(TrafficOptions(events: 1, regions: ["a\"b-1"]).bounded.regions == ["ab-1"])
    }

    @Test(
        "a date is computed from the days since 1970",
        arguments: [(0, 1970, 1, 1), (11_016, 2000, 2, 29), (20_514, 2026, 3, 2)])
    func dates(days: Int, year: Int, month: Int, day: Int) {
        let date = CivilDate(daysSince1970: days)
        #expect(date.year == year && date.month == month && date.day == day)
    }

    @Test("the default start is 2026-03-02T14:00:00Z")
    func start() {
        var line = TrafficLine(reusing: [])
        line.milliseconds(TrafficOptions.defaultStart)
        #expect(String(decoding: line.bytes, as: UTF8.self) == #""2026-03-02T14:00:00.000Z""#)
    }
}
