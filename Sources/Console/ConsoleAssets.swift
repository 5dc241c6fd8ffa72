import CConsole
import CZlib
import Platform

/// The console's files, which stand under `Sources/CConsole/web` and are carried in the program.
///
/// Every address in them is relative. Where they are served a hash of all of them stands before their paths, so that a browser may keep each for ever, and
/// a new version of the program has new addresses.
struct ConsoleAssets: Sendable {
    struct File: Sendable {
        /// Below `web`.
        let path: String
        let contentType: String
        let bytes: [UInt8]
        /// The same by gzip.
        let packed: [UInt8]
        /// A strong tag of the bytes; of what is packed it has a `-gzip` in it.
        let tag: String

        init(path: String, contentType: String, bytes: [UInt8]) {
            (self.path, self.contentType, self.bytes) = (path, contentType, bytes)
            packed = gzipped(bytes)
            var digest = SHA256()
            bytes.withUnsafeBytes { digest.update($0) }
            tag = String(digest.finalizeHex().prefix(32))
        }
    }

    /// All but the page, by path.
    let files: [String: File]
    /// The page, `index.html`, with the addresses of all others filled in.
    let page: File
    /// 16 hexadecimal digits of the SHA-256 of all files and their paths.
    let hash: String

    init() {
        var count = 0
        let first = console_assets(&count)
        let all = UnsafeBufferPointer(start: first, count: count).map { asset in
            File(
                path: String(cString: asset.path), contentType: String(cString: asset.content_type),
                bytes: Array(UnsafeBufferPointer(start: asset.bytes, count: asset.size)))
        }
        var digest = SHA256()
        for file in all {
            Array("\(file.path)\n\(file.bytes.count)\n".utf8).withUnsafeBytes { digest.update($0) }
            file.bytes.withUnsafeBytes { digest.update($0) }
        }
        hash = String(digest.finalizeHex().prefix(16))
        files = Dictionary(uniqueKeysWithValues: all.dropFirst().map { ($0.path, $0) })
        page = ConsoleAssets.page(all[0], hash)
    }

    /// `v/` gets the hash behind it.
    private static func page(_ page: File, _ hash: String) -> File {
        let text = String(decoding: page.bytes, as: UTF8.self).replacing("\"v/", with: "\"v/\(hash)/")
        return File(path: page.path, contentType: page.contentType, bytes: Array(text.utf8))
    }
}

/// A buffer by gzip (RFC 1952), as small as it gets. Cost: 30 ns a byte.
private func gzipped(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    guard converge_gzip_init(&stream) == Z_OK else { return bytes }
    defer { deflateEnd(&stream) }
    let room = Int(deflateBound(&stream, UInt(bytes.count)))
    var source = bytes
    return source.withUnsafeMutableBufferPointer { source in
        [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = buffer.baseAddress
            stream.avail_out = UInt32(room)
            let code = deflate(&stream, Z_FINISH)
            precondition(code == Z_STREAM_END, "zlib refuses a buffer that it has bounded")
            count = room - Int(stream.avail_out)
        }
    }
}
