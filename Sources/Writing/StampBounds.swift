/// Between which times a writer wants the stamp of an event, in milliseconds since 1970 (`docs/decisions/0093-saves-bounded-by-stamps.md`).
public struct StampBounds: Equatable, Sendable {
    /// The stamp is above it.
    public var after: Int64?
    /// Nothing is stamped any more that the endpoint's own reasons would stamp above it.
    public var before: Int64?

    public init(after: Int64? = nil, before: Int64? = nil) { (self.after, self.before) = (after, before) }

    var isEmpty: Bool { after == nil && before == nil }
}

/// The newest stamps of entities whose writers' clocks are far ahead: the next event of such an entity is stamped above, and no other is.
///
/// At most ``countMax`` entities; at the bound the one is forgotten that the clock will reach first.
struct StampsAhead {
    static let countMax = 256

    private var times: [String: Int64] = [:]

    /// The least stamp that is left for an entity.
    func least(_ entity: String) -> Int64 { times[entity].map { $0 + 1 } ?? .min }

    mutating func keep(_ entity: String, _ time: Int64, now: Int64) {
        times = times.filter { $0.value >= now }
        times[entity] = max(times[entity] ?? .min, time)
        guard times.count > StampsAhead.countMax, let first = times.min(by: { $0.value < $1.value }) else { return }
        times[first.key] = nil
    }
}
