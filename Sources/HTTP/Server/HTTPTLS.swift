/// What a server needs to speak TLS: 1.2 or later.
public struct HTTPTLS: Sendable {
    /// A file in PEM: the server's certificate, then those that lead from it to the authority's.
    public var certificate: String
    /// A file in PEM: the certificate's key, not encrypted.
    public var key: String
    /// Told once of each change of the files that cannot be used, and why; the server goes on with what it has.
    public var failed: @Sendable (String) -> Void

    /// Both files are looked at again at most once a second, when a connection comes: a change counts from the next connection on.
    public init(certificate: String, key: String, failed: @escaping @Sendable (String) -> Void = { _ in }) {
        self.certificate = certificate
        self.key = key
        self.failed = failed
    }
}
