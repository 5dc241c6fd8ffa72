public import Platform

/// HTTP/1.1 and HTTP/2 over libcurl, on one thread of its own that keeps hundreds of requests and their connections going.
///
///     let client = try HTTPClient(HTTPOptions(.process))
///     client.submit(request) { result in ... }    // from any thread; called back on the client's
///     let response = try client.perform(request)  // waits; never on the client's own thread
///
/// Connections are kept and shared by host; HTTP/2 is used where TLS negotiates it. Certificates are always verified, redirects
/// never followed. Callbacks run on the client's thread and hold everybody up while they do: they hand on, they do not wait.
///
/// Bounds: ``HTTPOptions``. When the last reference goes, what is under way ends as ``HTTPError/Kind/cancelled``.
public final class HTTPClient: Sendable {
    public typealias Completion = @Sendable (Result<HTTPResponse, HTTPError>) -> Void

    /// What the receiver of a streamed body wants next.
    public enum ChunkAnswer: Sendable {
        case more
        /// The chunk was not taken; it comes again, perhaps longer, after ``HTTPTransfer/resume()``. The idle timeout rests
        /// meanwhile, the total one does not.
        case pause
        /// No more: the request ends as ``HTTPError/Kind/cancelled``.
        case stop
    }

    /// Called with the status and each piece of a successful answer's body as it comes. The body of an answer that is no
    /// success is collected as usual.
    public typealias ChunkReceiver = @Sendable (_ status: Int, _ chunk: ByteView) -> ChunkAnswer

    private let loop: HTTPLoop

    /// Starts the thread.
    public init(_ options: HTTPOptions = HTTPOptions()) throws(HTTPError) {
        let loop = try HTTPLoop(options)
        guard SystemThread.detached({ loop.run() }) else {
            throw HTTPError(.other, "the network", "cannot start a thread")
        }
        self.loop = loop
    }

    deinit { loop.stop() }

    /// Sends a request from any thread. `completion` is called exactly once, on the client's thread; where the request is
    /// refused at once, because it is malformed or too many are under way, before this returns.
    @discardableResult
    public func submit(
        _ request: HTTPRequest, onChunk: ChunkReceiver? = nil, completion: @escaping Completion
    ) -> HTTPTransfer {
        let identity = loop.submit(request, onChunk, completion)
        return HTTPTransfer(loop: loop, identity: identity)
    }

    /// Sends a request and waits for the answer. Not on the client's own thread, where it would wait for ever: callbacks
    /// use ``submit(_:onChunk:completion:)``.
    public func perform(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        let answer = Awaited<Result<HTTPResponse, HTTPError>>()
        submit(request) { answer.bring($0) }
        return try answer.wait().get()
    }

    /// Calls `body` on the client's thread after `delay`, to the millisecond; at once where the client ends before. How many wait
    /// is the callers' to bound; ``ServiceClient`` does.
    public func after(_ delay: Duration, _ body: @escaping @Sendable () -> Void) { loop.schedule(delay, body) }
}

/// A request under way. Holding it keeps nothing alive.
public struct HTTPTransfer: Sendable {
    let loop: HTTPLoop
    let identity: UInt64

    /// Ends the request as ``HTTPError/Kind/cancelled``, unless it has ended.
    public func cancel() { loop.cancel(identity) }

    /// Goes on after ``HTTPClient/ChunkAnswer/pause``.
    public func resume() { loop.resume(identity) }
}
