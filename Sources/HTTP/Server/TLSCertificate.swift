import CSSL
import Glibc

/// A server's certificate and key, as the files had them when they were last read. Belongs to one thread.
final class TLSCertificate {
    /// What tells a file from what it was before.
    private struct Mark: Equatable {
        var inode: UInt
        var bytes: Int
        var seconds: Int
        var nanoseconds: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            inode = UInt(status.st_ino)
            bytes = Int(status.st_size)
            (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        }
    }

    private let files: HTTPTLS
    private var context: OpaquePointer
    private var marks: [Mark?]
    private var lookedAt: Int64 = 0

    init(_ files: HTTPTLS) throws(HTTPServerError) {
        self.files = files
        marks = TLSCertificate.marks(files)
        switch TLSCertificate.read(files) {
        case .success(let context): self.context = context
        case .failure(let error): throw error
        }
    }

    deinit { SSL_CTX_free(context) }

    /// A session on `descriptor`, which stays the caller's. Nil where there is no memory for it.
    func begin(_ descriptor: Int32, now: Int64) -> OpaquePointer? {
        if now - lookedAt >= 1000 { look(now) }
        return converge_tls_begin(context, descriptor)
    }

    private func look(_ now: Int64) {
        lookedAt = now
        let marks = TLSCertificate.marks(files)
        guard marks != self.marks else { return }
        self.marks = marks
        switch TLSCertificate.read(files) {
        case .success(let next):
            // Sessions that have begun keep theirs.
            SSL_CTX_free(context)
            context = next
        case .failure(let error): files.failed("\(error); going on with the certificate that was read before")
        }
    }

    private static func marks(_ files: HTTPTLS) -> [Mark?] { [Mark(files.certificate), Mark(files.key)] }

    private static func read(_ files: HTTPTLS) -> Result<OpaquePointer, HTTPServerError> {
        var reason = [CChar](repeating: 0, count: 256)
        if let context = converge_tls_context(files.certificate, files.key, &reason, reason.count) { return .success(context) }
        let text = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return .failure(
            HTTPServerError(
                description:
                    "the TLS certificate \(files.certificate) and the key \(files.key) cannot be used: \(text); give files in PEM that can "
                    + "be read and belong together"))
    }
}
