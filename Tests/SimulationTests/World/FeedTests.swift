import ContactCenter
import Foundation
import Platform
import TestSupport
import Testing

@testable import Simulation

@Suite("the feed of events", .limited)
struct FeedTests {
    private static let start = TrafficOptions.defaultStart
    private static let regions = ["us-east-1", "us-west-2"]

    private struct Run {
        var arrivals: [FeedArrival] = []
        var clock: FeedClock
    }

    private func run(seed: UInt64, events: Int = 4_000, rates: FeedRates? = nil, fronts: [Weather.Front] = []) -> Run {
        let weather = Weather(agenda: Agenda(start: Self.start), random: SeededRandom(seed: seed))
        fronts.forEach(weather.add)
        var feed = Feed(
            TrafficOptions(events: events, agents: 60, regions: Self.regions, seed: seed), seed: seed, weather: weather,
            rates: rates)
        var run = Run(clock: feed.clock)
        while let arrival = feed.next() { run.arrivals.append(arrival) }
        return run
    }

    /// Every odd form often enough to be met in a short run.
    private var often: FeedRates {
        var rates = FeedRates()
        for form in FeedArrival.Form.allCases { rates[form] = form == .tombstone ? 0.3 : 0.02 }
        return rates
    }

    private func front(_ fault: Fault, _ region: Int, from: Int64 = 0, to: Int64 = 1_000_000_000) -> Weather.Front {
        Weather.Front(fault: fault, region: region, start: Self.start + from, end: Self.start + to)
    }

    private func decode(_ arrival: FeedArrival) -> (events: Int, unknown: Int, rejections: [RejectionReason]) {
        let batch = MutationBatch(sliceCount: 1)
        arrival.bytes.withUnsafeBytes {
            RecordDecoder().decode($0, arrival: Timestamp(milliseconds: arrival.arrival), index: 0, into: batch)
        }
        return (batch.eventCount, batch.unknown, batch.rejections.map(\.reason))
    }

    @Test("equal seeds give equal arrivals, and different seeds give different ones", arguments: [UInt64(1), 2, 3])
    func determinism(seed: UInt64) {
        let fronts = [front(.skew, 0), front(.clockJump, 1, from: 60_000)]
        let first = run(seed: seed, events: 2_000, rates: often, fronts: fronts).arrivals
        #expect(first == run(seed: seed, events: 2_000, rates: often, fronts: fronts).arrivals)
        #expect(first != run(seed: seed + 10, events: 2_000, rates: often, fronts: fronts).arrivals)
    }

    @Test("without irregularities the feed is the generated traffic, event by event")
    func plain() {
        let lines = TrafficSample.lines(TrafficOptions(events: 3_000, agents: 60, regions: Self.regions, seed: 5))
        let arrivals = run(seed: 5, events: 3_000, rates: FeedRates()).arrivals
        #expect(arrivals.map(\.bytes) == lines.map(\.bytes))
        #expect(arrivals.map(\.arrival) == lines.map(\.time))
    }

    @Test("arrival times never decrease, and every form of delivery occurs", arguments: [UInt64(1), 2, 3])
    func order(seed: UInt64) {
        let arrivals = run(seed: seed, rates: often).arrivals
        for (earlier, later) in zip(arrivals, arrivals.dropFirst()) { #expect(earlier.arrival <= later.arrival) }
        #expect(Set(arrivals.map(\.form)) == Set(FeedArrival.Form.allCases))
    }

    @Test("an event goes to the Region in it, to a stream of its kind, with the key of its entity")
    func routing() throws {
        var kinds: Set<StreamKind> = []
        for arrival in run(seed: 7, rates: FeedRates()).arrivals {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(arrival.bytes)) as? [String: Any])
            let key = String(decoding: arrival.key, as: UTF8.self)
            let detail = object["detail"] as? [String: Any]
            let told =
                (object["region"] ?? object["InstanceARN"] ?? object["ContactFlowId"] ?? detail?["instanceArn"]) as? String
            #expect(try #require(told).contains(Self.regions[arrival.region]))
            switch TrafficSample.kind(of: object) {
            case .agent: #expect(arrival.kind == .agent && key == object["AgentARN"] as? String)
            case .contact: #expect(arrival.kind == .contact && key == object["id"] as? String)
            case .record: #expect(arrival.kind == .record && key == object["ContactId"] as? String)
            case .flow where object["specversion"] == nil:
                #expect(arrival.kind == .flow && key == object["ContactId"] as? String)
            default: #expect(arrival.kind == .context && key == object["subject"] as? String)
            }
            kinds.insert(arrival.kind)
        }
        #expect(kinds == Set(StreamKind.allCases))
    }

    @Test("each form of delivery has the expected result in the decoder", arguments: [UInt64(11), 12])
    func forms(seed: UInt64) {
        for arrival in run(seed: seed, events: 6_000, rates: often, fronts: [front(.skew, 0)]).arrivals {
            let decoded = decode(arrival)
            switch arrival.form {
            case .plain, .duplicate, .tombstone, .gzip:
                // A duplicate may be of any form that comes in place of the event.
                #expect(decoded.events >= 1 && decoded.unknown == 0)
                #expect(decoded.rejections.isEmpty || (arrival.form == .duplicate && decoded.rejections == [.notObject]))
            case .aggregate: #expect(decoded.events == 2 && decoded.rejections.isEmpty)
            case .badArray: #expect(decoded.events == 1 && decoded.rejections == [.notObject])
            case .cut: #expect(decoded.events == 0 && decoded.rejections == [.notJSON])
            case .notUTF8: #expect(decoded.events == 0 && decoded.rejections.count == 1)
            case .unknown: #expect(decoded.events == 0 && decoded.unknown == 1)
            case .ahead: #expect(decoded.events == 0 && decoded.rejections == [.skew])
            }
        }
    }

    @Test("tombstones are CloudEvents with separate ids and only nulls")
    func tombstones() throws {
        var rates = FeedRates()
        rates[.tombstone] = 1
        var ids: Set<String> = []
        let tombstones = run(seed: 3, events: 8_000, rates: rates).arrivals.filter { $0.form == .tombstone }
        for arrival in tombstones {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(arrival.bytes)) as? [String: Any])
            #expect(try #require(object["data"] as? [String: Any]).values.allSatisfy { $0 is NSNull })
            ids.insert(try #require(object["id"] as? String))
        }
        #expect(tombstones.count > 50 && ids.count == tombstones.count)
    }

    // MARK: Clocks

    @Test("clocks are right outside a fault window, and wrong by whole seconds within bounds inside one", arguments: 0..<40)
    func clocks(seed: Int) {
        let weather = Weather(agenda: Agenda(start: Self.start), random: SeededRandom(seed: 1))
        weather.add(front(.skew, 0, from: 10_000, to: 20_000))
        weather.add(front(.clockJump, 1, from: 10_000, to: 20_000))
        let clock = FeedClock(seed: UInt64(seed), weather: weather)
        for region in 0...1 {
            #expect(clock.offset(region: region, at: Self.start + 9_999) == 0)
            #expect(clock.offset(region: region, at: Self.start + 20_000) == 0)
            let offset = clock.offset(region: region, at: Self.start + 10_000)
            #expect(offset == clock.offset(region: region, at: Self.start + 19_999), "it holds")
            #expect(offset % 1000 == 0)
            #expect(region == 0 ? abs(offset) <= 240_000 : (-300_000..<0).contains(offset))
        }
    }

    @Test("a repeated event has the same bytes, even if the clock was set between its arrivals")
    func repeats() {
        let fronts = stride(from: Int64(0), to: 600_000, by: 2_000).map { front(.skew, 0, from: $0, to: $0 + 1_000) }
        var options = TrafficOptions(events: 2_000, agents: 60, regions: Self.regions, seed: 13)
        options.duplicates = 0.3
        let weather = Weather(agenda: Agenda(start: Self.start), random: SeededRandom(seed: 1))
        fronts.forEach(weather.add)
        var feed = Feed(options, seed: 1, weather: weather, rates: FeedRates())
        var distinct: Set<[UInt8]> = []
        while let arrival = feed.next() { distinct.insert(arrival.bytes) }
        #expect(distinct.count == Set(TrafficSample.lines(options).map(\.bytes)).count)
    }

    @Test("events are stamped by their Region's clock, and by no other")
    func stamps() throws {
        let right = run(seed: 9, rates: FeedRates()).arrivals
        let wrong = run(seed: 9, rates: FeedRates(), fronts: [front(.skew, 1)])
        let offset = wrong.clock.offset(region: 1, at: Self.start)
        #expect(offset != 0)
        #expect(right.count == wrong.arrivals.count)
        for (a, b) in zip(right, wrong.arrivals) {
            #expect(a.arrival == b.arrival && a.region == b.region)
            let before = try #require(FeedEvent(a.bytes).time)
            #expect(FeedEvent(b.bytes).time == before + (a.region == 1 ? offset : 0))
            if a.region == 0 { #expect(a.bytes == b.bytes) }
        }
    }
}
