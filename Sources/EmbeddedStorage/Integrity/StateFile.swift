import EngineCore
import Glibc

/// A file of a state directory, open for reading.
struct StateFile: ~Copyable {
    let name: String
    private let directory: StateDirectory
    private let descriptor: Int32

    /// Nil where it is not there.
    init?(_ name: String, of directory: StateDirectory) throws(StoreError) {
        (self.name, self.directory) = (name, directory)
        descriptor = open("\(directory.path)/\(name)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw directory.unreadable(name, errno)
        }
    }

    deinit { close(descriptor) }

    /// Bytes of it just now.
    func size() throws(StoreError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw directory.unreadable(name, errno) }
        return Int(status.st_size)
    }

    /// Fills `buffer` from `offset`, and says how many bytes there were: fewer only at the end of the file.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(StoreError) -> Int {
        var count = 0
        while count < buffer.count {
            let got = pread(
                descriptor, buffer.baseAddress.unsafelyUnwrapped + count, buffer.count - count, off_t(offset + count))
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw directory.unreadable(name, errno) }
            if got == 0 { break }
            count += got
        }
        return count
    }

    /// Its first bytes, `countMax` at most.
    func start(_ countMax: Int) throws(StoreError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: countMax)
        let count = try attempt(&bytes) { buffer throws(StoreError) in try read(at: 0, into: buffer) }
        return Array(bytes.prefix(count))
    }

    /// Whether it ends as a table file does (`table/format.cc`): kind of checksum, two places, format version, magic number. RocksDB checks the
    /// same, and then blames the manifest.
    func isTable() throws(StoreError) -> Bool {
        var end = [UInt8](repeating: 0, count: 53)
        let size = try size()
        guard size >= end.count else { return false }
        _ = try attempt(&end) { buffer throws(StoreError) in try read(at: size - buffer.count, into: buffer) }
        return end.withUnsafeBytes { end in
            end.integer(at: 45, as: UInt64.self) == 0x88E2_41B7_85F4_CFF7
                && (2...5).contains(end.integer(at: 41, as: UInt32.self))
                && (1...4).contains(end[0])
        }
    }

    private func attempt(
        _ bytes: inout [UInt8], _ body: (UnsafeMutableRawBufferPointer) throws(StoreError) -> Int
    ) throws(StoreError) -> Int {
        let result: Result<Int, StoreError> = bytes.withUnsafeMutableBytes { buffer in
            do throws(StoreError) { return .success(try body(buffer)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
