/// What traffic to make: how much, for whom, where, and how badly it is delivered.
///
///     var options = TrafficOptions(events: 100_000)
///     options.disorderMilliseconds = 30_000
///     options.mix = try TrafficMix.parse("agent=60,contact=25,record=8,flow=5,session=2")
///     var traffic = TrafficModel(options)
///
/// Equal options give byte-identical traffic. Values outside the stated bounds are moved to the nearest bound.
public struct TrafficOptions: Sendable {
    /// Events to make in all, repeated deliveries included.
    public var events: Int
    /// The greatest number of distinct agents (1...1,000,000). Short runs use fewer: one agent for 50 events.
    public var agents: Int
    /// Regions of the traffic distribution group, the one that fails first (1...8; an empty list means `us-east-1`).
    /// With a single Region there is no failover. Characters other than ASCII letters, digits and hyphens are dropped.
    public var regions: [String]
    /// Chooses the traffic: names, ids, times, everything.
    public var seed: UInt64
    /// An event arrives up to this long after its own time, uniformly (0...86,400,000).
    public var disorderMilliseconds: Int
    /// The share of the events that are repeated deliveries of earlier ones, byte for byte (0...0.5).
    public var duplicates: Double
    /// How the events divide over the kinds.
    public var mix: TrafficMix
    /// When the run begins, milliseconds since 1970-01-01T00:00:00Z.
    public var start: Int64
    /// The average rate in event time (0.1...1,000,000). It is lower where a run would last less than five minutes, because
    /// contact records come a minute or more after their contacts, and where an agent would make more than an event in
    /// two seconds.
    public var eventsPerSecond: Double

    /// 2026-03-02T14:00:00Z.
    public static let defaultStart: Int64 = 1_772_460_000_000

    public init(
        events: Int,
        agents: Int = 10_000,
        regions: [String] = ["us-east-1", "us-west-2"],
        seed: UInt64 = 1,
        disorderMilliseconds: Int = 5_000,
        duplicates: Double = 0.02,
        mix: TrafficMix = TrafficMix(),
        start: Int64 = TrafficOptions.defaultStart,
        eventsPerSecond: Double = 2_000
    ) {
        self.events = events
        self.agents = agents
        self.regions = regions
        self.seed = seed
        self.disorderMilliseconds = disorderMilliseconds
        self.duplicates = duplicates
        self.mix = mix
        self.start = start
        self.eventsPerSecond = eventsPerSecond
    }

    /// The same options with every value inside its bounds.
    var bounded: TrafficOptions {
        var result = self
        result.events = max(events, 0)
        result.agents = min(max(agents, 1), 1_000_000)
        result.regions = (regions.isEmpty ? ["us-east-1"] : regions).prefix(8).map { name in
            name.filter { $0 == "-" || ($0.isASCII && ($0.isLetter || $0.isNumber)) }
        }
        result.disorderMilliseconds = min(max(disorderMilliseconds, 0), 86_400_000)
        result.duplicates = duplicates.isFinite ? min(max(duplicates, 0), 0.5) : 0
        result.eventsPerSecond = eventsPerSecond.isFinite ? min(max(eventsPerSecond, 0.1), 1_000_000) : 2_000
        result.start = min(max(start, 0), 32_503_680_000_000)
        return result
    }
}
