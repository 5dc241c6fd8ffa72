/// What a backtest goes by.
package struct BacktestSettings: Sendable {
    /// ARNs of the traffic distribution groups.
    package var groups: [String]
    /// Its mode does not matter: what `automatic` would do is told.
    package var policy: FailoverPolicy
    /// For how long a heartbeat may wait for its write, in milliseconds (`engine.heartbeat-write-interval`).
    package var heartbeatDelay: Int64
    /// Events of the other Region are looked for in a Region's stream.
    package var hasGlobalRouting: Bool
    /// The other Region's agents are looked at (``failover.without-agents``).
    package var readsPeerAgents = true
    /// Kinds of which no archive tells, and that are taken to agree with what it tells: ``assumable``.
    package var assumed: [SignalKind]
    /// Nil: as the archive shows them.
    package var shares: BacktestShares?
    /// What is judged, in milliseconds since 1970; nil: from the first fact, to the last.
    package var from: Int64?
    package var to: Int64?
    /// Between two looks while nobody complains, at most what an expectation is looked at by itself.
    package var paceMilliseconds: Int64 = TrafficWatch.paceMilliseconds
    /// How many starts a sketch tells of (`Lattice.SketchView.count`).
    package var estimate: @Sendable (SIMD64<UInt8>) -> Int

    package init(
        groups: [String], policy: FailoverPolicy, heartbeatDelay: Int64, hasGlobalRouting: Bool = false,
        assumed: [SignalKind] = [], shares: BacktestShares? = nil, from: Int64? = nil, to: Int64? = nil,
        estimate: @escaping @Sendable (SIMD64<UInt8>) -> Int
    ) {
        self.groups = groups
        self.policy = policy
        self.heartbeatDelay = heartbeatDelay
        self.hasGlobalRouting = hasGlobalRouting
        self.assumed = assumed
        self.shares = shares
        self.from = from
        self.to = to
        self.estimate = estimate
    }

    /// What archived events do not tell of.
    package static let assumable: [SignalKind] = [.connectAPI, .metrics, .synthetic, .awsHealth]
    /// Longer is nobody's archive, but one event with a wrong time.
    package static let daysMax: Int64 = 400
}
