/// Decides when dirty state is written. One flush is in flight at a time; what merges meanwhile goes into the next, so a hot key
/// costs one write however often it changes.
public struct FlushPlanner: Sendable {
    public enum Decision: Equatable, Sendable {
        case carryOn
        /// Write what is dirty now.
        case flush
        /// Too much is dirty while a flush is still under way: read nothing more until it is done.
        case pause
    }

    /// Dirty bytes that call for a flush.
    public var flushBytes: Int
    /// Most dirty bytes beside those in flight; over it sources are paused. A batch in hand may exceed it.
    public var dirtyBytesMax: Int
    private var inFlight = false

    public init(flushBytes: Int = 192 << 20, dirtyBytesMax: Int = 384 << 20) {
        self.flushBytes = flushBytes
        self.dirtyBytesMax = dirtyBytesMax
    }

    public func decide(dirtyBytes: Int) -> Decision {
        if !inFlight { return dirtyBytes >= flushBytes ? .flush : .carryOn }
        return dirtyBytes >= dirtyBytesMax ? .pause : .carryOn
    }

    public mutating func flushStarted() {
        assert(!inFlight, "two flushes in flight")
        inFlight = true
    }

    public mutating func flushEnded() { inFlight = false }

    public var isFlushing: Bool { inFlight }
}
