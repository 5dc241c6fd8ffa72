public import Bytes

/// The id that tells two events of one moment apart, as text, in its shortest unique form.
///
/// Ids are text and compare as text. Two shapes of text are so common that they are packed: a UUID in lower case (16 bytes
/// instead of 36) and 64 lower-case hexadecimal digits, a SHA-256 (32 bytes). Text has exactly one form, so equal ids have
/// equal bytes. Text over 255 bytes is replaced by its SHA-256.
public struct EventID: @unchecked Sendable {
    public enum Form: UInt8, Sendable {
        case text = 0
        case uuid = 1
        case digest = 2
    }

    public let form: Form
    /// The packed bytes: 0 to 255 of text, 16 of a UUID, 32 of a digest. Valid as long as what it was read from.
    public let bytes: ByteView

    @inline(__always)
    public init(form: Form, bytes: ByteView) {
        self.form = form
        self.bytes = bytes
    }

    public static let none = EventID(form: .text, bytes: StaticString("").view)

    /// Order of the ids' text.
    @inline(__always)
    public func compare(_ other: EventID) -> Int {
        form == other.form ? bytes.compare(other.bytes) : compareText(other)
    }

    @inline(never)
    private func compareText(_ other: EventID) -> Int {
        var mine = ByteBuffer(capacity: 64)
        var others = ByteBuffer(capacity: 64)
        appendText(to: &mine)
        other.appendText(to: &others)
        return mine.bytes.compare(others.bytes)
    }

    public func appendText(to buffer: inout ByteBuffer) {
        switch form {
        case .text: buffer.append(bytes)
        case .digest: buffer.appendHex(bytes)
        case .uuid:
            for (offset, length) in [(0, 4), (4, 2), (6, 2), (8, 2), (10, 6)] {
                if offset > 0 { buffer.append(UInt8(ascii: "-")) }
                buffer.appendHex(bytes.slice(offset, length))
            }
        }
    }

    public var text: String {
        var buffer = ByteBuffer(capacity: 64)
        appendText(to: &buffer)
        return buffer.bytes.text
    }

    /// Packs `text` at the end of `buffer` and returns the form it took. Cost: about 15 ns for a UUID.
    @inline(__always)
    public static func pack(_ text: ByteView, into buffer: inout ByteBuffer) -> Form {
        let start = buffer.count
        if text.count == 36 {
            if packUUID(text, into: &buffer) { return .uuid }
            buffer.truncate(to: start)
        } else if text.count == 64 {
            if packHex(text, into: &buffer) { return .digest }
            buffer.truncate(to: start)
        } else if text.count > 255 {
            SHA256.append(of: text, to: &buffer)
            return .digest
        }
        buffer.append(text)
        return .text
    }

    @inline(__always)
    private static func packUUID(_ text: ByteView, into buffer: inout ByteBuffer) -> Bool {
        guard text[8] == 0x2D, text[13] == 0x2D, text[18] == 0x2D, text[23] == 0x2D else { return false }
        return packHex(text.slice(0, 8), into: &buffer) && packHex(text.slice(9, 4), into: &buffer)
            && packHex(text.slice(14, 4), into: &buffer) && packHex(text.slice(19, 4), into: &buffer)
            && packHex(text.slice(24, 12), into: &buffer)
    }

    @inline(__always)
    private static func packHex(_ text: ByteView, into buffer: inout ByteBuffer) -> Bool {
        let out = buffer.extend(by: text.count / 2)
        var bad: UInt8 = 0
        for at in 0..<(text.count / 2) {
            let high = nibble(text[at &* 2])
            let low = nibble(text[at &* 2 &+ 1])
            bad |= high | low
            out.storeBytes(of: high &<< 4 | low & 15, toByteOffset: at, as: UInt8.self)
        }
        return bad < 16
    }

    /// The value of a lower-case hexadecimal digit, 255 of anything else.
    @inline(__always)
    private static func nibble(_ byte: UInt8) -> UInt8 {
        let digit = byte &- 48
        if digit < 10 { return digit }
        let letter = byte &- 97
        return letter < 6 ? letter &+ 10 : 255
    }
}
