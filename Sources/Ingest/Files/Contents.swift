import Platform

/// The decompressed contents of a file, from front to back, in bounded memory.
protocol Contents: AnyObject {
    /// Appends up to `count` bytes to `text`; fewer only at the end or before a failure. False where nothing follows.
    ///
    /// Of damaged contents everything before the damage is appended first; then this throws, again and again.
    func fill(_ text: inout ByteBuffer, upTo count: Int) throws(InputFailure) -> Bool

    /// Goes on at `offset`. False, and nothing happened, where that takes reading everything before it.
    func seek(to offset: Int) throws(InputFailure) -> Bool

    /// Whether they ended where they were cut off, which is no failure where it was to be expected.
    var isCutOff: Bool { get }
}

extension Contents {
    func seek(to offset: Int) throws(InputFailure) -> Bool { false }
    var isCutOff: Bool { false }
}

/// How a file is compressed, told by its first bytes, never by its name.
enum Compression: Sendable {
    case none
    case gzip
    case zstd

    init(start: ByteView) {
        if start.count >= 3, start[0] == 0x1F, start[1] == 0x8B, start[2] == 8 {
            self = .gzip
        } else if start.count >= 4, start.integer(at: 0, as: UInt32.self) == 0xFD2F_B528 {
            self = .zstd
        } else if start.count >= 4, start.integer(at: 0, as: UInt32.self) & 0xFFFF_FFF0 == 0x184D_2A50 {
            // A skippable frame; pzstd begins a file with one.
            self = .zstd
        } else {
            self = .none
        }
    }

    /// `mayBeCutOff`: that Zstandard ends in the middle of its last frame is no failure.
    func contents(of input: FileInput, mayBeCutOff: Bool) throws(InputFailure) -> any Contents {
        switch self {
        case .none: PlainContents(input)
        case .gzip: try GzipContents(input)
        case .zstd: try ZstdContents(input, mayBeCutOff: mayBeCutOff)
        }
    }
}

/// Contents that are on disk as they are: read straight into the text.
final class PlainContents: Contents {
    private let input: FileInput

    init(_ input: FileInput) { self.input = input }

    func fill(_ text: inout ByteBuffer, upTo count: Int) throws(InputFailure) -> Bool {
        let before = text.count
        let target = UnsafeMutableRawBufferPointer(start: text.extend(by: count), count: count)
        do {
            let filled = try input.fill(target)
            text.truncate(to: before + filled)
            return filled == count
        } catch {
            text.truncate(to: before)
            throw error
        }
    }

    func seek(to offset: Int) throws(InputFailure) -> Bool {
        try input.seek(to: offset)
        return true
    }
}

/// A window of a compressed file's bytes.
final class CompressedInput {
    private let input: FileInput
    let window = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
    private(set) var isAtEnd = false

    init(_ input: FileInput) { self.input = input }
    deinit { window.deallocate() }

    /// Bytes read from disk so far.
    var offset: Int { input.offset }

    /// Replaces the window's bytes by the next ones and returns how many there are.
    func refill() throws(InputFailure) -> Int {
        let filled = try input.fill(window)
        isAtEnd = filled < window.count
        return filled
    }
}
