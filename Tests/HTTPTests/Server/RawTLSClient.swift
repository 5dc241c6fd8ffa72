import CSSL
import Foundation
import Servers

/// A client that speaks TLS and sends exactly the bytes it is told. It trusts one certificate alone.
final class RawTLSClient {
    struct Refused: Error {}

    private let descriptor: Int32
    private let context: OpaquePointer
    private let session: OpaquePointer
    private var received: [UInt8] = []

    /// - Parameter versionMax: As OpenSSL numbers them; nil: what both can.
    init(port: Int, trusting certificate: String, versionMax: Int32? = nil) throws {
        let opened = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        descriptor = opened
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &address.sin_addr)
        let connected = withUnsafeBytes(of: &address) {
            connect(opened, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), UInt32($0.count))
        }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, UInt32(MemoryLayout<timeval>.size))
        context = SSL_CTX_new(TLS_client_method())
        SSL_CTX_load_verify_locations(context, certificate, nil)
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        if let versionMax {
            SSL_CTX_set_cipher_list(context, "ALL@SECLEVEL=0")
            SSL_CTX_ctrl(context, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(versionMax), nil)
        }
        session = SSL_new(context)
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), "127.0.0.1")
        SSL_set_fd(session, descriptor)
        guard connected == 0, SSL_connect(session) == 1 else { throw Refused() }
    }

    deinit {
        SSL_free(session)
        SSL_CTX_free(context)
        close(descriptor)
    }

    func send(_ text: String) { _ = Array(text.utf8).withUnsafeBytes { SSL_write(session, $0.baseAddress, Int32($0.count)) } }

    /// What comes up to and with `end`; nil where the server ended it first.
    func text(to end: String) -> String? {
        let end = Array(end.utf8)
        while true {
            if let range = received.firstRange(of: end) {
                defer { received.removeSubrange(..<range.upperBound) }
                return String(decoding: received[..<range.upperBound], as: UTF8.self)
            }
            guard receive() else { return nil }
        }
    }

    /// The next `count` bytes.
    func bytes(_ count: Int) -> Int? {
        while received.count < count { guard receive() else { return nil } }
        received.removeFirst(count)
        return count
    }

    func get(_ target: String) -> String? {
        send("GET \(target) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return text(to: "\r\n\r\n")
    }

    /// Whether the server closes the connection, which is waited for.
    var isClosed: Bool { !receive() }

    private func receive() -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = SSL_read(session, &buffer, Int32(buffer.count))
        if count > 0 { received += buffer[..<Int(count)] }
        return count > 0
    }
}

/// A certificate of its own for `127.0.0.1`, and its key, in files.
final class MadeCertificate {
    let folder = NSTemporaryDirectory() + "converge-server-tls-" + UUID().uuidString
    var certificate: String { folder + "/certificate.pem" }
    var key: String { folder + "/key.pem" }

    init(name: String = "test") throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Programs.run(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=\(name)", "-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate, "-keyout", key,
            ])
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}
