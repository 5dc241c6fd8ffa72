import Foundation
import Platform
import TestSupport
import Testing

@Suite(.limited) struct TimestampTests {
    @Test("every time from the year 0000 to 9999 is read back from its text")
    func roundTrip() {
        forAll(20_000) { random in
            let span = UInt64(Timestamp.latest.milliseconds - Timestamp.earliest.milliseconds + 1)
            let moment = Timestamp(milliseconds: Timestamp.earliest.milliseconds + Int64(random.next() % span))
            try demand(Timestamp(moment.description) == moment, "\(moment.milliseconds) is written \(moment)")
            try demand(moment.description.utf8.count == 24, "\(moment)")
        }
    }

    @Test("dates from 1600 on equal Foundation's")
    func calendar() {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        forAll(2000) { random in
            let moment = Timestamp(milliseconds: -11_676_096_000_000 + Int64(random.next() % 250_000_000_000_000))
            let date = Date(timeIntervalSince1970: Double(moment.milliseconds / 1000))
            let whole = Timestamp(milliseconds: moment.milliseconds / 1000 * 1000)
            try demand(whole.description == style.format(date), "\(whole) is not \(style.format(date))")
        }
    }

    @Test("every day of four centuries follows the previous day")
    func everyDay() {
        var day = Timestamp("1999-12-31T00:00:00Z")?.milliseconds ?? 0
        for year in 2000...2399 {
            for month in 1...12 {
                let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
                let days = month == 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
                for dayOfMonth in 1...days {
                    day += 86_400_000
                    let text =
                        "\(year)-\(month < 10 ? "0" : "")\(month)-\(dayOfMonth < 10 ? "0" : "")\(dayOfMonth)T00:00:00.000Z"
                    if Timestamp(milliseconds: day).description != text || Timestamp(text)?.milliseconds != day {
                        Issue.record("\(text): \(day)")
                        return
                    }
                }
            }
        }
    }

    @Test(
        "a timestamp is read as the time it denotes",
        arguments: [
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
            ("1970-01-01T00:00:00.001Z", "1970-01-01T00:00:00.001Z"),
            ("2017-11-09T12:17.898Z", "2017-11-09T12:17:00.898Z"),
            ("2017-11-09T12:17Z", "2017-11-09T12:17:00.000Z"),
            ("2017-11-09T12:17+01:00", "2017-11-09T11:17:00.000Z"),
            ("2025-07-08T09:10:11z", "2025-07-08T09:10:11.000Z"),
            ("2025-07-08t09:10:11Z", "2025-07-08T09:10:11.000Z"),
            ("2025-07-08 09:10:11Z", "2025-07-08T09:10:11.000Z"),
            ("2025-07-08T09:10:11.1Z", "2025-07-08T09:10:11.100Z"),
            ("2025-07-08T09:10:11,12Z", "2025-07-08T09:10:11.120Z"),
            ("2025-07-08T09:10:11.1239Z", "2025-07-08T09:10:11.123Z"),
            ("2025-07-08T09:10:11.999999999Z", "2025-07-08T09:10:11.999Z"),
            ("2025-07-08T09:10:11.0000000000000000001Z", "2025-07-08T09:10:11.000Z"),
            ("2025-07-08T09:10:11+00:00", "2025-07-08T09:10:11.000Z"),
            ("2025-07-08T09:10:11-00:00", "2025-07-08T09:10:11.000Z"),
            ("2025-07-08T23:10:11.5-05:30", "2025-07-09T04:40:11.500Z"),
            ("2025-01-01T00:10:11.5+23:59", "2024-12-31T00:11:11.500Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z"),
            ("2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"),
            ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
            // Offsets of the basic format, and none, which is UTC.
            ("2025-07-08T09:10:11.000+0000", "2025-07-08T09:10:11.000Z"),
            ("2025-07-08T09:10:11+00", "2025-07-08T09:10:11.000Z"),
            ("2025-07-08T09:10:11+0100", "2025-07-08T08:10:11.000Z"),
            ("2025-07-08T09:10:11-0530", "2025-07-08T14:40:11.000Z"),
            ("2025-07-08T09:10:11.5-03", "2025-07-08T12:10:11.500Z"),
            ("2025-07-08T09:10:11", "2025-07-08T09:10:11.000Z"),
            ("2025-07-08T09:10:11.5", "2025-07-08T09:10:11.500Z"),
            ("2025-07-08 09:10:11.123", "2025-07-08T09:10:11.123Z"),
            ("2025-07-08T09:10", "2025-07-08T09:10:00.000Z"),
            ("2025-07-08 09:10:11.500000+02:00", "2025-07-08T07:10:11.500Z"),
            ("2025-07-08T09:10:11.123456789", "2025-07-08T09:10:11.123Z"),
            // The basic format.
            ("20250708T091011Z", "2025-07-08T09:10:11.000Z"),
            ("20250708T091011", "2025-07-08T09:10:11.000Z"),
            ("20250708T091011.25+0100", "2025-07-08T08:10:11.250Z"),
            ("20250708T0910Z", "2025-07-08T09:10:00.000Z"),
            ("20250708T0910", "2025-07-08T09:10:00.000Z"),
            ("20250708t0910-05", "2025-07-08T14:10:00.000Z"),
        ])
    func accepted(_ text: String, _ canonical: String) {
        #expect(Timestamp(text)?.description == canonical)
    }

    @Test(
        "text that is not a timestamp is refused",
        arguments: [
            "", "Z", "2025", "2025-07-08", "2025-07-08T09Z", "2025-07-08T09:10:1Z",
            "2025-07-08T09:10:Z", "2025-07-08T09:10:11.Z", "2025-07-08T09:10.Z", "2025-07-08T09:10:11.",
            "2025-07-08T09:10:11:123Z", "2025-7-8T09:10:11Z", "2025-07-8T09:10:11Z", "2025-0708T09:10:11Z",
            "202507-08T09:10:11Z", "2025070T091011Z", "20250708T09101Z", "20250708091011", "20250708T24",
            "2025-W28-2T09:10:11Z",
            "2025-189T09:10:11Z", "2025189T091011Z", "Tue, 08 Jul 2025 09:10:11 GMT", "1752000000.123",
            "2025-07-08T09:10:11 Z", "2025-07-08T09:10:11+", "2025-07-08T09:10:11+0", "2025-07-08T09:10:11+000",
            "2025-07-08T09:10:11+00000", "2025-07-08T09:10:11+2400", "2025-07-08T09:10:11+0060", "2025-07-08T09:10:11+01:",
            "2025-07-08T09:1011Z", "2025-07-08T0910:11Z",
            "2025-07-08T09:10:11.+00:00",
            "2025-07-08T24:00:00Z", "2025-07-08T23:60:00Z", "2025-07-08T23:59:61Z", "2025-02-29T00:00:00Z",
            "2024-02-30T00:00:00Z",
            "1900-02-29T00:00:00Z", "2025-00-01T00:00:00Z", "2025-13-01T00:00:00Z", "2025-01-00T00:00:00Z",
            "2025-01-32T00:00:00Z",
            "2025-04-31T00:00:00Z", "2025-07-08T09:10:11ZZ", "2025-07-08T09:10:11Z ", " 2025-07-08T09:10:11Z",
            "2025-07-08T09:10:11.5Z\n",
            "2O25-07-08T09:10:11Z", "2025-07-08T0x:10:11Z", "2025-07-08T09:10:1xZ", "2025-07-08T09:10:11.5xZ",
            "2025/07/08T09:10:11Z",
            "2025-07-08X09:10:11Z", "2025-07-08T09-10-11Z",
            "2025-07-08T09:10:11+24:00",
            "2025-07-08T09:10:11+01:60", "2025-07-08T09:10:11+01:0", "2025-07-08T09:10:11+0a:00", "2025-07-08T09:10:11+01:00Z",
            "+025-07-08T09:10:11Z", "-001-07-08T09:10:11Z", "12025-07-08T09:10:11Z", "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z", "2025-07-08T09:10:11.000000000000000000000Z", "1752000000000",
            "2025-07-08T09:10:11.5é", "２025-07-08T09:10:11Z", "2025-07-08T09:10:11\u{0}Z",
        ])
    func refused(_ text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test("random text similar to a timestamp is refused or read without a trap")
    func mutations() throws {
        let page = try GuardedPage()
        forAll { random in
            var text = Array("2025-07-08T09:10:11.123+01:00".utf8.prefix(random.below(30)))
            for _ in 0..<random.below(3) where !text.isEmpty {
                text[random.below(text.count)] =
                    random.chance(2) ? UInt8(random.below(256)) : random.pick(Array("0129:-+.Zz T".utf8))
            }
            if let moment = Timestamp(page.copy(text)) { try demand(Timestamp(moment.description) == moment, "\(text)") }
        }
    }

    @Test("times outside the calendar are written as its first or last time")
    func bounds() {
        #expect(Timestamp(milliseconds: .min).description == "0000-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: .max).description == "9999-12-31T23:59:59.999Z")
    }
}
