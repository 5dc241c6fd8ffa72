/// What one way of looking at a Region says of it. Evidence, never a decision: ``Evaluation`` weighs it.
///
/// A signal is replaced whole by the next one of the same ``source``, ``kind`` and ``region``; ``SignalBook`` keeps the newest and since when it
/// says so.
package struct Signal: Equatable, Sendable {
    /// Who says it, in words that people know it by: `connect-api`, `heartbeats`. Of a kind there may be several.
    package var source: String
    package var kind: SignalKind
    /// The Region that it is about: `us-east-1`.
    package var region: String
    package var state: SignalState
    /// What else would make it say this were it broken, the Region apart.
    package var path: SignalPath
    /// When what it says was so, on the controller's own clock, in milliseconds: not when somebody wrote it.
    package var observedAt: Int64
    /// One sentence with figures: `0 of 14 expected contacts started from 10:02 to 10:05`. Holds no personal data.
    package var evidence: String
    /// How long it counts, in milliseconds, where that is longer than the policy has it: of what is measured by the minute, or seldom.
    package var keptMilliseconds: Int64

    package init(
        source: String, kind: SignalKind, region: String, state: SignalState, path: SignalPath, observedAt: Int64,
        evidence: String, keptMilliseconds: Int64 = 0
    ) {
        self.source = source
        self.kind = kind
        self.region = region
        self.state = state
        self.path = path
        self.observedAt = observedAt
        self.evidence = evidence
        self.keptMilliseconds = keptMilliseconds
    }
}

/// Missing data, a throttle, a fault of our own: all unknown, and unknown is neither.
package enum SignalState: String, CaseIterable, Sendable {
    case healthy, unhealthy, unknown
}

/// What a signal looks at. Two of one kind are one opinion.
package enum SignalKind: String, CaseIterable, Sendable {
    /// Contacts that start, against what is expected.
    case traffic
    /// Agents whose heartbeats are overdue, of those online.
    case agents
    /// The other Region's events in this Region's streams (pairs with global routing).
    case events
    /// The age of the replication canary.
    case replication
    /// Converge's own worker or controller there.
    case worker
    /// Whether Connect's control plane answers. It says nothing of telephony.
    case connectAPI = "connect-api"
    /// CloudWatch's `AWS/Connect`.
    case metrics
    /// Replication of the instance's configuration. It says whether a Region is ready, never whether it lives.
    case readiness
    /// AWS Health, which people write: it corroborates and is never first.
    case awsHealth = "aws-health"
    /// Somebody who calls and listens whether it is answered.
    case synthetic
    /// A person's word.
    case person

    /// Whether it looks at Connect itself and tells that it serves people or does not. The others look at Converge, or say whether a Region is
    /// ready, or are written by people about it: they join in, and never move traffic without one of these.
    package var isOfConnect: Bool {
        switch self {
        case .traffic, .agents, .events, .connectAPI, .metrics, .synthetic, .person: true
        case .replication, .worker, .readiness, .awsHealth: false
        }
    }

    /// Whether it tells of a Region's life at all. Readiness does not.
    package var isOfLife: Bool { self != .readiness }

    /// Whether it is proof that callers are served: where it says so, the complaints of others need one more of them.
    package var isProof: Bool { self == .traffic || self == .synthetic || self == .person }
}
