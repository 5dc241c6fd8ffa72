public import ContactCenter
public import EngineCore
import Lattice
public import Platform
import Synchronization

/// The way in for whoever writes: accepts events, puts them into the stream, and knows when they can be read.
public final class EventWriter: Sendable {
    /// Seconds that a client may wait for its event to be readable.
    public static let waitSecondsMax = 10
    /// Requests that wait at a time, each on a thread of the server; one more is answered with 202 at once.
    static let waitingMax = 32

    private let acceptor: Mutex<EventAcceptor>
    private let pending: PendingWrites
    private let sink: any EventSink
    private let read: EntityReading
    private let clock: @Sendable () -> Timestamp
    private let waiting = Atomic<Int>(0)
    private let failed: @Sendable (String) -> Void

    /// - Parameters:
    ///   - region: The AWS Region of this endpoint, which events are stamped with.
    ///   - keys: The same in all endpoints of a deployment.
    ///   - read: What everybody reads.
    ///   - failed: Is told why an event could not be put or read.
    public init(
        region: String, keys: EventKeys, sink: any EventSink, read: @escaping EntityReading,
        clock: @escaping @Sendable () -> Timestamp = { .now }, failed: @escaping @Sendable (String) -> Void
    ) {
        acceptor = Mutex(EventAcceptor(region: region, keys: keys))
        pending = PendingWrites(clock: clock)
        (self.sink, self.read, self.clock, self.failed) = (sink, read, clock, failed)
    }

    /// What everybody reads, with what is laid over it.
    public var reading: EntityReading { laid(over: read) }

    /// `read`, with the events on top that this endpoint accepted and that are still on their way.
    public func laid(over read: @escaping EntityReading) -> EntityReading { pending.laid(over: read) }

    /// The same of an entity that is at hand, by its key; nil where nothing is on its way.
    package func laid(over entity: [UInt8], _ key: [UInt8]) -> [UInt8]? { pending.laid(over: entity, key) }

    /// Whether anything may be on its way of an entity. Cost: a look-up under a lock.
    package func mayHavePending(_ key: [UInt8]) -> Bool { pending.mayHave(key) }

    /// Stamps and signs an event. `said`: as of ``EventAcceptor/accept(_:said:within:now:mayWrite:)``. `bounds`: of its stamp. `mayWrite`: why the caller may not write an entity, nil where they may.
    public func write(
        _ body: [UInt8], said: [UInt8]? = nil, within bounds: StampBounds = StampBounds(),
        mayWrite: @Sendable (EntityKind, _ subject: String) -> String?
    ) throws(EventRefusal) -> AcceptedEvent {
        let event = try acceptor.withLock { (acceptor) throws(EventRefusal) in
            try acceptor.accept(body, said: said, within: bounds, now: clock(), mayWrite: mayWrite)
        }
        guard pending.isMergeable(event) else {
            throw .malformed("a worker could not merge this event; give fewer or shorter fields")
        }
        return event
    }

    /// Puts it into the stream. Whether it can be read, waiting for that for some seconds at most.
    public func put(_ event: AcceptedEvent, waitSeconds: Int) throws(EventSinkError) -> Bool {
        try sink.put(event.bytes, key: "\(event.kind.name)#\(event.subject)")
        pending.add(event)
        guard waitSeconds > 0 else { return false }
        guard waiting.add(1, ordering: .relaxed).newValue <= EventWriter.waitingMax else {
            waiting.subtract(1, ordering: .relaxed)
            return false
        }
        defer { waiting.subtract(1, ordering: .relaxed) }
        let end = ContinuousClock.now + .seconds(min(waitSeconds, EventWriter.waitSecondsMax))
        while true {
            do throws(StoreError) { if try pending.isReadable(event, through: read) { return true } } catch {
                failed("\(event.kind.name) is written, and cannot be read: \(error)")
                return false
            }
            guard ContinuousClock.now < end else { return false }
            waitMilliseconds(20)
        }
    }

    public func couldNotPut(_ error: EventSinkError) { failed(error.description) }
}
