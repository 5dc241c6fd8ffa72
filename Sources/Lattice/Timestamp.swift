public import Bytes

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

    /// Reads `YYYY-MM-DDTHH:MM[:SS][.fraction](Z|±HH:MM)`, 40 bytes at most; digits beyond milliseconds are cut off. As RFC
    /// 3339 has it, `t`, a blank and `z` stand for `T` and `Z`, and a second 60 is the first of the next minute. Nil where the
    /// text is anything else, or no date of the calendar.
    ///
    /// Seconds may be missing because the documentation's own flow-log sample lacks them (`2017-11-09T12:17.898Z`).
    public init?(_ text: ByteView) {
        if let usual = Timestamp.usual(text) {
            self = usual
            return
        }
        guard text.count >= 17, text.count <= 40 else { return nil }
        var valid = true
        func number(_ at: Int, _ digits: Int) -> Int {
            var value = 0
            for offset in at..<(at + digits) {
                let digit = Int(text[offset]) - 48
                if digit < 0 || digit > 9 { valid = false }
                value = value &* 10 &+ digit
            }
            return value
        }
        let year = number(0, 4)
        let month = number(5, 2)
        let day = number(8, 2)
        let hour = number(11, 2)
        let minute = number(14, 2)
        guard valid, text[4] == UInt8(ascii: "-"), text[7] == UInt8(ascii: "-"), text[13] == UInt8(ascii: ":"),
            text[10] == UInt8(ascii: "T") || text[10] == UInt8(ascii: "t") || text[10] == UInt8(ascii: " "),
            month >= 1, month <= 12, day >= 1, day <= daysInMonth(year, month), hour < 24, minute < 60
        else { return nil }

        var at = 16
        var second = 0
        if text[at] == UInt8(ascii: ":") {
            guard text.count >= 20 else { return nil }
            second = number(17, 2)
            guard valid, second <= 60 else { return nil }
            at = 19
        }
        var millisecond = 0
        if text[at] == UInt8(ascii: ".") || text[at] == UInt8(ascii: ",") {
            at += 1
            var scale = 100
            let first = at
            while at < text.count, text[at] >= 48, text[at] <= 57 {
                millisecond += scale * Int(text[at] - 48)
                scale /= 10
                at += 1
            }
            guard at > first else { return nil }
        }
        guard at < text.count else { return nil }
        var offsetMinutes = 0
        switch text[at] {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"):
            guard at + 1 == text.count else { return nil }
        case UInt8(ascii: "+"), UInt8(ascii: "-"):
            guard at + 6 == text.count, text[at + 3] == UInt8(ascii: ":") else { return nil }
            let hours = number(at + 1, 2)
            let minutes = number(at + 4, 2)
            guard valid, hours < 24, minutes < 60 else { return nil }
            offsetMinutes = (hours * 60 + minutes) * (text[at] == UInt8(ascii: "+") ? 1 : -1)
        default: return nil
        }
        let days = daysFromCivil(year, month, day)
        let minutes = (days * 24 + hour) * 60 + minute - offsetMinutes
        milliseconds = Int64((minutes * 60 + second) * 1000 + millisecond)
        guard self >= Timestamp.earliest, self <= Timestamp.latest else { return nil }
    }

    /// The spelling of nearly all events, `YYYY-MM-DDTHH:MM:SS.mmmZ` or without the fraction, without a branch a digit.
    @inline(__always)
    private static func usual(_ text: ByteView) -> Timestamp? {
        guard text.count == 24 || text.count == 20, text[text.count - 1] == UInt8(ascii: "Z") else { return nil }
        var bad: UInt8 = 0
        @inline(__always) func digit(_ at: Int) -> Int {
            let value = text[at] &- 48
            bad |= value > 9 ? 1 : 0
            return Int(value)
        }
        @inline(__always) func two(_ at: Int) -> Int { digit(at) &* 10 &+ digit(at &+ 1) }
        @inline(__always) func mark(_ at: Int, _ byte: UInt8) { bad |= text[at] ^ byte }
        let year = two(0) &* 100 &+ two(2)
        let month = two(5)
        let day = two(8)
        let hour = two(11)
        let minute = two(14)
        let second = two(17)
        mark(4, 0x2D)
        mark(7, 0x2D)
        mark(10, 0x54)
        mark(13, 0x3A)
        mark(16, 0x3A)
        var millisecond = 0
        if text.count == 24 {
            mark(19, 0x2E)
            millisecond = two(20) &* 10 &+ digit(22)
        }
        // What is out of range here may still be a time, or is told apart by the slow way.
        guard bad == 0, month >= 1, month <= 12, day >= 1, day <= 28, hour < 24, minute < 60, second < 60 else { return nil }
        let minutes = (daysFromCivil(year, month, day) &* 24 &+ hour) &* 60 &+ minute
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
        var days = Int(bounded / 86_400_000)
        var rest = Int(bounded % 86_400_000)
        if rest < 0 {
            rest += 86_400_000
            days -= 1
        }
        let (year, month, day) = civilFromDays(days)
        let out = buffer.extend(by: 24)
        func put(_ value: Int, _ at: Int, _ digits: Int) {
            var value = value
            for position in stride(from: at + digits - 1, through: at, by: -1) {
                out.storeBytes(of: UInt8(48 + value % 10), toByteOffset: position, as: UInt8.self)
                value /= 10
            }
        }
        func mark(_ character: Unicode.Scalar, _ at: Int) {
            out.storeBytes(of: UInt8(ascii: character), toByteOffset: at, as: UInt8.self)
        }
        put(year, 0, 4)
        mark("-", 4)
        put(month, 5, 2)
        mark("-", 7)
        put(day, 8, 2)
        mark("T", 10)
        put(rest / 3_600_000, 11, 2)
        mark(":", 13)
        put(rest / 60_000 % 60, 14, 2)
        mark(":", 16)
        put(rest / 1000 % 60, 17, 2)
        mark(".", 19)
        put(rest % 1000, 20, 3)
        mark("Z", 23)
    }
}

extension Timestamp: CustomStringConvertible {
    public var description: String {
        var buffer = ByteBuffer(capacity: 24)
        append(to: &buffer)
        return buffer.bytes.text
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

/// The inverse of ``daysFromCivil(_:_:_:)``.
private func civilFromDays(_ days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
}
