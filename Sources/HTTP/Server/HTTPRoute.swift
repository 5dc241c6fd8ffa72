/// What is served at a path, who may ask for it, and what it counts as.
public struct HTTPRoute: Sendable, Equatable {
    public let method: String
    /// As ``HTTPRouter`` reads it.
    public let pattern: String
    public let access: HTTPAccess
    public let limit: HTTPRouteClass
    /// Bytes of a request's body; a longer one is answered with 413. Nil: ``HTTPLimits/bodyBytesMax``.
    public let bodyBytesMax: Int?
}

/// Who may ask. What that means is the middleware's: a router without one asks nobody.
public enum HTTPAccess: Sendable, Equatable {
    /// Anybody: nobody is asked who they are.
    case open
    /// Anybody; who brings a good token is known by it.
    case known
    /// A caller whose token has one of these scopes.
    case scopes([String])
}

/// What a request counts as where requests are counted.
public enum HTTPRouteClass: String, Sendable, CaseIterable {
    /// One thing is read.
    case read
    /// A page of things is read.
    case list
    /// Something is written.
    case write
    /// Something is moved: a failover.
    case operate
    /// A stream is opened.
    case stream
    /// Health and metrics.
    case operations
}

/// What is done around routes: gets the request, the route (nil where nothing is served there) and what is further inside, which it calls
/// with the request, perhaps changed, or does not call.
public typealias HTTPMiddleware = @Sendable (HTTPRequest, HTTPRoute?, (HTTPRequest) -> HTTPResponse) -> HTTPResponse
