/// The JSON text of one event while it is written.
///
/// Literals go in as they stand: whoever writes one has seen to its commas, quotes and escapes.
struct TrafficLine: Sendable {
    private(set) var bytes: [UInt8]
    /// Writes member names of ``key(_:)`` with a capital first letter.
    var capitalised = false
    /// Set after a member, so that the next one begins with a comma.
    private var needsComma = false

    init(reusing bytes: [UInt8]) {
        self.bytes = bytes
        self.bytes.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    mutating func raw(_ literal: StaticString) {
        // The buffer is the literal's own storage, constant for the life of the process.
        bytes.append(contentsOf: UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    @inline(__always)
    mutating func raw(_ fragment: [UInt8]) { bytes.append(contentsOf: fragment) }

    /// Opens an object whose members are written by ``key(_:)``.
    mutating func open() {
        bytes.append(UInt8(ascii: "{"))
        needsComma = false
    }

    mutating func close() {
        bytes.append(UInt8(ascii: "}"))
        needsComma = true
    }

    /// Writes `"name":`, after a comma where one is due.
    mutating func key(_ name: StaticString) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        bytes.append(UInt8(ascii: "\""))
        let first = bytes.count
        raw(name)
        if capitalised, bytes[first] >= UInt8(ascii: "a") { bytes[first] -= 32 }
        raw("\":")
        needsComma = true
    }

    /// A string without characters that need an escape.
    mutating func string(_ literal: StaticString) {
        bytes.append(UInt8(ascii: "\""))
        raw(literal)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func string(_ fragment: [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        raw(fragment)
        bytes.append(UInt8(ascii: "\""))
    }

    mutating func integer(_ value: Int) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        digits(value.magnitude, width: 1)
    }

    /// A decimal number of at least `width` digits.
    mutating func digits(_ value: UInt, width: Int) {
        var divisor: UInt = 1
        var count = 1
        while count < width || (value / divisor >= 10 && count < 20) {
            divisor *= 10
            count += 1
        }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(value / divisor % 10))
            divisor /= 10
        }
    }

    /// The 36 characters of a UUID, without quotes.
    mutating func uuid(_ id: TrafficUUID) {
        hex(id.high >> 32, digits: 8)
        bytes.append(UInt8(ascii: "-"))
        hex(id.high >> 16, digits: 4)
        bytes.append(UInt8(ascii: "-"))
        hex(id.high, digits: 4)
        bytes.append(UInt8(ascii: "-"))
        hex(id.low >> 48, digits: 4)
        bytes.append(UInt8(ascii: "-"))
        hex(id.low, digits: 12)
    }

    @inline(__always)
    private mutating func hex(_ value: UInt64, digits: Int) {
        var shift = UInt64(digits) * 4
        while shift > 0 {
            shift -= 4
            let nibble = UInt8(truncatingIfNeeded: value >> shift) & 15
            bytes.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") - 10 + nibble)
        }
    }

    /// A quoted `yyyy-MM-ddTHH:mm:ss.SSSZ`.
    mutating func milliseconds(_ time: Int64) {
        dateAndTime(time)
        bytes.append(UInt8(ascii: "."))
        digits(UInt(time % 1000), width: 3)
        raw("Z\"")
    }

    /// A quoted `yyyy-MM-ddTHH:mm:ssZ`; the fraction is cut off.
    mutating func seconds(_ time: Int64) {
        dateAndTime(time)
        raw("Z\"")
    }

    /// A quoted time in whole seconds, or null where there is none (0).
    mutating func optionalSeconds(_ time: Int64) {
        if time == 0 { raw("null") } else { seconds(time) }
    }

    /// A quoted time in milliseconds, or null where there is none (0).
    mutating func optionalMilliseconds(_ time: Int64) {
        if time == 0 { raw("null") } else { milliseconds(time) }
    }

    private mutating func dateAndTime(_ time: Int64) {
        let second = Int(time / 1000)
        let date = CivilDate(daysSince1970: second / 86_400)
        let ofDay = second % 86_400
        bytes.append(UInt8(ascii: "\""))
        digits(UInt(date.year), width: 4)
        pair("-", date.month)
        pair("-", date.day)
        pair("T", ofDay / 3600)
        pair(":", ofDay / 60 % 60)
        pair(":", ofDay % 60)
    }

    @inline(__always)
    private mutating func pair(_ separator: Unicode.Scalar, _ value: Int) {
        bytes.append(UInt8(ascii: separator))
        bytes.append(UInt8(ascii: "0") + UInt8(value / 10))
        bytes.append(UInt8(ascii: "0") + UInt8(value % 10))
    }
}

/// A day of the proleptic Gregorian calendar.
struct CivilDate: Equatable {
    let year: Int
    let month: Int
    let day: Int

    /// Days are counted from 1970-01-01 and are not negative. The arithmetic is that of a year beginning in March.
    init(daysSince1970 days: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}
