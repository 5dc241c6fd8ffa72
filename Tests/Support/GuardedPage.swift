import Glibc

/// Memory with an unreadable page behind it: reading one byte too many is a crash.
public final class GuardedPage {
    private let base: UnsafeMutableRawPointer
    private let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    private let size: Int

    public init(pages: Int = 16) throws {
        size = pages * page
        let mapped = mmap(nil, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let mapped, mapped != MAP_FAILED, mprotect(mapped + size, page, PROT_NONE) == 0 else {
            throw Violation("mmap: \(errno)")
        }
        base = mapped
    }

    deinit { munmap(base, size + page) }

    /// The bytes, the last of them right before the unreadable page.
    public func copy(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
        precondition(bytes.count <= size)
        let start = base + (size - bytes.count)
        bytes.withUnsafeBytes { source in
            if let from = source.baseAddress { start.copyMemory(from: from, byteCount: bytes.count) }
        }
        return UnsafeRawBufferPointer(start: start, count: bytes.count)
    }

    public func copy(_ text: String) -> UnsafeRawBufferPointer { copy(Array(text.utf8)) }
}
