public import Platform

/// How the tellings of one register are joined. Every rule is commutative, associative and idempotent.
public enum Rule: UInt8, Sendable, CaseIterable {
    /// The greater stamp wins; of equal stamps the greater value bytes.
    case lastWriterWins = 0
    /// The greater measure wins; of equal measures the greater stamp, then the greater value bytes.
    case max = 1
    /// The lesser measure wins; of equal measures the lesser stamp, then the lesser value bytes.
    case min = 2
    /// A set of values, each under the greatest stamp it was told with; keeps its `capacity` members with the greatest
    /// stamps (of equal stamps the greater value bytes). Of two capacities the lesser holds.
    case union = 3
    /// A ``SketchView``, which tells about how many things there were: of each bucket the greatest value, under the greatest stamp.
    case sketch = 4
}

/// One register of an encoded entity, as it lies there.
///
/// Layout, little-endian, no padding:
///
///     u32 payload length      u16 path length      u8 rule      u8 rank      i64 time (ms)
///     u8 region length        u8 id length         u8 id form   u8 flags (bit 0: tombstone)
///     path   region   id   payload
///
/// The payload is the value (canonical JSON; empty for a tombstone) under last-writer-wins; an i64 measure and the value
/// under max and min; a ``UnionView`` under union, whose stamp in the header is that of its greatest member; and a ``SketchView``.
public struct RegisterView: @unchecked Sendable {
    @usableFromInline static let headerSize = 20

    /// The whole register, header included.
    public let bytes: ByteView

    @inline(__always)
    init(at start: UnsafeRawPointer) {
        let header = ByteView(start: start, count: RegisterView.headerSize)
        let size =
            RegisterView.headerSize + Int(header.integer(at: 0, as: UInt32.self)) + Int(header.integer(at: 4, as: UInt16.self))
            + Int(header[16]) + Int(header[17])
        bytes = ByteView(start: start, count: size)
    }

    @inline(__always) private var payloadLength: Int { Int(bytes.integer(at: 0, as: UInt32.self)) }
    @inline(__always) private var pathLength: Int { Int(bytes.integer(at: 4, as: UInt16.self)) }
    @inline(__always) private var regionLength: Int { Int(bytes[16]) }
    @inline(__always) private var idLength: Int { Int(bytes[17]) }

    /// How its tellings are joined.
    @inline(__always) public var rule: Rule { Rule(rawValue: bytes[6]).unsafelyUnwrapped }
    /// Whether it is deleted: it has a stamp and no value.
    @inline(__always) public var isTombstone: Bool { bytes[19] & 1 != 0 }
    /// Its stamp's time.
    @inline(__always) public var time: Timestamp { Timestamp(milliseconds: bytes.integer(at: 8, as: Int64.self)) }
    /// Its stamp's rank.
    @inline(__always) public var rank: UInt8 { bytes[7] }

    /// Where it stands in its entity, segments percent-encoded; at most 65,535 bytes.
    @inline(__always)
    public var path: ByteView { bytes.slice(RegisterView.headerSize, pathLength) }

    /// Its stamp's Region, empty where the event told none.
    @inline(__always)
    public var region: ByteView { bytes.slice(RegisterView.headerSize + pathLength, regionLength) }

    /// Its stamp's event id.
    @inline(__always)
    public var id: EventID {
        EventID(
            form: EventID.Form(rawValue: bytes[18]).unsafelyUnwrapped,
            bytes: bytes.slice(RegisterView.headerSize + pathLength + regionLength, idLength))
    }

    /// The stamp that won; of a union that of its greatest member.
    @inline(__always)
    public var stamp: Stamp { Stamp(time: time, rank: rank, region: region, id: id) }

    @inline(__always)
    var payload: ByteView { bytes.slice(bytes.count - payloadLength, payloadLength) }

    /// What max and min compare first; 0 under the other rules.
    @inline(__always)
    public var measure: Int64 {
        switch rule {
        case .max, .min: return payload.integer(at: 0, as: Int64.self)
        case .lastWriterWins, .union, .sketch: return 0
        }
    }

    /// The value's canonical JSON; empty for a tombstone, under union (see ``members``) and of a sketch.
    @inline(__always)
    public var value: ByteView {
        switch rule {
        case .lastWriterWins: return payload
        case .max, .min: return payload.slice(8, payloadLength - 8)
        case .union, .sketch: return StaticString("").view
        }
    }

    /// The members of a union register, sorted by value bytes; none under the other rules.
    public var members: UnionView { UnionView(rule == .union ? payload : StaticString("").view) }

    /// The sketch of a register that is one; nil under the other rules.
    public var sketch: SketchView? { rule == .sketch ? SketchView(payload) : nil }

    /// Order under this register's own rule: positive when `self` wins the join. Not for unions; of sketches the stamps alone.
    @inline(__always)
    public func contest(_ other: RegisterView) -> Int {
        switch rule {
        case .lastWriterWins:
            if time != other.time { return time < other.time ? -1 : 1 }
            return compareStamped(other)
        case .max:
            let mine = measure
            let others = other.measure
            return mine != others ? (mine < others ? -1 : 1) : compareStamped(other)
        case .min:
            let mine = measure
            let others = other.measure
            return mine != others ? (mine < others ? 1 : -1) : -compareStamped(other)
        case .union: return 0
        case .sketch: return stamp.compare(other.stamp)
        }
    }

    @inline(never)
    private func compareStamped(_ other: RegisterView) -> Int {
        let stamps = stamp.compare(other.stamp)
        if stamps != 0 { return stamps }
        // The very same event again, nearly always, and to see that is cheaper than to find an order.
        if value.equals(other.value) { return 0 }
        // A tombstone has no value bytes and so loses to a value of the very same stamp.
        return value.compare(other.value)
    }
}
