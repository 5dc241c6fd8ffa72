/// What a server takes on.
public struct HTTPLimits: Sendable {
    /// Connections at a time, each with a thread of its own. One more takes the place of the one that has waited for a request for longest;
    /// where all are being answered it waits, and then is told 503. Streams do not count.
    public var connectionsMax = 64
    /// Of these there are so many beside them that ask for `/health/..`; they share a thread that does nothing else.
    public var healthConnectionsMax = 16
    /// Bytes of a request's line and headers; longer ones are answered with 414 or 431.
    public var headerBytesMax = 16_384
    /// Bytes of a body where a route says nothing else; a request with a longer one is answered with 413, and its connection is closed.
    public var bodyBytesMax = 65_536
    /// Seconds for a request to come whole, also where bytes come one by one, and between two requests; then the connection is closed.
    public var idleSecondsMax = 15
    /// Seconds for an answer to go out; then the connection is closed.
    public var answerSecondsMax = 60
    /// Streams at a time; a request for one more is answered with 503 and `Retry-After`.
    public var streamsMax = 6_000
    /// Bytes in all that clients of streams leave lying. While it is more, a stream of whose bytes more than an equal share lies is ended.
    public var streamBytesMax = 64 << 20
    /// Seconds for which the client of a stream, or of any connection with TLS, may acknowledge nothing of what it is sent, or take nothing;
    /// then it is gone.
    public var streamStallSecondsMax = 30

    /// Connections with TLS at a time, streams included; one more is closed at once. Each holds at most 32 KiB beside what TLS itself needs.
    public var encryptedConnectionsMax = 6_500

    public init() {}
}
