public import Platform

/// The id that tells two events of one moment apart, as text, in its shortest unique form.
///
/// Ids are text and compare as text. Two shapes of text are so common that they are packed: a UUID in lower case (16 bytes
/// instead of 36) and 64 lower-case hexadecimal digits, a SHA-256 (32 bytes). Text has exactly one form, so equal ids have
/// equal bytes. Text over 255 bytes is replaced by its SHA-256.
public struct EventID: @unchecked Sendable {
    /// How ``bytes`` spell the text.
    public enum Form: UInt8, Sendable {
        case text = 0
        case uuid = 1
        case digest = 2
    }

    /// The form that the text has taken.
    public let form: Form
    /// The packed bytes: 0 to 255 of text, 16 of a UUID, 32 of a digest.
    public let bytes: ByteView

    @inline(__always)
    public init(form: Form, bytes: ByteView) {
        self.form = form
        self.bytes = bytes
    }

    /// The empty text, of an event without an id.
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

    /// Appends the text.
    public func appendText(to buffer: inout ByteBuffer) {
        switch form {
        case .text: buffer.append(bytes)
        case .digest: buffer.appendHex(bytes)
        case .uuid: buffer.appendUUID(bytes)
        }
    }

    /// A copy of the text.
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
        func pair(_ first: Int, _ second: Int) -> UInt64 {
            UInt64(text.integer(at: first, as: UInt32.self)) | UInt64(text.integer(at: second, as: UInt32.self)) &<< 32
        }
        let words = (
            text.integer(at: 0, as: UInt64.self), pair(9, 14), pair(19, 24), text.integer(at: 28, as: UInt64.self)
        )
        return packWord(words.0, into: &buffer) && packWord(words.1, into: &buffer) && packWord(words.2, into: &buffer)
            && packWord(words.3, into: &buffer)
    }

    @inline(__always)
    private static func packHex(_ text: ByteView, into buffer: inout ByteBuffer) -> Bool {
        var at = 0
        while at < text.count {
            guard packWord(text.integer(at: at, as: UInt64.self), into: &buffer) else { return false }
            at &+= 8
        }
        return true
    }

    /// Packs eight lower-case hexadecimal digits, as they lie in memory, into four bytes: all eight at a time.
    @inline(__always)
    private static func packWord(_ digits: UInt64, into buffer: inout ByteBuffer) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        // A letter has bit 6 set and its value less 9 in the lower half.
        let letters = digits &>> 6 & ones
        let values = (digits & (ones &* 15)) &+ letters &* 9
        // Spelled again it must be what it was, or it was something else. A value over 15 (the letter g) is no digit.
        let tens = (values &+ ones &* 6) &>> 4 & ones
        guard values & (ones &* 0xF0) == 0, values &+ ones &* 48 &+ tens &* 39 == digits else { return false }
        // Neighbours become a byte, the earlier one its upper half; then the bytes close up.
        var packed = (values &<< 4 | values &>> 8) & 0x00FF_00FF_00FF_00FF
        packed = (packed | packed &>> 8) & 0x0000_FFFF_0000_FFFF
        buffer.appendInteger(UInt32(truncatingIfNeeded: packed | packed &>> 16))
        return true
    }
}
