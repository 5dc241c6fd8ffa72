import JSON
public import Platform

/// Canonical JSON as DynamoDB's typed values: `{"a":[1,"x"]}` becomes `{"M":{"a":{"L":[{"N":"1"},{"S":"x"}]}}}`.
/// ``ItemView`` reads typed values, and extensions of `JSONWriter` and `ByteBuffer` write them one by one.
///
/// What DynamoDB cannot hold stands as its JSON text in a string instead: numbers of over 38 digits or beyond 1E+/-125, objects with an
/// empty key, and anything nested deeper than ``depthMax``. Source:
/// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html.
public enum AttributeValue {
    /// DynamoDB allows 32 levels; those of the row around are taken off.
    static let depthMax = 27
    private static let digitsMax = 38

    /// Appends the value. Cost: one pass, some 3 ns a byte.
    ///
    /// What DynamoDB cannot hold makes text of all of it, or, where pieces are asked for, of the one that it lies in: the values that many
    /// levels deep stand each for itself. The order of keys does not matter.
    public static func append(canonical json: ByteView, piecesAt depth: Int = 0, to out: inout ByteBuffer) {
        let start = out.count
        var reader = Reader(text: json, piecesAt: depth)
        if reader.value(depth: 0, into: &out), reader.at == json.count { return }
        out.truncate(to: start)
        out.beginText()
        out.appendJSONEscaped(json)
        out.endText()
    }

    /// Walks text that is known to be canonical JSON. False where DynamoDB cannot hold it.
    private struct Reader {
        let text: ByteView
        let piecesAt: Int
        var at = 0

        init(text: ByteView, piecesAt: Int) {
            self.text = text
            self.piecesAt = piecesAt
        }

        private func next() -> UInt8? { at < text.count ? text[at] : nil }

        mutating func value(depth: Int, into out: inout ByteBuffer) -> Bool {
            guard depth <= AttributeValue.depthMax, let first = next() else { return false }
            switch first {
            case UInt8(ascii: "{"): return object(depth, into: &out)
            case UInt8(ascii: "["): return array(depth, into: &out)
            case UInt8(ascii: "\""):
                out.append("{\"S\":")
                guard string(into: &out) != nil else { return false }
                out.append("}")
                return true
            case UInt8(ascii: "t"):
                out.appendTrue()
                return pass(4)
            case UInt8(ascii: "f"):
                out.appendFalse()
                return pass(5)
            case UInt8(ascii: "n"):
                out.appendNull()
                return pass(4)
            default: return number(into: &out)
            }
        }

        private mutating func inner(depth: Int, into out: inout ByteBuffer) -> Bool {
            let (start, from) = (out.count, at)
            if value(depth: depth, into: &out) { return true }
            guard depth == piecesAt else { return false }
            out.truncate(to: start)
            at = end(from)
            out.beginText()
            out.appendJSONEscaped(text.slice(from, at - from))
            out.endText()
            return true
        }

        /// Where the value that begins at an offset ends.
        private func end(_ start: Int) -> Int {
            var (end, open) = (start, 0)
            while end < text.count {
                switch text[end] {
                case UInt8(ascii: "{"), UInt8(ascii: "["): open += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    if open == 0 { return end }
                    open -= 1
                case UInt8(ascii: ","): if open == 0 { return end }
                case UInt8(ascii: "\""): end = quote(behind: end)
                default: break
                }
                end += 1
            }
            return text.count
        }

        /// Where the quote lies that ends the string that begins at an offset, or behind the text.
        private func quote(behind start: Int) -> Int {
            var end = text.plainJSONEnd(from: start + 1)
            while end < text.count, text[end] != UInt8(ascii: "\"") { end += text[end] == UInt8(ascii: "\\") ? 2 : 1 }
            return end
        }

        private mutating func pass(_ length: Int) -> Bool {
            at += length
            return at <= text.count
        }

        private mutating func object(_ depth: Int, into out: inout ByteBuffer) -> Bool {
            at += 1
            out.beginMap()
            while let byte = next(), byte != UInt8(ascii: "}") {
                if byte == UInt8(ascii: ",") {
                    out.append(byte)
                    at += 1
                }
                guard let key = string(into: &out), key > 2, next() == UInt8(ascii: ":") else { return false }
                out.append(UInt8(ascii: ":"))
                at += 1
                guard inner(depth: depth + 1, into: &out) else { return false }
            }
            at += 1
            out.endMap()
            return at <= text.count
        }

        private mutating func array(_ depth: Int, into out: inout ByteBuffer) -> Bool {
            at += 1
            out.beginList()
            while let byte = next(), byte != UInt8(ascii: "]") {
                if byte == UInt8(ascii: ",") {
                    out.append(byte)
                    at += 1
                }
                guard inner(depth: depth + 1, into: &out) else { return false }
            }
            at += 1
            out.endList()
            return at <= text.count
        }

        /// Copies a string as it stands and returns its length, quotes included.
        private mutating func string(into out: inout ByteBuffer) -> Int? {
            guard next() == UInt8(ascii: "\"") else { return nil }
            let end = quote(behind: at)
            guard end < text.count else { return nil }
            let length = end + 1 - at
            out.append(text.slice(at, length))
            at = end + 1
            return length
        }

        private mutating func number(into out: inout ByteBuffer) -> Bool {
            let start = at
            var digits = 0
            var exponent: Int?
            while let byte = next(), byte != UInt8(ascii: ","), byte != UInt8(ascii: "}"), byte != UInt8(ascii: "]") {
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"):
                    if let power = exponent {
                        exponent = min(power * 10 + Int(byte - 0x30), 10_000)
                    } else {
                        digits += 1
                    }
                case UInt8(ascii: "e"), UInt8(ascii: "E"): exponent = 0
                case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."): break
                default: return false
                }
                at += 1
            }
            // Digits shift the magnitude, so the bound is a little tighter than DynamoDB's.
            guard digits > 0, digits <= AttributeValue.digitsMax, (exponent ?? 0) + digits <= 125 else { return false }
            out.beginNumber()
            out.append(text.slice(start, at - start))
            out.endNumber()
            return true
        }
    }
}
