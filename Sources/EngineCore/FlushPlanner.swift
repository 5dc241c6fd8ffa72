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
    /// Record bytes read since the last flush that call for one: what a crash makes the worker read again, at most about twice.
    public var readBytesMax: Int
    /// Most dirty bytes beside those in flight; over it sources are paused. A batch in hand may exceed it.
    public var dirtyBytesMax: Int
    /// Milliseconds after the start of a flush that call for the next, if there are rows to write; nil: never. What changes later than that
    /// is flushed at once.
    public var flushInterval: Int64?
    /// The same where there are no rows to write and positions have moved all the same; no less than ``flushInterval`` to be of use.
    public var positionInterval: Int64?

    public private(set) var isFlushing = false
    private var readBytesAtFlush = 0
    private var lastFlush: Int64?

    public init(
        flushBytes: Int = 192 << 20, readBytesMax: Int = 1 << 30, dirtyBytesMax: Int = 384 << 20,
        flushInterval: Int64? = nil, positionInterval: Int64? = nil
    ) {
        self.flushBytes = flushBytes
        self.readBytesMax = readBytesMax
        self.dirtyBytesMax = dirtyBytesMax
        self.flushInterval = flushInterval
        self.positionInterval = positionInterval ?? flushInterval
    }

    /// `readBytes`: record bytes read since the start. `hasMoved`: whether there are positions to seal. `now`: milliseconds of a clock that
    /// does not jump.
    public func decide(dirtyBytes: Int, readBytes: Int, hasMoved: Bool, now: Int64) -> Decision {
        if isFlushing { return dirtyBytes >= dirtyBytesMax ? .pause : .carryOn }
        if dirtyBytes >= flushBytes || readBytes - readBytesAtFlush >= readBytesMax { return .flush }
        if let due = due(dirtyBytes: dirtyBytes, hasMoved: hasMoved), due <= now { return .flush }
        return .carryOn
    }

    /// When the clock alone calls for a flush; nil: never. The first one is due at once.
    public func due(dirtyBytes: Int, hasMoved: Bool) -> Int64? {
        guard !isFlushing, dirtyBytes > 0 || hasMoved else { return nil }
        return (dirtyBytes > 0 ? flushInterval : positionInterval).map { (lastFlush ?? 0) + $0 }
    }

    public mutating func flushStarted(readBytes: Int, now: Int64) {
        assert(!isFlushing, "two flushes in flight")
        isFlushing = true
        readBytesAtFlush = readBytes
        lastFlush = now
    }

    public mutating func flushEnded() { isFlushing = false }
}
