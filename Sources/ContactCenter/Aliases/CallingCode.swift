public import Platform

/// The calling code of a country in digits, such as `44`: what numbers are completed with that are written without one.
public struct CallingCode: Equatable, Sendable, CustomStringConvertible {
    public let description: String

    /// One to three digits, the first of them no zero, with or without a `+`. Nil for anything else; which codes are assigned is not asked.
    public init?(_ text: String) {
        let digits = text.hasPrefix("+") ? String(text.dropFirst()) : text
        guard (1...3).contains(digits.utf8.count), !digits.hasPrefix("0"),
            digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        description = digits
    }

    /// What stands before the number of a subscriber inside the country, and is no part of it: the digit, and of how many digits.
    var trunk: (digit: UInt8, count: Int?)? {
        switch description {
        // North America writes 1 and ten digits, or the ten digits.
        case "1": (UInt8(ascii: "1"), 11)
        case "7": (UInt8(ascii: "8"), 11)
        // In Italy the zero belongs to the number.
        case "39": nil
        default: (UInt8(ascii: "0"), nil)
        }
    }

    /// How many digits a number has behind the code, where that is fixed.
    var length: Int? { description == "1" ? 10 : nil }
    /// What is dialled before a calling code, beside `00`.
    var isNorthAmerican: Bool { description == "1" }

    /// The same of what somebody gave under a name, nil if nothing; throws what is accepted.
    public init?(told text: String?, as name: String) throws(UsageError) {
        guard let text else { return nil }
        guard let code = CallingCode(text) else {
            throw UsageError("\(name): '\(printable(text))' is not a calling code; give one to three digits, such as 44")
        }
        self = code
    }
}
