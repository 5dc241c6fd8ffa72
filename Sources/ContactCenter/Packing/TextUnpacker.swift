import Lattice
import Platform

/// Reads what ``TextPacker`` wrote. Keeps its memory; not thread-safe.
struct TextUnpacker: ~Copyable {
    typealias Damaged = EntityUnpacker.Damaged

    private var times = PackedCursor()
    private var uuids = PackedCursor()
    private var knownTimes: [Int64] = []
    private var known = KnownUUIDs()
    private var latest: Int64 = 0
    private var bytesMax = 0

    /// Whether all times and UUIDs were told.
    var isAtEnd: Bool { times.isAtEnd && uuids.isAtEnd }

    /// `bytesMax`: of a text.
    mutating func begin(key: ByteView, times: ByteView, uuids: ByteView, bytesMax: Int) {
        self.times = PackedCursor(times)
        self.uuids = PackedCursor(uuids)
        self.bytesMax = bytesMax
        knownTimes.removeAll(keepingCapacity: true)
        known.begin(key: key)
        latest = 0
    }

    /// The next time, in milliseconds.
    mutating func time() throws(Damaged) -> Int64 {
        let told = try times.varint()
        if told & 1 == 0 {
            guard told &>> 1 < UInt64(knownTimes.count) else { throw Damaged("a time is not known") }
            return knownTimes[Int(told &>> 1)]
        }
        let difference = Int64(bitPattern: told &>> 2) ^ -Int64(bitPattern: told &>> 1 & 1)
        let time = latest &- difference
        latest = time
        if knownTimes.count < PackedEntity.knownMax { knownTimes.append(time) }
        return time
    }

    /// Appends a text up to its end, which it returns: a byte that stands for nothing in a text.
    mutating func append(from cursor: inout PackedCursor, to out: inout ByteBuffer) throws(Damaged) -> UInt8 {
        let start = out.count
        while true {
            out.append(cursor.run())
            let byte = try cursor.byte()
            switch PackedEntity.Token(rawValue: byte) {
            case .newUUID:
                let uuid = UUIDBytes(try uuids.bytes(UUIDBytes.byteCount))
                known.append(uuid)
                uuid.appendText(to: &out)
            case .knownUUID:
                let index = try cursor.length()
                guard index < known.uuids.count else { throw Damaged("a UUID is not known") }
                known.uuids[index].appendText(to: &out)
            case .time: Timestamp(milliseconds: try time()).append(to: &out)
            case .timeInSeconds:
                Timestamp(milliseconds: try time()).append(to: &out)
                out.truncate(to: out.count - 5)
                out.append("Z")
            case .slash: out.append("%2F")
            case .instance: out.append(known.instance.bytes)
            case .end, nil: return byte
            }
            guard out.count - start <= bytesMax else { throw Damaged("a text is too long") }
        }
    }

    /// Goes behind a text and its end, which it returns.
    static func skip(_ cursor: inout PackedCursor) throws(Damaged) -> UInt8 {
        while true {
            _ = cursor.run()
            let byte = try cursor.byte()
            switch PackedEntity.Token(rawValue: byte) {
            case .knownUUID: _ = try cursor.length()
            case .newUUID, .time, .timeInSeconds, .slash, .instance: break
            case .end, nil: return byte
            }
        }
    }
}
