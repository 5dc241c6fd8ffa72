public import Platform

/// About how many different things a register was told of, in 64 bytes whatever their number: a HyperLogLog of 64 buckets.
///
/// A thing is told by a hash of its id, a good one that is the same everywhere. Six bits of it choose a bucket, and how many zeros the
/// others begin with is the bucket's value; a bucket keeps its greatest. So things may be told in any order, any number of times and by
/// anyone, and sketches of parts join into that of the whole.
///
/// The payload is the buckets, a byte each, 0 (nothing yet) to ``valueMax``. The standard deviation of ``count`` is 8 % of 5 things,
/// 10 % of 50 and 13 % from 500 on, to hundreds of thousands (`docs/decisions/0080-contact-starts.md`).
public struct SketchView: @unchecked Sendable {
    public typealias Buckets = SIMD64<UInt8>

    public static let bucketCount = 64
    /// The greatest value of a bucket.
    public static let valueMax: UInt8 = 15
    /// The greatest ``count``.
    public static let countMax = 1 << 20

    let bytes: ByteView

    /// A payload that is valid.
    init(_ payload: ByteView) { bytes = payload }

    static func isValid(_ payload: ByteView) -> Bool {
        payload.count == bucketCount && SketchView(payload).buckets.max() <= valueMax
    }

    public var buckets: Buckets { bytes.baseAddress.unsafelyUnwrapped.loadUnaligned(as: Buckets.self) }

    /// The sketch of one thing.
    @inline(__always)
    static func buckets(of hash: UInt64) -> Buckets {
        var buckets = Buckets.zero
        let zeros = (hash &<< 6).leadingZeroBitCount
        buckets[Int(truncatingIfNeeded: hash &>> 58)] = UInt8(truncatingIfNeeded: Swift.min(zeros + 1, Int(valueMax)))
        return buckets
    }

    @inline(__always)
    static func append(_ buckets: Buckets, to buffer: inout ByteBuffer) {
        withUnsafeBytes(of: buckets) { buffer.append($0) }
    }

    /// The sketch of what either was told of; nil where that is this very sketch.
    func joined(with other: SketchView) -> Buckets? {
        let mine = buckets
        let joined = pointwiseMax(mine, other.buckets)
        return joined == mine ? nil : joined
    }

    /// Whether every bucket that has a value here has the same one in the other sketch: whoever told it is not outdone.
    public func hasReached(_ other: SketchView) -> Bool {
        let (mine, others) = (buckets, other.buckets)
        return !any((mine .!= 0) .& (mine .!= others))
    }

    /// About how many different things it was told of, to the nearest whole number; at most ``countMax``.
    ///
    /// Ertl's improved estimator, which needs no correction for few or many: "New cardinality estimation algorithms for HyperLogLog
    /// sketches", 2017, algorithm 6. It adds, multiplies, divides and takes square roots, which IEEE 754 rounds alike everywhere, so that
    /// every machine tells the same number. Cost: about a microsecond; no allocation.
    public var count: Int { SketchView.count(buckets) }

    /// The same of a sketch's buckets.
    package static func count(_ buckets: Buckets) -> Int {
        var having = SIMD16<UInt8>.zero
        for bucket in 0..<SketchView.bucketCount { having[Int(buckets[bucket])] &+= 1 }
        let total = Double(SketchView.bucketCount)
        guard having[0] < UInt8(SketchView.bucketCount) else { return 0 }
        let top = Int(SketchView.valueMax)
        var sum = total * SketchView.tau(1 - Double(having[top]) / total)
        for value in stride(from: top - 1, through: 1, by: -1) { sum = 0.5 * (sum + Double(having[value])) }
        sum += total * SketchView.sigma(Double(having[0]) / total)
        // 1 / (2 ln 2)
        return Int(Swift.min(0.7213475204444817 * total * total / sum, Double(SketchView.countMax)).rounded())
    }

    /// Of the share of buckets that have no value, less than 1.
    private static func sigma(_ share: Double) -> Double {
        var (x, y, sum, before) = (share, 1.0, share, -1.0)
        while sum != before {
            x *= x
            before = sum
            sum += x * y
            y += y
        }
        return sum
    }

    /// Of the share of buckets that have not the greatest value.
    private static func tau(_ share: Double) -> Double {
        guard share > 0, share < 1 else { return 0 }
        var (x, y, sum, before) = (share, 1.0, 1 - share, -1.0)
        while sum != before {
            x = x.squareRoot()
            before = sum
            y *= 0.5
            sum -= (1 - x) * (1 - x) * y
        }
        return sum / 3
    }
}

// MARK: - As text

extension SketchView {
    /// Appends the buckets, a hexadecimal digit each.
    public func appendText(to out: inout ByteBuffer) {
        for byte in bytes { out.append(byte < 10 ? UInt8(ascii: "0") + byte : UInt8(ascii: "a") - 10 + byte) }
    }

    /// The buckets of such a text; nil of any other.
    public static func buckets(text: ByteView) -> Buckets? {
        guard text.count == bucketCount else { return nil }
        var buckets = Buckets.zero
        for (at, digit) in text.enumerated() {
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): buckets[at] = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): buckets[at] = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
        }
        return buckets
    }
}
