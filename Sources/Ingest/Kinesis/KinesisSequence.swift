public import EngineCore
public import Platform

/// Places in a shard as positions: everything up to and including the record of this sequence number was read, and of that
/// record, where it is an aggregate, its user records up to and including the one of this sub-sequence number (counted from 0).
///
/// The first three words hold the number, the last one the sub-sequence number in its lower 56 bits and, above, how many zeros
/// lead the number's text: Kinesis writes none, but emulators of it do, and know a number by its text only. So text and position
/// are exact both ways.
extension Position {
    /// Digits that fit whatever they are: 192 bits hold any number of 57 digits. Kinesis writes 56.
    static let sequenceDigitsMax = 57
    private static let subSequenceMax: UInt64 = 1 << 56 - 1

    /// Nil of anything but decimal digits, at least one, and of a sub-sequence number that no record has.
    public init?(sequenceNumber text: ByteView, subSequenceNumber: Int64 = 0) {
        guard text.count > 0, text.count <= Position.sequenceDigitsMax, let sub = UInt64(exactly: subSequenceNumber),
            sub <= Position.subSequenceMax
        else { return nil }
        var zeros = 0
        while zeros < text.count - 1, text[zeros] == UInt8(ascii: "0") { zeros += 1 }
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        var at = 0
        while at < text.count {
            // As many digits as a word holds at a time.
            let end = min(at + 19, text.count)
            var chunk: UInt64 = 0
            var scale: UInt64 = 1
            while at < end {
                let digit = text[at] &- UInt8(ascii: "0")
                guard digit < 10 else { return nil }
                chunk = chunk &* 10 &+ UInt64(digit)
                scale &*= 10
                at += 1
            }
            let low = words.2.scaled(by: scale, adding: chunk)
            let middle = words.1.scaled(by: scale, adding: low.carry)
            words = (words.0.scaled(by: scale, adding: middle.carry).word, middle.word, low.word)
        }
        self.init(words.0, words.1, words.2, UInt64(zeros) << 56 | sub)
    }

    public init?(sequenceNumber text: String, subSequenceNumber: Int64 = 0) {
        var text = text
        guard let position = text.withUTF8({ Position(sequenceNumber: ByteView($0), subSequenceNumber: subSequenceNumber) })
        else { return nil }
        self = position
    }

    /// The sequence number as it was written.
    public var sequenceNumber: String {
        var rest = (words.0, words.1, words.2)
        var digits: [UInt8] = []
        let ten: UInt64 = 10
        repeat {
            let high = rest.0.quotientAndRemainder(dividingBy: ten)
            let middle = ten.dividingFullWidth((high.remainder, rest.1))
            let low = ten.dividingFullWidth((middle.remainder, rest.2))
            rest = (high.quotient, middle.quotient, low.quotient)
            digits.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: low.remainder))
        } while rest != (0, 0, 0)
        digits.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: Int(words.3 >> 56)))
        return String(decoding: digits.reversed(), as: UTF8.self)
    }

    /// Which user record of an aggregate is the last that was read, from 0; 0 of a plain record.
    public var subSequenceNumber: Int64 { Int64(words.3 & Position.subSequenceMax) }
}

extension UInt64 {
    @inline(__always)
    fileprivate func scaled(by factor: UInt64, adding extra: UInt64) -> (word: UInt64, carry: UInt64) {
        let product = multipliedFullWidth(by: factor)
        let (word, overflow) = product.low.addingReportingOverflow(extra)
        return (word, product.high &+ (overflow ? 1 : 0))
    }
}
