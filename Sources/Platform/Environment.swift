import Glibc

/// Environment variables: the process's own, or a table's. An empty variable counts as none, as in the SDKs.
public struct Environment: Sendable {
    private let lookup: @Sendable (String) -> String?

    /// The process's own, looked up at each call.
    public static let process = Environment { name in getenv(name).map { String(cString: $0) } }

    public init(_ table: [String: String]) { self.init { table[$0] } }

    private init(_ lookup: @escaping @Sendable (String) -> String?) { self.lookup = lookup }

    public subscript(name: String) -> String? {
        guard let value = lookup(name), !value.isEmpty else { return nil }
        return value
    }

    package func isTrue(_ name: String) -> Bool { self[name]?.lowercased() == "true" }
}

/// The contents of a file; nil where it cannot be read or is longer than `bytesMax`.
package func contents(ofFile path: String, bytesMax: Int = 1 << 20) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    return readAll(file, bytesMax: bytesMax)
}

/// What can be read until the end; nil on an error or past `bytesMax`.
package func readAll(_ file: Int32, bytesMax: Int) -> String? {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while true {
        let count = read(file, &chunk, chunk.count)
        if count < 0, errno == EINTR { continue }
        guard count >= 0, bytes.count + count <= bytesMax else { return nil }
        if count == 0 { return String(decoding: bytes, as: UTF8.self) }
        bytes += chunk[..<count]
    }
}
