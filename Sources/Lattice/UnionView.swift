public import Platform

/// The members of a union register, as they lie in its payload.
///
/// Layout, little-endian, no padding: u32 capacity, u32 count, then per member, in ascending order of value bytes:
///
///     u32 value length   u8 region length   u8 id length   u8 id form   u8 rank   i64 time (ms)   region   id   value
public struct UnionView: Sequence, @unchecked Sendable {
    static let headerSize = 8
    static let memberHeaderSize = 16

    let bytes: ByteView

    init(_ payload: ByteView) { bytes = payload }

    /// How many members the set keeps.
    public var capacity: Int { bytes.isEmpty ? 0 : Int(bytes.integer(at: 0, as: UInt32.self)) }
    /// How many members it has.
    public var count: Int { bytes.isEmpty ? 0 : Int(bytes.integer(at: 4, as: UInt32.self)) }

    /// One value of the set, with the greatest stamp that it was told with.
    public struct Member: @unchecked Sendable {
        /// The whole member, header included.
        let bytes: ByteView
        public let stamp: Stamp
        /// Canonical JSON.
        public let value: ByteView

        init(at start: UnsafeRawPointer) {
            let header = ByteView(start: start, count: UnionView.memberHeaderSize)
            let valueLength = Int(header.integer(at: 0, as: UInt32.self))
            let regionLength = Int(header[4])
            let idLength = Int(header[5])
            bytes = ByteView(start: start, count: UnionView.memberHeaderSize + regionLength + idLength + valueLength)
            stamp = Stamp(
                time: Timestamp(milliseconds: header.integer(at: 8, as: Int64.self)), rank: header[7],
                region: bytes.slice(UnionView.memberHeaderSize, regionLength),
                id: EventID(
                    form: EventID.Form(rawValue: header[6]).unsafelyUnwrapped,
                    bytes: bytes.slice(UnionView.memberHeaderSize + regionLength, idLength)))
            value = bytes.slice(bytes.count - valueLength, valueLength)
        }

        /// Order of who stays when the set is full.
        func compare(_ other: Member) -> Int {
            let stamps = stamp.compare(other.stamp)
            return stamps != 0 ? stamps : value.compare(other.value)
        }
    }

    public struct Iterator: IteratorProtocol {
        var at: UnsafeRawPointer?
        var left: Int

        public mutating func next() -> Member? {
            guard left > 0, let here = at else { return nil }
            let member = Member(at: here)
            left -= 1
            at = here + member.bytes.count
            return member
        }
    }

    public func makeIterator() -> Iterator {
        Iterator(at: bytes.isEmpty ? nil : bytes.baseAddress.unsafelyUnwrapped + UnionView.headerSize, left: count)
    }

    /// Whether the join with `other` is this very set. What an event tells of a set is known already, nearly always.
    /// Cost: linear in this set for each of the other's members; no allocation.
    func absorbs(_ other: UnionView) -> Bool {
        capacity <= other.capacity && other.allSatisfy { absorbs($0) }
    }

    /// Whether the set has the member under no lesser stamp, or is full of greater ones.
    private func absorbs(_ told: Member) -> Bool {
        var outranks = count == capacity
        for member in self {
            let order = member.value.compare(told.value)
            if order == 0 { return member.stamp.compare(told.stamp) >= 0 }
            if outranks, member.compare(told) < 0 { outranks = false }
            if order > 0, !outranks { return false }
        }
        return outranks
    }

    /// Joins the members of two payloads: by value the greater stamp, then the greatest `capacity` by stamp.
    ///
    /// Of two capacities the lesser holds. The greater would be no join: what a set has dropped already would be missing
    /// in one order of joining and there in another.
    ///
    /// Cost: linear in both, plus a sort when the set overflows.
    static func join(_ a: UnionView, _ b: UnionView) -> (members: [Member], capacity: Int) {
        var joined: [Member] = []
        joined.reserveCapacity(a.count + b.count)
        var left = a.makeIterator()
        var right = b.makeIterator()
        var mine = left.next()
        var others = right.next()
        while let x = mine, let y = others {
            let order = x.value.compare(y.value)
            if order < 0 {
                joined.append(x)
                mine = left.next()
            } else if order > 0 {
                joined.append(y)
                others = right.next()
            } else {
                joined.append(x.stamp.compare(y.stamp) >= 0 ? x : y)
                mine = left.next()
                others = right.next()
            }
        }
        while let x = mine {
            joined.append(x)
            mine = left.next()
        }
        while let y = others {
            joined.append(y)
            others = right.next()
        }
        let capacity = Swift.min(a.capacity, b.capacity)
        if joined.count > capacity {
            joined.sort { $0.compare($1) > 0 }
            joined.removeLast(joined.count - capacity)
            joined.sort { $0.value.compare($1.value) < 0 }
        }
        return (joined, capacity)
    }
}
