import CZstd
import Platform

/// The contents of Zstandard, of one frame or several. Frames that need a window over 128 MiB (`zstd --long=28` and more)
/// are refused by the library.
///
/// Where the last frame has no end, what can be decompressed of it is there first. Then it is a failure, or it is told in ``isCutOff``.
final class ZstdContents: Contents {
    private let input: CompressedInput
    private let context: OpaquePointer
    private var window = ZSTD_inBuffer(src: nil, size: 0, pos: 0)
    private var isFrameComplete = false
    private var failure: InputFailure?
    private let mayBeCutOff: Bool
    private(set) var isCutOff = false

    init(_ input: FileInput, mayBeCutOff: Bool) throws(InputFailure) {
        guard let context = ZSTD_createDCtx() else {
            throw .corrupt(compression: "zstd", offset: 0, reason: "out of memory")
        }
        self.context = context
        self.mayBeCutOff = mayBeCutOff
        self.input = CompressedInput(input)
    }

    deinit { ZSTD_freeDCtx(context) }

    func fill(_ text: inout ByteBuffer, upTo count: Int) throws(InputFailure) -> Bool {
        if let failure { throw failure }
        let before = text.count
        var out = ZSTD_outBuffer(dst: text.extend(by: count), size: count, pos: 0)
        var hasMore = true
        do {
            while hasMore, out.pos < out.size { hasMore = try step(&out) }
        } catch {
            failure = error
        }
        text.truncate(to: before + out.pos)
        return hasMore
    }

    /// One refill and one call of the decompressor. False at the end of the last frame.
    private func step(_ out: inout ZSTD_outBuffer) throws(InputFailure) -> Bool {
        if window.pos == window.size, !input.isAtEnd {
            window = ZSTD_inBuffer(src: input.window.baseAddress, size: try input.refill(), pos: 0)
        }
        let isDrained = window.pos == window.size
        // Another call would begin the next frame, of which there is none.
        if isDrained, isFrameComplete { return !input.isAtEnd }
        let before = out.pos
        let result = ZSTD_decompressStream(context, &out, &window)
        if ZSTD_isError(result) != 0 { throw corrupt(String(cString: ZSTD_getErrorName(result))) }
        isFrameComplete = result == 0
        guard isDrained, input.isAtEnd, out.pos == before, !isFrameComplete else { return true }
        guard mayBeCutOff else { throw corrupt("the file is incomplete") }
        isCutOff = true
        return false
    }

    private func corrupt(_ reason: String) -> InputFailure {
        .corrupt(compression: "zstd", offset: input.offset - (window.size - window.pos), reason: reason)
    }
}
