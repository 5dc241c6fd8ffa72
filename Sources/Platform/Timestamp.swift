/// A moment: milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored, within the years 0000 to 9999.
///
/// Reads and writes the ISO 8601 forms that Amazon Connect, EventBridge and CloudEvents use, without Foundation.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Since 1970-01-01T00:00:00Z; negative before.
    public var milliseconds: Int64

    @inline(__always)
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    @inline(__always)
    public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

    /// 0000-01-01T00:00:00.000Z
    public static let earliest = Timestamp(milliseconds: -62_167_219_200_000)
    /// 9999-12-31T23:59:59.999Z
    public static let latest = Timestamp(milliseconds: 253_402_300_799_999)

    /// Reads a date and a time of ISO 8601, 40 bytes at most: `YYYY-MM-DD` or `YYYYMMDD`, `T`, then `HH:MM[:SS]` or `HHMM[SS]`, a
    /// fraction of which digits beyond milliseconds are cut off, and the offset as `Z`, `±HH:MM`, `±HHMM` or `±HH`; without one it
    /// is UTC. As RFC 3339 has it, `t`, a blank and `z` stand for `T` and `Z`, and a second 60 is the first of the next minute.
    /// Nil where the text is anything else, or no date of the calendar.
    ///
    /// Seconds may be missing because the documentation's own flow-log sample lacks them (`2017-11-09T12:17.898Z`). Left out on
    /// purpose: a date alone, which is no moment; weeks and days of the year, which no producer writes; the hour 24; numbers,
    /// of which nobody knows whether they are seconds.
    public init?(_ text: ByteView) {
        guard let read = Timestamp.usual(text) ?? Timestamp.unusual(text) else { return nil }
        self = read
    }

    @inline(never)
    private static func unusual(_ text: ByteView) -> Timestamp? {
        guard text.count >= 13, text.count <= 40 else { return nil }
        var form = TimestampForm(text)
        let year = form.number(4)
        let isDashed = form.skip("-")
        let month = form.number(2)
        if isDashed, !form.skip("-") { return nil }
        let day = form.number(2)
        guard form.skip("T") || form.skip("t") || form.skip(" ") else { return nil }
        let hour = form.number(2)
        let isParted = form.skip(":")
        let minute = form.number(2)
        var second = 0
        if isParted ? form.skip(":") : form.isAtDigit { second = form.number(2) }
        var millisecond = 0
        if form.skip(".") || form.skip(",") {
            guard form.isAtDigit else { return nil }
            var scale = 100
            while form.isAtDigit {
                millisecond += scale * form.number(1)
                scale /= 10
            }
        }
        var offsetMinutes = 0
        let isWest = form.isAt("-")
        if form.skip("+") || form.skip("-") {
            let hours = form.number(2)
            let minutes = form.skip(":") || form.isAtDigit ? form.number(2) : 0
            guard hours < 24, minutes < 60 else { return nil }
            offsetMinutes = (hours * 60 + minutes) * (isWest ? -1 : 1)
        } else {
            _ = form.skip("Z") || form.skip("z")
        }
        guard form.isValid, form.isAtEnd, month >= 1, month <= 12, day >= 1, day <= daysInMonth(year, month), hour < 24,
            minute < 60, second <= 60
        else { return nil }
        let days = daysFromCivil(year, month, day)
        let minutes = (days * 24 + hour) * 60 + minute - offsetMinutes
        let time = Timestamp(milliseconds: Int64((minutes * 60 + second) * 1000 + millisecond))
        return time >= Timestamp.earliest && time <= Timestamp.latest ? time : nil
    }

    /// The spelling of nearly all events, `YYYY-MM-DDTHH:MM:SS.mmmZ` or without the fraction, eight bytes at a time.
    @inline(__always)
    private static func usual(_ text: ByteView) -> Timestamp? {
        guard text.count == 24 || text.count == 20 else { return nil }
        let end =
            text.count == 24
            ? TimestampWord(text.integer(at: 16, as: UInt64.self), form: ":00.000Z")
            : TimestampWord(UInt64(text.integer(at: 16, as: UInt32.self)), form: ":00Z")
        let date = TimestampWord(text.integer(at: 0, as: UInt64.self), form: "0000-00-")
        let time = TimestampWord(text.integer(at: 8, as: UInt64.self), form: "00T00:00")
        let (year, month, day) = (date.two(0) &* 100 &+ date.two(2), date.two(5), time.two(0))
        let (hour, minute, second) = (time.two(3), time.two(6), end.two(1))
        // What is out of range here may still be a time, or is told apart by the slow way.
        guard date.isOfForm, time.isOfForm, end.isOfForm, month >= 1, month <= 12, day >= 1,
            day <= 28 || day <= daysInMonth(year, month), hour < 24, minute < 60, second < 60
        else { return nil }
        let minutes = (daysFromCivil(year, month, day) &* 24 &+ hour) &* 60 &+ minute
        // Without a fraction these are zero.
        let millisecond = end.two(4) &* 10 &+ end.one(6)
        return Timestamp(milliseconds: Int64((minutes &* 60 &+ second) &* 1000 &+ millisecond))
    }

    /// Reads text; see ``init(_:)-(ByteView)``.
    public init?(_ text: String) {
        var text = text
        guard let parsed = text.withUTF8({ Timestamp(ByteView($0)) }) else { return nil }
        self = parsed
    }

    /// Appends `YYYY-MM-DDTHH:MM:SS.mmmZ`, 24 bytes.
    public func append(to buffer: inout ByteBuffer) {
        let bounded = Swift.min(Swift.max(self, Timestamp.earliest), Timestamp.latest).milliseconds
        let sinceEarliest = UInt(truncatingIfNeeded: bounded &- Timestamp.earliest.milliseconds)
        let (year, month, day) = civilFromDays(sinceEarliest / 86_400_000)
        let rest = sinceEarliest % 86_400_000
        let (minutes, milliseconds) = (rest / 60_000, rest % 60_000)
        let (second, fraction) = (milliseconds / 1000, milliseconds % 1000)
        let out = buffer.extend(by: 24)
        /// Two digits of a number below 100, as they lie in memory, less what stands for 0.
        func two(_ value: UInt) -> UInt64 {
            let tens = (UInt64(value) &* 103) &>> 10
            return tens | (UInt64(value) &- tens &* 10) &<< 8
        }
        /// Eight bytes: a form, whose digits are 0, and what comes on top of them.
        func put(_ form: StaticString, _ digits: UInt64, at offset: Int) {
            out.storeBytes(
                of: (UInt64(littleEndian: word(form.utf8Start, 0)) &+ digits).littleEndian, toByteOffset: offset,
                as: UInt64.self)
        }
        put("0000-00-", two(year / 100) | two(year % 100) &<< 16 | two(month) &<< 40, at: 0)
        put("00T00:00", two(day) | two(minutes / 60) &<< 24 | two(minutes % 60) &<< 48, at: 8)
        put(":00.000Z", two(second) &<< 8 | UInt64(fraction / 100) &<< 32 | two(fraction % 100) &<< 40, at: 16)
    }
}

extension Timestamp: CustomStringConvertible {
    public var description: String {
        var buffer = ByteBuffer(capacity: 24)
        append(to: &buffer)
        return buffer.bytes.text
    }
}

/// Eight bytes of a time's text, as they lie in memory, held against a form: its `0`s stand for digits, the rest for itself.
private struct TimestampWord {
    /// The digits' values where digits must be, and 0 elsewhere; if it is of the form.
    private let values: UInt64
    private let limits: UInt64

    /// A form of less than eight bytes is one of a word whose other bytes are zero.
    @inline(__always)
    init(_ word: UInt64, form: StaticString) {
        var expected: UInt64 = 0
        var limits: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
        for at in 0..<form.utf8CodeUnitCount {
            expected |= UInt64(form.utf8Start[at]) &<< UInt64(8 &* at)
            if form.utf8Start[at] == UInt8(ascii: "0") { limits &-= 9 &<< UInt64(8 &* at) }
        }
        values = word ^ expected
        self.limits = limits
    }

    /// Whether no byte is greater than what its place allows: 9 of a digit, else 0. One that is sets its top bit.
    @inline(__always)
    var isOfForm: Bool { ((values &+ limits) | values) & 0x8080_8080_8080_8080 == 0 }

    /// The digit at an offset.
    @inline(__always)
    func one(_ at: Int) -> Int { Int(values &>> UInt64(8 &* at) & 0xFF) }

    /// The number of two digits that starts at an offset.
    @inline(__always)
    func two(_ at: Int) -> Int { one(at) &* 10 &+ one(at &+ 1) }
}

/// Text of a time, read from front to back. What is not there reads as 0 and makes the whole invalid.
private struct TimestampForm {
    private let text: ByteView
    private var at = 0
    private(set) var isValid = true

    init(_ text: ByteView) { self.text = text }

    var isAtEnd: Bool { at == text.count }
    var isAtDigit: Bool { at < text.count && text[at] >= 0x30 && text[at] <= 0x39 }

    func isAt(_ mark: Unicode.Scalar) -> Bool { at < text.count && text[at] == UInt8(ascii: mark) }

    mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        guard isAt(mark) else { return false }
        at += 1
        return true
    }

    mutating func number(_ digits: Int) -> Int {
        var value = 0
        for _ in 0..<digits {
            guard isAtDigit else {
                isValid = false
                return 0
            }
            value = value * 10 + Int(text[at] - 0x30)
            at += 1
        }
        return value
    }
}

@inline(__always)
private func daysInMonth(_ year: Int, _ month: Int) -> Int {
    switch month {
    case 2: return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: return 30
    default: return 31
    }
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date
/// algorithms").
@inline(__always)
private func daysFromCivil(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

/// The date of a day counted from 0000-01-01 (C. Neri, L. Schneider, "Euclidean affine functions and their application to calendar
/// algorithms").
@inline(__always)
private func civilFromDays(_ days: UInt) -> (year: UInt, month: UInt, day: UInt) {
    // Years that begin in March, from the year -400 on, so that nothing is negative.
    let quarters = 4 &* (days &+ 146_097 &- 60) &+ 3
    let (century, dayOfCentury) = (quarters / 146_097, quarters % 146_097 / 4)
    let years = (4 &* dayOfCentury &+ 3) &* 2_939_745
    let dayOfYear = (years & 0xFFFF_FFFF) / 2_939_745 / 4
    let months = 2141 &* dayOfYear &+ 197_913
    let isNext = dayOfYear >= 306
    return (
        100 &* century &+ years &>> 32 &- (isNext ? 399 : 400), months &>> 16 &- (isNext ? 12 : 0),
        (months & 0xFFFF) / 2141 &+ 1
    )
}
