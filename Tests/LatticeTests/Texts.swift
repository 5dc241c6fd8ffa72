import Platform

extension String {
    func withView<R>(_ body: (ByteView) throws -> R) rethrows -> R {
        var copy = self
        return try copy.withUTF8 { try body(ByteView($0)) }
    }
}

extension Sequence where Element == UInt8 {
    var hex: String {
        map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }
        .joined()
    }
}
