import AWS
import JSON
import TestSupport
import Testing

@testable import Storage

/// Two Regions with a worker each, clocks that differ, and a table that brings rows across late.
private struct TwoRegions {
    /// How far b's clock is ahead of a's.
    let offset: Int64
    /// From a to b, from b to a.
    var delay: (Int64, Int64)
    /// By a's clock.
    private(set) var time: Int64 = 1_700_000_000_000
    private(set) var a = ReplicationWatch(region: "a")
    private(set) var b = ReplicationWatch(region: "b")
    private var rows: [(arrives: Int64, inB: Bool, row: ReplicationWatch.Row)] = []
    private var atA: [ReplicationWatch.Row] = []
    private var atB: [ReplicationWatch.Row] = []

    init(offset: Int64, delay: (Int64, Int64)) {
        self.offset = offset
        self.delay = delay
    }

    /// Lets time go by in steps of 50 ms. `isCut`: nothing is brought across; what is written meanwhile comes when the link is whole.
    mutating func run(milliseconds: Int64, isCut: Bool = false) {
        for _ in 0..<(milliseconds / 50) {
            time += 50
            if time % 1000 == 0 {
                rows.append((time + delay.0, true, .init(region: "a", worker: "1", at: time, seen: a.seen)))
                rows.append((time + delay.1, false, .init(region: "b", worker: "1", at: time + offset, seen: b.seen)))
            }
            if !isCut {
                for sent in rows where sent.arrives <= time { if sent.inB { atB = [sent.row] } else { atA = [sent.row] } }
                rows.removeAll { $0.arrives <= time }
            }
            if time % 250 == 0 {
                a.take(atA, at: time)
                b.take(atB, at: time + offset)
            }
        }
    }

    var linkToA: ReplicationLink? { a.links(at: time).first }
    var linkToB: ReplicationLink? { b.links(at: time + offset).first }
}

@Suite("the replication canary", .waiting(minutes: 5))
struct ReplicationWatchTests {
    @Test(
        "the bounds contain the true clock offset, and are as wide as both transmission times and the interval of reads",
        arguments: [0, 40, -40, 3_000, -3_000, 86_400_000], [(50, 50), (100, 1_500), (900, 200)])
    func offsets(offset: Int64, delay: (Int64, Int64)) throws {
        var regions = TwoRegions(offset: offset, delay: delay)
        regions.run(milliseconds: 30_000)
        let (toA, toB) = (try #require(regions.linkToA), try #require(regions.linkToB))
        #expect(toA.from == "b" && toA.to == "a" && toB.from == "a" && toB.to == "b")
        let bounds = try #require(toB.clockOffsetMilliseconds)
        #expect(bounds.contains(offset), "\(bounds)")
        #expect(bounds.upperBound - bounds.lowerBound <= delay.0 + delay.1 + 500)
        let other = try #require(toA.clockOffsetMilliseconds)
        #expect(other.contains(-offset), "\(other)")
    }

    @Test("replication lag is the age of the newest row when it was first seen")
    func lag() throws {
        var regions = TwoRegions(offset: 0, delay: (300, 800))
        regions.run(milliseconds: 10_000)
        let (toA, toB) = (try #require(regions.linkToA), try #require(regions.linkToB))
        #expect((300...550).contains(toB.lagMilliseconds), "\(toB.lagMilliseconds)")
        #expect((800...1_050).contains(toA.lagMilliseconds), "\(toA.lagMilliseconds)")
    }

    @Test("replication lag grows while a link is cut, and falls to its earlier value after the link has caught up")
    func cut() throws {
        var regions = TwoRegions(offset: 0, delay: (100, 100))
        regions.run(milliseconds: 10_000)
        let before = try #require(regions.linkToB).lagMilliseconds
        regions.run(milliseconds: 60_000, isCut: true)
        let during = try #require(regions.linkToB).lagMilliseconds
        #expect(during >= 58_000 && during <= 60_000, "\(during)")
        regions.run(milliseconds: 5_000)
        #expect(try #require(regions.linkToB).lagMilliseconds == before)
        #expect(try #require(regions.linkToB?.clockOffsetMilliseconds).contains(0))
    }

    @Test("a delay is forgotten after two minutes, and so is the offset of a clock before it was set")
    func forgets() throws {
        var watch = ReplicationWatch(region: "b")
        func take(_ at: Int64, _ now: Int64, sight: Int64, _ lag: Int64) {
            watch.take([.init(region: "a", worker: "1", at: at, seen: ["b": .init(at: sight, lag: lag)])], at: now)
        }
        take(1_000, 1_010, sight: 900, 20)
        #expect(watch.links(at: 1_010).first?.clockOffsetMilliseconds == -20...10)
        for second in 2...200 { take(Int64(second) * 1000, Int64(second) * 1000 + 500, sight: Int64(second) * 1000 - 100, 700) }
        #expect(watch.links(at: 200_500).first?.clockOffsetMilliseconds == -700...500)
    }

    @Test("of several workers of a Region the newest row counts, and rows of the own Region never count")
    func workers() throws {
        var watch = ReplicationWatch(region: "b")
        let rows: [ReplicationWatch.Row] = [
            .init(region: "a", worker: "old", at: 1_000, seen: [:]), .init(region: "a", worker: "new", at: 50_000, seen: [:]),
            .init(region: "b", worker: "mine", at: 1, seen: ["a": .init(at: 1, lag: 1)]),
        ]
        watch.take(rows, at: 50_300)
        #expect(watch.links(at: 50_400) == [.init(from: "a", to: "b", lagMilliseconds: 300, clockOffsetMilliseconds: nil)])
        #expect(watch.seen == ["a": .init(at: 50_000, lag: 300)])
        watch.take(rows.reversed(), at: 60_000)
        #expect(watch.links(at: 60_000).first?.lagMilliseconds == 9_000)
    }

    @Test("a Region whose rows have all expired is no longer reported")
    func expired() {
        var watch = ReplicationWatch(region: "b")
        watch.take([.init(region: "a", worker: "1", at: 1_000, seen: [:])], at: 1_300)
        watch.take([], at: 1_600)
        #expect(watch.links(at: 1_600).isEmpty)
    }

    @Test("a canary row is read back from its item; other items are skipped")
    func items() throws {
        let row = ReplicationWatch.Row(
            region: "us-east-1", worker: "w#1", at: 1_700_000_000_123, seen: ["us-west-2": .init(at: -5, lag: -70)],
            reads: 3, since: 1_699_999_999_000, units: ["agent": 7, "contact": 1 << 40], lag: 90)
        let put = CanaryRow.put(row, in: "converge-agent", keptFor: 86_400_000)
        let parser = JSONParser()
        try put.body.withUnsafeBytes { bytes in
            let root = try parser.parse(bytes).root
            let item = try #require(root.member("Item"))
            #expect(CanaryRow.row(ItemView(item)) == row)
            #expect(item.member("expiresAt")?.text("N") == "1700086400")
            #expect(item.member("pk")?.text("S") == "converge#canary")
        }
        let items = #"[{"sk":{"S":"x"}},{"sk":{"S":"a#1"}},{"sk":{"S":"a#1"},"at":{"N":"7"}}]"#
        try Array(items.utf8).withUnsafeBytes { bytes in
            let rows = try parser.parse(bytes).root.elements.compactMap { CanaryRow.row(ItemView($0)) }
            // A program from before rows said what is read reads format 2.
            #expect(rows == [.init(region: "a", worker: "1", at: 7, seen: [:], reads: 2, since: 7)])
        }
    }
}
