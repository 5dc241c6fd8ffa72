import Lattice
import Platform

/// Writes the texts of a packed entity, and its times (``PackedEntity``). Keeps its memory; not thread-safe.
struct TextPacker: ~Copyable {
    /// The times so far, as they are written.
    private(set) var times = ByteBuffer(capacity: 256)
    /// The UUIDs so far that were not known.
    private(set) var uuids = ByteBuffer(capacity: 512)
    private var knownTimes: [Int64] = []
    private var known = KnownUUIDs()
    private var latest: Int64 = 0
    private var scratch = ByteBuffer(capacity: 64)

    mutating func begin(key: ByteView) {
        times.removeAll()
        uuids.removeAll()
        knownTimes.removeAll(keepingCapacity: true)
        known.begin(key: key)
        latest = 0
    }

    /// False where the time is too far from the one before to be written.
    mutating func append(_ time: Int64) -> Bool {
        if let index = knownTimes.firstIndex(of: time) {
            times.appendVarint(UInt64(index) &<< 1)
            return true
        }
        let (difference, isTooFar) = latest.subtractingReportingOverflow(time)
        guard !isTooFar, difference.magnitude < 1 &<< 62 else { return false }
        // Zigzag: 0, -1, 1, -2 become 0, 1, 2, 3.
        times.appendVarint(UInt64(bitPattern: difference &<< 1 ^ difference &>> 63) &<< 1 | 1)
        latest = time
        if knownTimes.count < PackedEntity.knownMax { knownTimes.append(time) }
        return true
    }

    /// Appends a text without its end. False where it has bytes that stand for something else, or a time that cannot be written.
    mutating func append(_ text: ByteView, isPath: Bool = false, to out: inout ByteBuffer) -> Bool {
        guard !text.hasControlCharacters else { return false }
        var copied = 0
        var from = 0
        // Both UUIDs and times have a dash.
        while let dash = text.firstOffset(of: UInt8(ascii: "-"), from: from) {
            if let length = uuidLength(text, dash - 8, from: copied) {
                appendUUID(text, dash - 8, from: copied, isPath: isPath, to: &out)
                copied = dash - 8 + length
                from = copied
            } else if let (length, time) = time(in: text, dash - 4, from: copied) {
                appendPlain(text.slice(copied, dash - 4 - copied), isPath: isPath, to: &out)
                out.append((length == 24 ? PackedEntity.Token.time : .timeInSeconds).rawValue)
                guard append(time) else { return false }
                copied = dash - 4 + length
                from = copied
            } else {
                from = dash + 1
            }
        }
        appendPlain(text.slice(copied, text.count - copied), isPath: isPath, to: &out)
        return true
    }

    private func appendPlain(_ text: ByteView, isPath: Bool, to out: inout ByteBuffer) {
        guard isPath else { return out.append(text) }
        var copied = 0
        var from = 0
        while let percent = text.firstOffset(of: UInt8(ascii: "%"), from: from) {
            from = percent + 1
            guard percent + 3 <= text.count, text.slice(percent, 3).equals("%2F") else { continue }
            out.append(text.slice(copied, percent - copied))
            out.append(PackedEntity.Token.slash.rawValue)
            copied = percent + 3
            from = copied
        }
        out.append(text.slice(copied, text.count - copied))
    }

    // MARK: - UUIDs

    /// Nil where none may begin at `start`.
    @inline(__always)
    private func uuidLength(_ text: ByteView, _ start: Int, from copied: Int) -> Int? {
        let dash = UInt8(ascii: "-")
        guard start >= copied, start + UUIDBytes.textLength <= text.count, text[start + 13] == dash, text[start + 18] == dash,
            text[start + 23] == dash
        else { return nil }
        return UUIDBytes.textLength
    }

    /// Appends what lies before the UUID at `start` and the UUID, or the 36 bytes there if they are none.
    private mutating func appendUUID(
        _ text: ByteView, _ start: Int, from copied: Int, isPath: Bool, to out: inout ByteBuffer
    ) {
        let spelled = text.slice(start, UUIDBytes.textLength)
        guard let uuid = UUIDBytes(text: spelled, &scratch) else {
            return appendPlain(text.slice(copied, start + UUIDBytes.textLength - copied), isPath: isPath, to: &out)
        }
        let end = start + UUIDBytes.textLength
        if known.instance.count > 0, end - known.instance.count >= copied,
            text.slice(end - known.instance.count, known.instance.count).equals(known.instance.bytes)
        {
            appendPlain(text.slice(copied, end - known.instance.count - copied), isPath: isPath, to: &out)
            return out.append(PackedEntity.Token.instance.rawValue)
        }
        appendPlain(text.slice(copied, start - copied), isPath: isPath, to: &out)
        if let index = known.index(of: uuid) {
            out.append(PackedEntity.Token.knownUUID.rawValue)
            return out.appendVarint(UInt64(index))
        }
        out.append(PackedEntity.Token.newUUID.rawValue)
        uuid.append(to: &uuids)
    }

    // MARK: - Times

    /// Nil where none begins at `start` that would be spelled the same again.
    @inline(__always)
    private mutating func time(in text: ByteView, _ start: Int, from copied: Int) -> (length: Int, time: Int64)? {
        let zulu = UInt8(ascii: "Z")
        guard start >= copied, start + 20 <= text.count, text[start + 10] == UInt8(ascii: "T") else { return nil }
        let length = text[start + 19] == zulu ? 20 : 24
        guard start + length <= text.count, text[start + length - 1] == zulu else { return nil }
        let spelled = text.slice(start, length)
        guard let time = Timestamp(spelled) else { return nil }
        scratch.removeAll()
        time.append(to: &scratch)
        if length == 20 {
            scratch.truncate(to: 19)
            scratch.append(zulu)
        }
        guard scratch.bytes.equals(spelled) else { return nil }
        return (length, time.milliseconds)
    }
}
