import Bytes
public import Engine

extension Position {
    /// Of a record of Kinesis: its sequence number in decimal, below 2^192, and its place in an aggregate. Nil where it is no such number.
    init?(sequenceNumber digits: ByteView, subSequenceNumber: UInt64) {
        guard !digits.isEmpty else { return nil }
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            var carry = UInt64(digit - UInt8(ascii: "0"))
            (words.2, carry) = Position.timesTen(words.2, plus: carry)
            (words.1, carry) = Position.timesTen(words.1, plus: carry)
            (words.0, carry) = Position.timesTen(words.0, plus: carry)
            guard carry == 0 else { return nil }
        }
        self.init(words.0, words.1, words.2, subSequenceNumber)
    }

    private static func timesTen(_ word: UInt64, plus carry: UInt64) -> (UInt64, UInt64) {
        let product = word.multipliedFullWidth(by: 10)
        let (low, isOver) = product.low.addingReportingOverflow(carry)
        return (low, product.high + (isOver ? 1 : 0))
    }

    var subSequenceNumber: UInt64 { words.3 }

    /// In decimal, as the service writes it, and behind a slash the place in an aggregate.
    public var sequenceNumberText: String { "\(sequenceNumber)/\(subSequenceNumber)" }

    /// In decimal, as the service writes it.
    var sequenceNumber: String {
        var rest = [words.0, words.1, words.2]
        var digits: [UInt8] = []
        repeat {
            var remainder: UInt64 = 0
            for index in rest.indices {
                (rest[index], remainder) = (10 as UInt64).dividingFullWidth((remainder, rest[index]))
            }
            digits.append(UInt8(ascii: "0") + UInt8(remainder))
        } while rest.contains { $0 != 0 }
        return String(decoding: digits.reversed(), as: UTF8.self)
    }
}
