import CZstd
import Platform

/// Compresses into Zstandard frames, one after the other, without checksums. 1 to 2 MB of memory.
final class ZstdFrame {
    enum Step {
        /// Whatever is complete by itself.
        case some
        /// All that was given: a reader has it, though the frame goes on.
        case all
        case end

        fileprivate var directive: ZSTD_EndDirective {
            switch self {
            case .some: ZSTD_e_continue
            case .all: ZSTD_e_flush
            case .end: ZSTD_e_end
            }
        }
    }

    private static let pieceBytes = 1 << 16
    private let context: OpaquePointer

    /// Nil where there is no memory.
    init?(level: Int32) {
        guard let context = ZSTD_createCCtx() else { return nil }
        self.context = context
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, level)
    }

    deinit { ZSTD_freeCCtx(context) }

    /// Takes `bytes` and appends what comes of them, and of those before, to `packed`. False where there is no memory.
    func add(_ bytes: ByteView, _ step: Step, to packed: inout ByteBuffer) -> Bool {
        var source = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        while true {
            let before = packed.count
            var target = ZSTD_outBuffer(dst: packed.extend(by: ZstdFrame.pieceBytes), size: ZstdFrame.pieceBytes, pos: 0)
            let left = ZSTD_compressStream2(context, &target, &source, step.directive)
            packed.truncate(to: before + target.pos)
            if ZSTD_isError(left) != 0 { return false }
            if step == .some ? source.pos == source.size : left == 0 { return true }
        }
    }
}
