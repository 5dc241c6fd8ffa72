/// A stream that accepted events are put into.
public protocol EventSink: Sendable {
    /// Waits until the stream has the event durably, for 10 s at most.
    /// - Parameters:
    ///   - event: One CloudEvent in JSON.
    ///   - key: Events of one key stay in order: the entity's kind and id.
    func put(_ event: [UInt8], key: String) throws(EventSinkError)
}

/// Why a stream did not take an event, as far as is known: it may have it all the same.
public struct EventSinkError: Error, CustomStringConvertible {
    /// What failed, on what, and why.
    public var description: String

    public init(_ description: String) { self.description = description }
}
