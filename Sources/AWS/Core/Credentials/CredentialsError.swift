/// Why there are no credentials: which source, what went wrong, what to do. Holds no secrets.
public struct CredentialsError: Error, Hashable, Sendable, CustomStringConvertible {
    /// As in ``AWSCredentials/source``.
    public let source: String
    public let reason: String

    init(_ source: String, _ reason: String) {
        self.source = source
        self.reason = reason
    }

    public var description: String { "no credentials from \(source): \(reason)" }
}

/// A place that credentials come from. May wait for a network or a process, so it is asked on a thread of its own.
protocol CredentialsSource: Sendable {
    /// Nil where nothing here says that credentials are to come from this source: then the next one is asked.
    func load() throws(CredentialsError) -> AWSCredentials?
}
