import TestSupport
import Testing

@testable import Storage

@Suite("the workers that report", .waiting(minutes: 5))
struct LiveWorkersTests {
    private let now: Int64 = 1_800_000_000_000

    private func row(
        _ region: String, _ worker: String, ago: Int64 = 0, reads: Int64 = 3, since: Int64 = 3_600_000,
        units: [String: Int64] = [:]
    ) -> ReplicationWatch.Row {
        .init(region: region, worker: worker, at: now - ago, seen: [:], reads: reads, since: now - since, units: units)
    }

    @Test("a worker that does not read a format is named, and one of a Region that was not given; ended ones do not count")
    func objections() {
        let regions = ["us-east-1", "us-west-2"]
        let all = LiveWorkers([row("us-east-1", "a"), row("us-west-2", "b")], at: now)
        #expect(all.objections(to: 3, in: regions).isEmpty && all.silent(of: regions).isEmpty)

        let old = LiveWorkers([row("us-east-1", "a"), row("us-west-2", "b", ago: 299_000, reads: 2)], at: now)
        #expect(old.objections(to: 3, in: regions).count == 1)
        #expect(old.objections(to: 3, in: regions).first?.contains("worker b of us-west-2") == true)
        #expect(old.objections(to: 2, in: regions).isEmpty)

        let ended = LiveWorkers([row("us-east-1", "a"), row("us-west-2", "b", ago: 301_000, reads: 2)], at: now)
        #expect(ended.objections(to: 3, in: regions).isEmpty)
        #expect(ended.silent(of: regions) == ["us-west-2"])

        #expect(
            all.objections(to: 3, in: ["us-east-1"]) == ["workers of us-west-2 share the tables: add us-west-2 to --regions"])
    }

    @Test("of a worker's rows in several tables the newest counts")
    func newest() {
        let rows = [
            row("us-east-1", "a", ago: 2_000, reads: 2), row("us-east-1", "a"), row("us-east-1", "a", ago: 900, reads: 2),
        ]
        for rows in [rows, rows.reversed()] {
            #expect(LiveWorkers(rows, at: now).workers == [.init(region: "us-east-1", name: "a", reads: 3)])
        }
    }

    @Test("rates are of all workers together, each since it began, if that was ten minutes ago")
    func rates() {
        let workers = LiveWorkers(
            [
                row("us-east-1", "a", since: 1_000_000, units: ["agent": 10_000, "flow": 100]),
                row("us-west-2", "b", since: 600_000, units: ["agent": 3_000]), row("us-west-2", "c"),
                row("us-west-2", "d", since: 599_000, units: ["agent": 1 << 40]),
            ], at: now)
        #expect(workers.unitsPerSecond == ["agent": 15, "flow": 0.1])
        #expect(workers.countedMinutes == 10)
        #expect(LiveWorkers([row("us-west-2", "c")], at: now).unitsPerSecond.isEmpty)
    }
}

@Suite("what a dictionary saves", .waiting(minutes: 5))
struct DictionaryGainTests {
    @Test("units are of each begun kilobyte; a month's bill goes by each kind's own share, and what was not sampled stays")
    func bill() throws {
        #expect([1, 1024, 1025, 2048, 2049].map(DictionaryGain.units) == [1, 1, 2, 2, 3])
        let entity = entity(1, size: 2_000)
        let dictionary = try #require(RowDictionary(entity))
        // Stored plain beside 200 bytes of its own.
        let row = SampledRows.Row(
            kind: .contact, key: key("c-1"), entity: entity, itemBytes: entity.count + 201, registersBytes: entity.count + 1)
        let gain = DictionaryGain([row, row], present: nil, candidate: dictionary)
        let contacts = try #require(gain.kinds[.contact])
        #expect(contacts.rows == 2 && contacts.bytesNow == 2 * (entity.count + 201))
        #expect(contacts.unitsNow == 2 * DictionaryGain.units(entity.count + 201) && contacts.unitsThen == 2)
        #expect(contacts.overNow == 2 && contacts.broughtUnder == 2 && gain.whole == contacts)

        let same = DictionaryGain([row], present: dictionary, candidate: dictionary)
        #expect(same.whole.bytesNow == same.whole.bytesThen && same.whole.overNow == 0)

        let bill = gain.bill(["contact": 3, "agent": 1], replicas: 2)
        let month = 2 * 730.0 * 3600
        #expect(bill.unitsNow == 4 * month)
        let share = Double(contacts.unitsThen) / Double(contacts.unitsNow)
        #expect(abs(bill.unitsThen - (1 + 3 * share) * month) < 1)
        #expect(bill.dollarsNow == 4 * month * 0.625 / 1e6)
    }
}
