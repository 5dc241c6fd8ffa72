import FailoverCore
import Platform
import TestSupport
import Testing

@Suite("when drills are due", .limited)
struct DrillScheduleTests {
    private static func at(_ text: String) -> Int64 { Timestamp(text)?.milliseconds ?? 0 }

    /// A drill, a moment, and when it is next due.
    @Test(
        "at the next of its days, at its time, by its offset",
        arguments: [
            ("daily 10:00", "2026-11-30T09:59:59Z", "2026-11-30T10:00:00.000Z"),
            ("daily 10:00", "2026-11-30T10:00:00Z", "2026-12-01T10:00:00.000Z"),
            ("daily 10:00Z", "2026-12-31T12:00:00Z", "2027-01-01T10:00:00.000Z"),
            ("daily 00:30+01:00", "2026-11-30T23:00:00Z", "2026-11-30T23:30:00.000Z"),
            ("daily 22:00-08:00", "2026-11-30T00:00:00Z", "2026-11-30T06:00:00.000Z"),
            ("tue 10:00", "2026-11-30T12:00:00Z", "2026-12-01T10:00:00.000Z"),
            ("mon,thu 10:00", "2026-12-01T12:00:00Z", "2026-12-03T10:00:00.000Z"),
            ("mon-wed 10:00", "2026-12-02T12:00:00Z", "2026-12-07T10:00:00.000Z"),
            ("sat-mon 10:00", "2026-12-01T12:00:00Z", "2026-12-05T10:00:00.000Z"),
            // The day is the one there: Monday in Tokyo is still Sunday in UTC.
            ("mon 05:00+09:00", "2026-12-01T00:00:00Z", "2026-12-06T20:00:00.000Z"),
            ("first-tue 10:00", "2026-12-01T12:00:00Z", "2027-01-05T10:00:00.000Z"),
            ("second-tue 10:00", "2026-12-01T12:00:00Z", "2026-12-08T10:00:00.000Z"),
            ("last-mon 10:00", "2026-12-01T12:00:00Z", "2026-12-28T10:00:00.000Z"),
            ("last-sun 10:00", "2028-02-01T12:00:00Z", "2028-02-27T10:00:00.000Z"),
            ("last-tue 10:00", "2028-02-01T12:00:00Z", "2028-02-29T10:00:00.000Z"),
        ])
    func next(when: String, after: String, next: String) throws {
        let schedule = try DrillSchedule("us-east-1 \(when) 10m test-group")
        let found = DrillCalendar([schedule]).next(of: schedule, after: Self.at(after))
        #expect(found.map { Timestamp(milliseconds: $0).description } == next)
    }

    @Test("says of a text that is none what is accepted")
    func wrong() {
        for text in [
            "", "us-east-1", "us-east-1 never 10:00 10m live", "us-east-1 mon 24:00 10m live", "us-east-1 mon 1:00 10m live",
            "us-east-1 mon 10:00+1 10m live", "us-east-1 mon 10:00+15:00 10m live", "us-east-1 mon 10:00 0m live",
            "us-east-1 mon 10:00 25h live", "us-east-1 mon 10:00 10 live", "us-east-1 mon 10:00 10m dry",
            "us-east-1 fifth-mon 10:00 10m live", "us-east-1 mon, 10:00 10m live", "us-east-1 mon-tue-wed 10:00 10m live",
        ] {
            #expect(throws: DrillScheduleError.self, "\(text)") { try DrillSchedule(text) }
        }
        for text in [
            "", "never", "mon 10:00", "mon 10:00-", "mon 10:00-25:00", "2026-13-01", "2026-12-02..2026-12-01", "2026-12-01..",
            "2026-12-01..2026-12-02..2026-12-03", "mon 10:00-11:00 x", "2026-12-01 noon",
        ] {
            #expect(throws: DrillScheduleError.self, "\(text)") { try BlockedWindow(text) }
        }
    }

    @Test(
        "a window blocks what is in it, by its own offset, over midnight too",
        arguments: [
            ("sat,sun", "2026-12-05T00:00:00Z", true), ("sat,sun", "2026-12-07T00:00:00Z", false),
            ("mon-fri 07:00-09:30", "2026-12-01T07:00:00Z", true), ("mon-fri 07:00-09:30", "2026-12-01T09:30:00Z", false),
            ("mon-fri 07:00-09:30+01:00", "2026-12-01T06:00:00Z", true),
            ("mon-fri 07:00-09:30+01:00", "2026-12-01T08:30:00Z", false),
            ("fri 22:00-02:00", "2026-12-05T01:59:00Z", true), ("fri 22:00-02:00", "2026-12-05T02:00:00Z", false),
            ("fri 22:00-02:00", "2026-12-04T01:00:00Z", false),
            ("2026-12-15..2027-01-06", "2026-12-14T23:59:59Z", false), ("2026-12-15..2027-01-06", "2026-12-15T00:00:00Z", true),
            ("2026-12-15..2027-01-06", "2027-01-06T23:59:59Z", true), ("2026-12-15..2027-01-06", "2027-01-07T00:00:00Z", false),
            ("2026-12-24", "2026-12-24T12:00:00Z", true), ("2026-12-24 +09:00", "2026-12-23T15:00:00Z", true),
        ])
    func windows(text: String, moment: String, isBlocked: Bool) throws {
        #expect(try BlockedWindow(text).contains(Self.at(moment)) == isBlocked)
    }

    @Test("each that comes due is told once: to be begun, blocked by a window, or missed because nobody looked")
    func looks() throws {
        let schedule = try DrillSchedule("us-east-1 daily 10:00 10m test-group")
        let calendar = DrillCalendar([schedule], blocked: [try BlockedWindow("2026-12-02")])
        let (first, second, third) = (
            Self.at("2026-12-01T10:00:00Z"), Self.at("2026-12-02T10:00:00Z"), Self.at("2026-12-03T10:00:00Z")
        )
        #expect(calendar.look(schedule, since: first - 60_000, now: first - 1) == [])
        #expect(calendar.look(schedule, since: first - 60_000, now: first) == [.due(at: first)])
        #expect(calendar.look(schedule, since: first, now: first + 60_000) == [])
        #expect(
            calendar.look(schedule, since: first - 60_000, now: third + 1) == [
                .missed(at: first), .blocked(at: second, by: "2026-12-02"), .due(at: third),
            ])
        #expect(calendar.look(schedule, since: first - 1, now: first + 600_001) == [.missed(at: first)])
        #expect(calendar.next(of: schedule, after: first) == third)
        // However long nobody looked, what is told is bounded.
        #expect(calendar.look(schedule, since: 0, now: first).count == DrillSchedule.occurrencesMax)
    }

    @Test("of a moment all controllers make the same name, and of two moments, Regions, times and modes different ones")
    func names() throws {
        let at = Self.at("2026-12-01T10:00:00Z")
        #expect(try DrillSchedule("us-east-1  daily 10:00  10m test-group").id(at: at) == "20261201T1000Z-us-east-1-600-test")
        let texts = ["us-east-1 daily 10:00 10m live", "us-west-2 daily 10:00 10m live", "us-east-1 daily 10:00 5m live"]
        #expect(try Set(texts.flatMap { text in try [at, at + 60_000].map { try DrillSchedule(text).id(at: $0) } }).count == 6)
        #expect(
            DrillMark("drill/20261201T1000Z-us-east-1-600-test/us-east-1/600/out")?.id == "20261201T1000Z-us-east-1-600-test")
    }
}
