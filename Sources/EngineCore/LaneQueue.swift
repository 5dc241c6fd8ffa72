/// Which lane a thread reads next. A lane is one partition or Kinesis shard that this worker reads, with its records in front of it.
///
/// Sans-I/O: a value that its owner keeps under a lock. The owner reports what happens to lanes (`handle..`) and is told whom to
/// wake; threads that read ask for a lane (`poll..`), read it outside the lock, and return it:
///
///     lanes.handleAssigned(7)
///     lanes.handleRecords(7)                       // .thread: wake a thread
///     let lane = lanes.pollLane()                  // 7; nil: sleep until somebody is woken
///     lanes.handleReturned(7, .more)               // .thread: it is ready again, behind all others
///
/// The states of a lane:
///
///     handleAssigned
///           |
///           v      handleRecords, handleSweep            pollLane              handleRecords, handleSweep
///         quiet --------------------------------> ready ----------> taken -------------------------------> takenAgain
///           ^                                       ^               |   |                                      |
///           |         handleReturned(.empty)        |               |   |                                      |
///           +---------------------------------------|---------------+   |                                      |
///                                                   |                   | handleReturned(.more)                |
///                                                   +-------------------+--------------------------------------+
///                                                                                     handleReturned(.empty, .more)
///     taken, takenAgain --handleReturned(.ended)--> ended                                     never ready again
///     taken, takenAgain --handleRevoked--> leaving --handleReturned--> revoked                .owner: wake who waits for that
///     quiet, ready, ended --handleRevoked--> revoked                                          never ready again
///     any --handleClosed--> not known
///
/// What holds:
/// - A lane is taken by one thread at a time, and never after it was revoked, has ended or is closed.
/// - Of records that were reported none are forgotten: their lane is ready, or taken and ready again once it is returned.
/// - The lane that has been ready for the longest is taken first: one waits for fewer polls than there are lanes.
/// - Nothing is ready without a reason, so threads that find nothing sleep.
///
/// Bounds: as much memory as for the lanes that are assigned at one time. Cost: a few look-ups in a hash table a call, which is once a
/// block, never once an event; nothing is allocated but by ``handleAssigned(_:)`` and, for the order of the lanes, ``handleSweep()``.
package struct LaneQueue: Sendable {
    /// Whom a call gives something to do.
    package enum Wake: Equatable, Sendable {
        case nobody
        /// A thread that reads: there is one more lane to poll.
        case thread
        /// Whoever waits for the lane that was revoked: nobody reads it any more.
        case owner
    }

    /// How a lane is returned.
    package enum Outcome: Equatable, Sendable {
        /// There was nothing, or all of it was read: the lane waits for ``LaneQueue/handleRecords(_:)``.
        case empty
        /// There may be more to read at once.
        case more
        /// There is nothing to read ever again.
        case ended
    }

    private enum Phase {
        case quiet, ready, taken, takenAgain, ended, leaving, revoked
    }

    private struct Slot {
        var phase = Phase.quiet
        /// Of a lane that is ready: those that became so right before and after it.
        var previous: Int?
        var next: Int?
    }

    private var slots: [Int: Slot] = [:]
    /// The lanes that are ready for the longest and for the shortest time.
    private var first: Int?
    private var last: Int?

    package private(set) var readyCount = 0
    package private(set) var takenCount = 0
    /// Lanes that were revoked and are not closed yet.
    package private(set) var revokedCount = 0

    package init() {}

    /// Whether no lane is ready, and none is being read.
    package var isResting: Bool { readyCount == 0 && takenCount == 0 }

    /// Lanes that are assigned and not closed yet.
    package var count: Int { slots.count }

    // MARK: What its owner reports

    /// There is a lane of this number, which is new. It is quiet.
    package mutating func handleAssigned(_ lane: Int) {
        assert(slots[lane] == nil, "a lane is assigned twice")
        slots[lane] = Slot()
    }

    /// There may be something to read in a lane. One that is not known is let be: it is closed by now.
    package mutating func handleRecords(_ lane: Int) -> Wake {
        switch slots[lane]?.phase {
        case .quiet:
            append(lane)
            return .thread
        case .taken:
            slots[lane]?.phase = .takenAgain
            return .nobody
        case .ready, .takenAgain, .ended, .leaving, .revoked, nil: return .nobody
        }
    }

    /// As ``handleRecords(_:)`` for all lanes, in their order: a report may have been lost outside.
    package mutating func handleSweep() -> Wake {
        var wake = Wake.nobody
        for lane in slots.keys.sorted() where handleRecords(lane) == .thread { wake = .thread }
        return wake
    }

    /// Nobody is to read the lane any more. True where nobody does; else somebody has it still, and returns it (``Wake/owner``). Once
    /// or more often.
    package mutating func handleRevoked(_ lane: Int) -> Bool {
        guard let phase = slots[lane]?.phase else { return true }
        switch phase {
        case .leaving: return false
        case .revoked: return true
        case .ready: remove(lane)
        case .quiet, .ended, .taken, .takenAgain: break
        }
        let isTaken = phase == .taken || phase == .takenAgain
        slots[lane]?.phase = isTaken ? .leaving : .revoked
        revokedCount += 1
        return !isTaken
    }

    /// The lane is gone. Of one that somebody reads nothing is known when it is returned.
    package mutating func handleClosed(_ lane: Int) {
        guard let slot = slots[lane] else { return }
        switch slot.phase {
        case .ready: remove(lane)
        case .taken, .takenAgain: takenCount -= 1
        case .leaving: (takenCount, revokedCount) = (takenCount - 1, revokedCount - 1)
        case .revoked: revokedCount -= 1
        case .quiet, .ended: break
        }
        slots[lane] = nil
    }

    // MARK: Threads that read

    /// The lane that has been ready for the longest, for the caller alone until it is returned; nil where none is.
    package mutating func pollLane() -> Int? {
        guard let lane = first else { return nil }
        remove(lane)
        slots[lane]?.phase = .taken
        takenCount += 1
        return lane
    }

    /// The caller reads the lane no more, for now. Once for each ``pollLane()``.
    package mutating func handleReturned(_ lane: Int, _ outcome: Outcome) -> Wake {
        guard let phase = slots[lane]?.phase else { return .nobody }
        takenCount -= 1
        switch phase {
        case .leaving:
            slots[lane]?.phase = .revoked
            return .owner
        case .taken, .takenAgain:
            if outcome == .ended {
                slots[lane]?.phase = .ended
                return .nobody
            }
            guard outcome == .more || phase == .takenAgain else {
                slots[lane]?.phase = .quiet
                return .nobody
            }
            append(lane)
            return .thread
        case .quiet, .ready, .ended, .revoked:
            assertionFailure("a lane is returned that nobody has")
            takenCount += 1
            return .nobody
        }
    }

    // MARK: The order of what is ready

    private mutating func append(_ lane: Int) {
        slots[lane] = Slot(phase: .ready, previous: last)
        if let last { slots[last]?.next = lane } else { first = lane }
        last = lane
        readyCount += 1
    }

    /// Its phase is the caller's to set.
    private mutating func remove(_ lane: Int) {
        guard let slot = slots[lane] else { return }
        assert(slot.phase == .ready, "a lane is in the queue that is not ready")
        if let previous = slot.previous { slots[previous]?.next = slot.next } else { first = slot.next }
        if let next = slot.next { slots[next]?.previous = slot.previous } else { last = slot.previous }
        readyCount -= 1
    }
}
