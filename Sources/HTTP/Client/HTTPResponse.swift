public import Platform
import Synchronization

/// A whole answer. Its bytes lie in memory that goes back to the client's pool with the last reference.
public struct HTTPResponse: Sendable {
    public let status: Int
    /// The header lines as they came, of the final answer only.
    let head: PooledBytes
    /// The body; empty where it was streamed.
    public let body: PooledBytes

    public var isSuccess: Bool { (200..<300).contains(status) }

    /// The value of the first header of that name (in lower case), trimmed. Cost: linear in the headers.
    public func header(_ name: StaticString) -> String? {
        head.withBytes { headerValue(name, in: $0) }
    }
}

/// The value of a header in lines that end in CRLF.
func headerValue(_ name: StaticString, in lines: ByteView) -> String? {
    var at = 0
    while at < lines.count {
        let end = lines.firstOffset(of: UInt8(ascii: "\n"), from: at) ?? lines.count
        let line = lines.slice(at, end - at)
        at = end + 1
        guard let colon = line.firstOffset(of: UInt8(ascii: ":")), colon == name.utf8CodeUnitCount else { continue }
        let isSame = (0..<colon).allSatisfy { lowercase(line[$0]) == name.utf8Start[$0] }
        if isSame { return trimmed(line.slice(colon + 1, line.count - colon - 1)).text }
    }
    return nil
}

func lowercase(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }

/// Without the white space around.
func trimmed(_ text: ByteView) -> ByteView {
    var first = 0
    var end = text.count
    while first < end, isBlank(text[first]) { first += 1 }
    while end > first, isBlank(text[end - 1]) { end -= 1 }
    return text.slice(first, end - first)
}

/// A blank, a tab or a line break.
package func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte >= 0x09 && byte <= 0x0D }

/// Bytes that nobody changes any more, in memory of a pool.
///
/// Invariant (`@unchecked Sendable`): the block is written by the client's thread before this object exists, and by nobody
/// until the object is gone.
public final class PooledBytes: @unchecked Sendable {
    private let block: BufferPool.Block
    private let pool: BufferPool

    init(_ block: BufferPool.Block, of pool: BufferPool) {
        self.block = block
        self.pool = pool
    }

    deinit { pool.give(back: block) }

    public var count: Int { block.buffer.count }

    /// Calls `body` with the bytes.
    public func withBytes<Result, Failure: Error>(_ body: (ByteView) throws(Failure) -> Result) throws(Failure) -> Result {
        try body(block.buffer.bytes)
    }

    /// A copy as text.
    public var text: String { block.buffer.bytes.text }
}

/// Memory of bodies that are done with, for bodies to come. Keeps at most ``keptMax`` blocks of ``keptBytesMax`` together; the
/// rest goes back to the system.
final class BufferPool: Sendable {
    static let keptMax = 1024
    static let keptBytesMax = 64 << 20

    /// A buffer that can stand in an array.
    final class Block: @unchecked Sendable {
        var buffer = ByteBuffer(capacity: 1024)
    }

    private struct Free {
        var blocks: [Block] = []
        var bytes = 0
    }

    private let free = Mutex(Free())

    func take() -> Block {
        let kept = free.withLock { free in
            let block = free.blocks.popLast()
            free.bytes -= block?.buffer.capacity ?? 0
            return block
        }
        return kept ?? Block()
    }

    func give(back block: Block) {
        block.buffer.removeAll()
        let bytes = block.buffer.capacity
        free.withLock { free in
            guard free.blocks.count < BufferPool.keptMax, free.bytes + bytes <= BufferPool.keptBytesMax else { return }
            free.blocks.append(block)
            free.bytes += bytes
        }
    }
}
