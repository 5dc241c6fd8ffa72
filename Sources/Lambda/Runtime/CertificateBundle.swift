import Glibc
import Platform

/// Which file of CA certificates is used. libcurl as Debian builds it looks where Debian has it, and Amazon Linux has it elsewhere.
enum CertificateBundle {
    static let debian = "/etc/ssl/certs/ca-certificates.crt"
    static let others = ["/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"]

    /// Nil: nothing is to be set, since somebody has set it, or the file that is looked for is there.
    static func missing(_ environment: Environment, exists: (String) -> Bool) -> String? {
        guard !["AWS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"].contains(where: { environment[$0] != nil }), !exists(debian)
        else { return nil }
        return others.first(where: exists)
    }

    /// Sets it for this process. Before any thread is there.
    static func set() {
        guard let file = missing(.process, exists: { access($0, R_OK) == 0 }) else { return }
        setenv("SSL_CERT_FILE", file, 1)
    }
}
