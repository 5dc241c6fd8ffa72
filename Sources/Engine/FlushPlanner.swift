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

    public private(set) var isFlushing = false
    private var readBytesAtFlush = 0

    public init(flushBytes: Int = 192 << 20, readBytesMax: Int = 1 << 30, dirtyBytesMax: Int = 384 << 20) {
        self.flushBytes = flushBytes
        self.readBytesMax = readBytesMax
        self.dirtyBytesMax = dirtyBytesMax
    }

    /// `readBytes`: record bytes read since the start.
    public func decide(dirtyBytes: Int, readBytes: Int) -> Decision {
        if isFlushing { return dirtyBytes >= dirtyBytesMax ? .pause : .carryOn }
        let due = dirtyBytes >= flushBytes || readBytes - readBytesAtFlush >= readBytesMax
        return due ? .flush : .carryOn
    }

    public mutating func flushStarted(readBytes: Int) {
        assert(!isFlushing, "two flushes in flight")
        isFlushing = true
        readBytesAtFlush = readBytes
    }

    public mutating func flushEnded() { isFlushing = false }
}
