import Platform

/// Arbitrary bytes as a moment's text, and as its milliseconds.
final class TimestampTarget: FuzzTarget {
    func run(_ input: ByteView) {
        if let read = Timestamp(input) {
            require(read >= .earliest && read <= .latest, "a moment out of bounds")
            check(read)
        }
        if input.count == 8 { check(Timestamp(milliseconds: input.integer(at: 0, as: Int64.self))) }
    }

    /// What is written is read again as the same moment, or as the nearest bound.
    private func check(_ moment: Timestamp) {
        var text = ByteBuffer()
        moment.append(to: &text)
        require(text.count == 24, "a moment of \(text.count) bytes")
        let bounded = min(max(moment, .earliest), .latest)
        require(Timestamp(text.bytes) == bounded, "\(moment.milliseconds) ms is written as \(text.bytes.text)")
    }
}
