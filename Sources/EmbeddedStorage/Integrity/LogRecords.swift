import EngineCore
import Platform

/// A walk over a file in RocksDB's log format, which write-ahead logs and manifests have (`db/log_format.h`).
///
///     blocks of 32 KiB, each of them pieces: u32 masked CRC-32C of type and bytes   u16 length   u8 type   bytes
///     type: 1 a whole record   2 its first piece   3 a middle one   4 the last one; no piece begins in a block's last 6 bytes
///
/// RocksDB itself takes much that is broken for the end of the file, and so loses what follows without a word. Here only what a power
/// failure leaves is an end: a last record that is cut off, or of which sectors never came to the disk. Every record was synced
/// before the next one was begun, so what is broken with a record behind it was whole once: that is damage.
struct LogRecords {
    enum End: Equatable {
        case whole
        /// The last record, which began here, is not all there.
        case torn(at: Int)
    }

    private static let blockSize = 32 << 10
    private static let headerSize = 7
    /// What a disk writes as a whole.
    private static let sectorSize = 512

    private let directory: StateDirectory
    private let file: String
    private let keep: Int
    private let isLenient: Bool
    /// Of the file when the walk began; what is written meanwhile is not looked at.
    private(set) var size = 0
    private(set) var end = End.whole
    private(set) var count = 0
    private var record: [UInt8] = []
    /// Of the record whose pieces are being read.
    private var start: Int?

    /// Behind the last record that is whole.
    var wholeBytes: Int {
        if case .torn(let at) = end { return at }
        return size
    }

    /// `body` is called with the first `keep` bytes of each whole record. Memory: those, and a block. Cost: linear.
    /// `isLenient`: damage is taken for the end. Throws `.corrupt` where the file is damaged, and what `body` throws.
    init(
        _ file: borrowing StateFile, of directory: StateDirectory, keep: Int, isLenient: Bool = false,
        _ body: ([UInt8]) throws(StoreError) -> Void
    ) throws(StoreError) {
        (self.directory, self.file, self.keep, self.isLenient) = (directory, file.name, keep, isLenient)
        size = try file.size()
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: LogRecords.blockSize, alignment: 8)
        defer { block.deallocate() }
        var offset = 0
        while offset < size {
            let wanted = min(LogRecords.blockSize, size - offset)
            let got = try file.read(at: offset, into: UnsafeMutableRawBufferPointer(rebasing: block[..<wanted]))
            guard got == wanted else { throw directory.damaged(file.name, "became shorter while it was read") }
            guard try take(ByteView(rebasing: block[..<got]), at: offset, of: file, body) else { return }
            offset += got
        }
        if let start { end = .torn(at: start) }
    }

    /// The pieces of a block; false where the walk is over.
    private mutating func take(
        _ block: ByteView, at offset: Int, of file: borrowing StateFile, _ body: ([UInt8]) throws(StoreError) -> Void
    ) throws(StoreError) -> Bool {
        var at = 0
        while block.count - at >= LogRecords.headerSize {
            let length = Int(block.integer(at: at + 4, as: UInt16.self))
            let next = at + LogRecords.headerSize + length
            guard LogRecords.isPiece(block, at) else {
                let isCutOff = next > block.count && block.count < LogRecords.blockSize
                try judge(block, offset, at, isCutOff: isCutOff, of: file)
                return false
            }
            let bytes = block.slice(at + LogRecords.headerSize, length)
            switch (block[at + 6], start) {
            case (1, nil), (2, nil):
                start = offset + at
                append(bytes)
                if block[at + 6] == 1 { try finish(body) }
            case (3, .some), (4, .some):
                append(bytes)
                if block[at + 6] == 4 { try finish(body) }
            default:
                guard isLenient else { throw damaged(offset + at, "a fragment of a record is without the other fragments") }
                end = .torn(at: start ?? offset + at)
                return false
            }
            at = next
        }
        if block.count < LogRecords.blockSize, at < block.count {
            end = .torn(at: start ?? offset + at)
            return false
        }
        return true
    }

    private mutating func append(_ bytes: ByteView) { record += bytes.prefix(keep - min(record.count, keep)) }

    private mutating func finish(_ body: ([UInt8]) throws(StoreError) -> Void) throws(StoreError) {
        try body(record)
        count += 1
        record.removeAll(keepingCapacity: true)
        start = nil
    }

    /// Whether a piece with the right checksum stands here.
    private static func isPiece(_ block: ByteView, _ at: Int) -> Bool {
        let length = Int(block.integer(at: at + 4, as: UInt16.self))
        guard (1...4).contains(block[at + 6]), at + headerSize + length <= block.count else { return false }
        var checksum = CRC32C()
        checksum.update(block.slice(at + 6, 1 + length))
        return checksum.masked == block.integer(at: at, as: UInt32.self)
    }

    private static func beginsRecord(_ block: ByteView, _ at: Int) -> Bool {
        (block[at + 6] == 1 || block[at + 6] == 2) && isPiece(block, at)
    }

    /// What is broken at `at` is the torn end of the file, or it is damage.
    private mutating func judge(
        _ block: ByteView, _ offset: Int, _ at: Int, isCutOff: Bool, of file: borrowing StateFile
    ) throws(StoreError) {
        end = .torn(at: start ?? offset + at)
        guard !isLenient else { return }
        let why = "the checksum of a record is wrong"
        // The broken length tells nothing: the next record may begin at any byte.
        var next = at + 1
        while block.count - next >= LogRecords.headerSize {
            if LogRecords.beginsRecord(block, next) { throw damaged(offset + at, why) }
            next += 1
        }
        var holdsHole = LogRecords.holdsHole(block, from: at, offset)
        let rest = UnsafeMutableRawBufferPointer.allocate(byteCount: LogRecords.blockSize, alignment: 8)
        defer { rest.deallocate() }
        var behind = offset + block.count
        while behind < size {
            let wanted = min(LogRecords.blockSize, size - behind)
            let got = try file.read(at: behind, into: UnsafeMutableRawBufferPointer(rebasing: rest[..<wanted]))
            let bytes = ByteView(rebasing: rest[..<got])
            guard got > 0 else { break }
            if LogRecords.holdsRecord(bytes) { throw damaged(offset + at, why) }
            holdsHole = holdsHole || LogRecords.holdsHole(bytes, from: 0, behind)
            behind += got
        }
        guard isCutOff || holdsHole else { throw damaged(offset + at, why) }
    }

    /// Whether a record begins among the pieces that stand from the block's beginning on.
    private static func holdsRecord(_ block: ByteView) -> Bool {
        var at = 0
        while block.count - at >= headerSize, isPiece(block, at) {
            if beginsRecord(block, at) { return true }
            at += headerSize + Int(block.integer(at: at + 4, as: UInt16.self))
        }
        return false
    }

    /// Whether a sector of the file is all zeros, or whatever is left of the block is.
    private static func holdsHole(_ block: ByteView, from start: Int, _ offset: Int) -> Bool {
        func isZero(_ range: Range<Int>) -> Bool { block[range].allSatisfy { $0 == 0 } }
        if isZero(start..<block.count) { return true }
        var at = (offset + start + sectorSize - 1) / sectorSize * sectorSize - offset
        while at + sectorSize <= block.count {
            if isZero(at..<at + sectorSize) { return true }
            at += sectorSize
        }
        return false
    }

    private func damaged(_ at: Int, _ why: String) -> StoreError { directory.damaged(file, "is damaged at byte \(at): \(why)") }
}
