import Glibc

/// Why a small file could not be read.
public struct FileError: Error, Equatable, CustomStringConvertible {
    /// What, on which file, why.
    public var description: String

    public init(description: String) { self.description = description }
}

/// The contents of a file of at most `bytesMax` bytes.
public func readFile(_ path: String, bytesMax: Int) throws(FileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(description: "cannot open \(printable(path)): \(errorText(errno))") }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var failure: Int32 = 0
    var isAtEnd = false
    while !isAtEnd, failure == 0, bytes.count <= bytesMax {
        let chunk = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
            let taken = read(descriptor, buffer.baseAddress, buffer.count)
            if taken < 0, errno != EINTR { failure = errno }
            if taken == 0 { isAtEnd = true }
            count = max(taken, 0)
        }
        bytes += chunk
    }
    guard failure == 0 else { throw FileError(description: "cannot read \(printable(path)): \(errorText(failure))") }
    guard bytes.count <= bytesMax else {
        throw FileError(description: "\(printable(path)) is larger than the limit of \(bytesMax) bytes")
    }
    return bytes
}

/// What the system says of an `errno`.
package func errorText(_ code: Int32) -> String { String(cString: strerror(code)) }
