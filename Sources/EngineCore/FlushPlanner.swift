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
    /// Milliseconds after the start of a flush that call for the next, if there is anything to write or to commit; nil: never.
    public var flushInterval: Int64?
    /// Milliseconds after which a flush is made though there is nothing to write, so that a table that was restored or swapped
    /// is noticed; nil: never.
    public var idleInterval: Int64?

    public private(set) var isFlushing = false
    private var readBytesAtFlush = 0
    private var lastFlush: Int64?

    public init(
        flushBytes: Int = 192 << 20, readBytesMax: Int = 1 << 30, dirtyBytesMax: Int = 384 << 20,
        flushInterval: Int64? = nil, idleInterval: Int64? = nil
    ) {
        self.flushBytes = flushBytes
        self.readBytesMax = readBytesMax
        self.dirtyBytesMax = dirtyBytesMax
        self.flushInterval = flushInterval
        self.idleInterval = idleInterval
    }

    /// `readBytes`: record bytes read since the start. `now`: milliseconds of a clock that does not jump.
    public func decide(dirtyBytes: Int, readBytes: Int, hasChanges: Bool, now: Int64) -> Decision {
        if isFlushing { return dirtyBytes >= dirtyBytesMax ? .pause : .carryOn }
        if dirtyBytes >= flushBytes || readBytes - readBytesAtFlush >= readBytesMax { return .flush }
        if let due = due(hasChanges: hasChanges), due <= now { return .flush }
        return .carryOn
    }

    /// When the clock alone calls for a flush; nil: never. The first one is due at once.
    public func due(hasChanges: Bool) -> Int64? {
        guard !isFlushing, let interval = hasChanges ? flushInterval : idleInterval else { return nil }
        return (lastFlush ?? 0) + interval
    }

    public mutating func flushStarted(readBytes: Int, now: Int64) {
        assert(!isFlushing, "two flushes in flight")
        isFlushing = true
        readBytesAtFlush = readBytes
        lastFlush = now
    }

    public mutating func flushEnded() { isFlushing = false }
}
