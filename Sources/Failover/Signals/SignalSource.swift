import FailoverCore

/// A way of looking at Regions. Each has a thread of its own in ``SignalSources``, so that one that hangs delays no other.
package protocol SignalSource: Sendable {
    /// Unique among the sources: `connect-api/us-east-1`.
    var name: String { get }
    /// Looks, and waits for what comes of it, some seconds at most. `now`: the controller's clock, in milliseconds.
    ///
    /// Trouble of its own, missing data and throttles are signals, too: unknown ones, which say why.
    func look(now: Int64) -> SignalLook
}

/// What came of a look.
package struct SignalLook: Sendable {
    package var signals: [Signal]
    /// When to look again.
    package var nextAt: Int64

    package init(_ signals: [Signal], nextAt: Int64) {
        self.signals = signals
        self.nextAt = nextAt
    }
}
