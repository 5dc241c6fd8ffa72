/// The newest of each signal, and since when it says what it says. Bounded by ``signalsMax``: further sources are not taken.
package struct SignalBook: Sendable {
    package struct Entry: Equatable, Sendable {
        package var signal: Signal
        /// When it began to be in this state, on the controller's clock.
        package var since: Int64
        /// When it last was unhealthy; nil where it never was.
        package var unhealthyAt: Int64?

        package init(signal: Signal, since: Int64, unhealthyAt: Int64? = nil) {
            self.signal = signal
            self.since = since
            self.unhealthyAt = unhealthyAt
        }
    }

    /// Sources times kinds times Regions of any sensible set-up are well below it.
    package static let signalsMax = 256

    private struct Key: Hashable {
        var source: String
        var kind: SignalKind
        var region: String
    }

    private var entries: [Key: Entry] = [:]

    package init() {}

    /// Takes a signal in; one older than what is known is passed over. False where there is no room for another source.
    @discardableResult
    package mutating func take(_ signal: Signal) -> Bool {
        let key = Key(source: signal.source, kind: signal.kind, region: signal.region)
        guard let known = entries[key] else {
            guard entries.count < SignalBook.signalsMax else { return false }
            entries[key] = Entry(signal: signal, since: signal.observedAt, unhealthyAt: signal.unhealthyAt)
            return true
        }
        guard signal.observedAt >= known.signal.observedAt else { return true }
        entries[key] = Entry(
            signal: signal, since: signal.state == known.signal.state ? known.since : signal.observedAt,
            unhealthyAt: signal.unhealthyAt ?? known.unhealthyAt)
        return true
    }

    /// All of them as they are at `now`: one that is older than `ageMax` milliseconds, or its own ``Signal/keptMilliseconds``, is unknown, and says how old it is. In a fixed order.
    package func signals(at now: Int64, ageMax: Int64) -> [Entry] {
        entries.values.map { entry in
            let age = now - entry.signal.observedAt
            let ageMax = max(ageMax, entry.signal.keptMilliseconds)
            guard age > ageMax, entry.signal.state != .unknown else { return entry }
            var stale = entry
            stale.signal.state = .unknown
            stale.signal.evidence = "not heard of for \(age / 1000) s; the last was: \(entry.signal.evidence)"
            stale.since = entry.signal.observedAt + ageMax
            return stale
        }.sorted {
            ($0.signal.region, $0.signal.kind.rawValue, $0.signal.source)
                < ($1.signal.region, $1.signal.kind.rawValue, $1.signal.source)
        }
    }
}

extension Signal {
    fileprivate var unhealthyAt: Int64? { state == .unhealthy ? observedAt : nil }
}
